import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordType } from 'dns-packet';
import type { DiscoveryRegistry } from '../registry.ts';
import { agentService, testRegistry } from '../testing.ts';
import { ask, dataOf, zoneOf } from './testing.ts';

const critical = { status: 'critical', output: '', sinceMs: 0 } as const;
const warning = { status: 'warning', output: '', sinceMs: 0 } as const;

function fill(registry: DiscoveryRegistry): void {
  const edge = { name: 'edge-1', address: '192.0.2.10', labels: { env: 'prod' } };
  registry.setAgentServices('01a205db-1450-7f31-a6fa-a596207d4d59', edge, [
    agentService('web-1', { tags: ['v1'] }),
    agentService('web-2', { address: '2001:db8::7', port: 81, tags: ['v2'] }),
    agentService('web-3', { address: '192.0.2.30', check: critical, tags: ['v3'] }),
    agentService('slow-1', { address: '192.0.2.40', check: warning }),
    agentService('db-1', { check: critical }),
  ]);
  registry.setAgentNode('01a205db-1450-7f31-a6fa-a59620000002', { name: 'web.example.org', address: '2001:db8::9' });
}

const soa = { mname: 'ns.fairlead', rname: 'hostmaster.fairlead' };
const rows: readonly (readonly [name: string, type: RecordType | 'ANY', rcode: string, data: readonly unknown[]])[] = [
  ['web.service.fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['WEB.Service.Fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['web.service.consul', 'A', 'NOERROR', ['192.0.2.10']],
  ['web.service.fairlead', 'AAAA', 'NOERROR', ['2001:db8::7']],
  ['v1.web.service.fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['web.service.dc1.dc.fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['web.service.dc1.fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['web.service.dc2.dc.fairlead', 'A', 'NXDOMAIN', []],
  ['_web._v1.service.fairlead', 'SRV', 'NOERROR', [{ priority: 1, weight: 1, port: 8080, target: 'edge-1.node.dc1.dc.fairlead' }]],
  [
    '_web._v2.fairlead',
    'SRV',
    'NOERROR',
    [{ priority: 1, weight: 1, port: 81, target: '20010db8000000000000000000000007.addr.dc1.dc.fairlead' }],
  ],
  ['20010db8000000000000000000000007.addr.dc1.dc.fairlead', 'AAAA', 'NOERROR', ['2001:db8::7']],
  ['20010db8000000000000000000000007.addr.dc1.dc.fairlead', 'A', 'NOERROR', []],
  ['c000020a.addr.fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['c00002.addr.fairlead', 'A', 'NXDOMAIN', []],
  // Unhealthy instances are in no answer; what is registered exists, what is not does not.
  ['v3.web.service.fairlead', 'A', 'NOERROR', []],
  ['db.service.fairlead', 'A', 'NOERROR', []],
  ['db.service.fairlead', 'SRV', 'NOERROR', []],
  ['none.service.fairlead', 'A', 'NXDOMAIN', []],
  ['v9.web.service.fairlead', 'A', 'NXDOMAIN', []],
  ['slow.service.fairlead', 'A', 'NOERROR', ['192.0.2.40']],
  ['edge-1.node.fairlead', 'A', 'NOERROR', ['192.0.2.10']],
  ['edge-1.node.fairlead', 'AAAA', 'NOERROR', []],
  ['edge-1.node.fairlead', 'TXT', 'NOERROR', [[Buffer.from('env=prod')]]],
  ['web.example.org.node.fairlead', 'AAAA', 'NOERROR', ['2001:db8::9']],
  ['none.node.fairlead', 'A', 'NXDOMAIN', []],
  // Names that only have names below them, which resolvers that minimise names ask for.
  ['service.fairlead', 'A', 'NOERROR', []],
  ['_tcp.service.fairlead', 'A', 'NOERROR', []],
  ['dc.fairlead', 'A', 'NOERROR', []],
  ['dc1.dc.fairlead', 'A', 'NOERROR', []],
  ['example.org.node.fairlead', 'A', 'NOERROR', []],
  ['other.fairlead', 'A', 'NXDOMAIN', []],
  ['fairlead', 'NS', 'NOERROR', ['ns.fairlead']],
  ['fairlead', 'A', 'NOERROR', []],
  ['ns.fairlead', 'A', 'NOERROR', ['192.0.2.53']],
  ['web.service.fairlead', 'MX', 'NOERROR', []],
  ['web.service.fairlead', 'ANY', 'NOERROR', [{ cpu: 'RFC8482', os: '' }]],
  ['none.service.fairlead', 'ANY', 'NXDOMAIN', []],
];

for (const [name, type, rcode, data] of rows)
  test(`${name} ${type} is ${rcode} with ${data.length} records`, async () => {
    await using t = await testRegistry();
    fill(t.registry);
    const packet = ask(zoneOf(t.registry.catalog), name, { type });
    assert.equal(packet.rcode, rcode);
    assert.deepEqual(dataOf(packet.answers), data);
    assert.equal(packet.flag_aa, true);
    // RFC 2308: every negative answer carries the SOA, with the time that it may be kept.
    const authorities = packet.authorities?.map((record) =>
      'data' in record && record.type === 'SOA' ? { ttl: record.ttl, ...record.data } : record,
    );
    if (data.length > 0) return assert.deepEqual(authorities, []);
    const domain = name.toLowerCase().endsWith('consul') ? 'consul' : 'fairlead';
    assert.equal(domain, 'fairlead');
    assert.partialDeepStrictEqual(authorities, [{ ttl: 3, minimum: 3, ...soa }]);
  });

test('names of others are refused, and so are transfers and other classes', async () => {
  await using t = await testRegistry();
  const zone = zoneOf(t.registry.catalog);
  for (const packet of [
    ask(zone, 'example.org'),
    ask(zone, 'fairlead.example.org'),
    ask(zone, 'fairlead', { type: 'AXFR' }),
    ask(zone, '.'),
  ]) {
    assert.equal(packet.rcode, 'REFUSED');
    assert.equal(packet.flag_aa, false);
  }
});

test('an SRV answer brings the addresses of its targets along', async () => {
  await using t = await testRegistry();
  fill(t.registry);
  const packet = ask(zoneOf(t.registry.catalog), 'web.service.fairlead', { type: 'SRV' });
  assert.equal(packet.answers?.length, 2);
  assert.deepEqual(dataOf(packet.additionals), ['192.0.2.10', '2001:db8::7']);
});

test('with onlyPassing, a warning is left out too', async () => {
  await using t = await testRegistry();
  fill(t.registry);
  assert.deepEqual(ask(zoneOf(t.registry.catalog, { onlyPassing: true }), 'slow.service.fairlead').answers, []);
});

test('the order is another one each time', async () => {
  await using t = await testRegistry();
  const many = Array.from({ length: 10 }, (_, at) => agentService(`many-${at}`, { address: `192.0.2.${at + 1}` }));
  t.registry.setAgentServices('01a205db-1450-7f31-a6fa-a596207d4d59', { name: 'edge-1', address: '192.0.2.1' }, many);
  const zone = zoneOf(t.registry.catalog);
  const first = Array.from({ length: 200 }, () => ask(zone, 'many.service.fairlead').answers?.[0]).map((record) =>
    record && 'data' in record ? record.data : '',
  );
  assert.equal(new Set(first).size, 10, 'each of ten instances was first at some time');
});

test('instances that are reached by a host name are an alias, and the target of SRV records', async () => {
  await using t = await testRegistry();
  const service = {
    id: 'ext',
    name: 'ext',
    address: 'db.example.org',
    port: 5432,
    tags: [],
    meta: {},
    taggedAddresses: {},
    enableTagOverride: false,
  };
  await t.registry.registerService({ ...service, weights: { passing: 7, warning: 1 }, checks: [] }, { replaceChecks: false });
  const zone = zoneOf(t.registry.catalog);
  assert.deepEqual(dataOf(ask(zone, 'ext.service.fairlead').answers), ['db.example.org']);
  const wanted = [{ priority: 1, weight: 7, port: 5432, target: 'db.example.org' }];
  assert.deepEqual(dataOf(ask(zone, 'ext.service.fairlead', { type: 'SRV' }).answers), wanted);
});
