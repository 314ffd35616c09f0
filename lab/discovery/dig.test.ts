import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentNode } from '../../src/server/discovery/catalog/agents.ts';
import { run } from '../command.ts';
import { environment } from '../setup/programs.ts';
import { discoveryPrograms } from './programs.ts';
import { type Discovery, startDiscovery, temporaryFolder } from './running.ts';

const capability = await discoveryPrograms();
const skip = capability.available ? false : capability.reason;

const uid = '01a205db-1450-7f31-a6fa-a596207d4d59';
const edge: AgentNode = { name: 'edge-1', address: '192.0.2.10', labels: { env: 'prod' } };
const service = (id: string, name: string, address: string, status: 'passing' | 'critical' = 'passing') => ({
  id,
  name,
  address,
  port: 8080,
  tags: ['v1'],
  meta: {},
  check: { status, output: '', sinceMs: 0 },
});

async function dig(discovery: Discovery, ...args: readonly string[]): Promise<string> {
  assert.ok(capability.available);
  const { programs } = capability;
  const { code, stdout, stderr } = await run(
    programs.dig,
    ['@127.0.0.1', '-p', String(discovery.dnsPort), '+tries=2', '+time=10', ...args],
    {
      env: environment(programs),
    },
  );
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}
const short = async (discovery: Discovery, ...args: readonly string[]): Promise<readonly string[]> =>
  (await dig(discovery, '+short', ...args)).trim().split('\n').filter(Boolean).sort();

test('dig gets addresses, services and texts, and never an unhealthy instance', { skip }, async () => {
  using folder = temporaryFolder();
  await using discovery = await startDiscovery(folder);
  const { registry } = discovery;
  const web = [service('w1', 'web', '192.0.2.10'), service('w2', 'web', '2001:db8::2'), service('w3', 'web', '192.0.2.30', 'critical')];
  registry.setAgentServices(uid, edge, web);
  assert.deepEqual(await short(discovery, 'web.service.fairlead'), ['192.0.2.10']);
  assert.deepEqual(await short(discovery, 'WEB.service.consul', 'AAAA'), ['2001:db8::2']);
  assert.deepEqual(await short(discovery, '_web._v1.service.fairlead', 'SRV'), [
    '1 1 8080 20010db8000000000000000000000002.addr.dc1.dc.fairlead.',
    '1 1 8080 edge-1.node.dc1.dc.fairlead.',
  ]);
  assert.deepEqual(await short(discovery, 'edge-1.node.dc1.dc.fairlead', 'TXT'), ['"env=prod"']);
  assert.deepEqual(await short(discovery, 'fairlead', 'NS'), ['ns.fairlead.']);

  registry.setAgentServices(uid, edge, [service('w1', 'web', '192.0.2.10', 'critical'), service('w3', 'web', '192.0.2.30')]);
  assert.deepEqual(await short(discovery, 'web.service.fairlead'), ['192.0.2.30']);
  registry.setAgentLiveness(uid, 'offline');
  assert.deepEqual(await short(discovery, 'web.service.fairlead'), []);
});

const statuses: readonly (readonly [readonly string[], RegExp])[] = [
  [['web.service.fairlead'], /status: NOERROR.*flags: qr aa rd;.*ANSWER: 1,/s],
  [
    ['web.service.fairlead', 'AAAA'],
    /status: NOERROR.*ANSWER: 0, AUTHORITY: 1,.*SOA\s+ns\.fairlead\. hostmaster\.fairlead\. \d+ 3600 600 86400 5/s,
  ],
  [['none.service.fairlead'], /status: NXDOMAIN.*SOA\s+ns\.fairlead\./s],
  [['www.example.org'], /status: REFUSED.*flags: qr rd;/s],
  [['fairlead', 'AXFR', '+tcp'], /Transfer failed|status: REFUSED/],
  [['web.service.fairlead', 'ANY', '+notcp'], /HINFO\s+"RFC8482" ""/],
  [['+edns=1', '+noednsneg', 'web.service.fairlead'], /status: BADVERS/],
  [['+header-only', '+noedns', 'web.service.fairlead'], /status: FORMERR/],
  [['+opcode=NOTIFY', 'fairlead', 'SOA'], /status: NOTIMP/],
  [['+subnet=192.0.2.0/24', '+cookie', '+nsid', '+padding=128', 'web.service.fairlead'], /status: NOERROR.*ANSWER: 1,/s],
  [['+qr', '+dnssec', 'web.service.fairlead'], /status: NOERROR.*ANSWER: 1,/s],
];
test('dig sees the status, flags and authority of each kind of answer', { skip }, async (context) => {
  using folder = temporaryFolder();
  await using discovery = await startDiscovery(folder);
  discovery.registry.setAgentServices(uid, edge, [service('w1', 'web', '192.0.2.10')]);
  for (const [args, wanted] of statuses)
    await context.test(args.join(' '), async () => assert.match(await dig(discovery, ...args), wanted));
});

test('dig comes by TCP for what is too large for UDP, and gets all of it', { skip }, async () => {
  using folder = temporaryFolder();
  await using discovery = await startDiscovery(folder);
  const many = Array.from({ length: 500 }, (_, at) => service(`m${at}`, 'many', `10.0.${at >> 8}.${at & 255}`));
  discovery.registry.setAgentServices(uid, edge, many);
  assert.equal((await short(discovery, 'many.service.fairlead')).length, 500);
  const cut = await dig(discovery, '+ignore', 'many.service.fairlead');
  assert.match(cut, /flags: qr aa tc rd;/);
  assert.match(cut, /MSG SIZE {2}rcvd: 1[12]\d\d/);
  assert.match(await dig(discovery, '+ignore', '+noedns', 'many.service.fairlead'), /MSG SIZE {2}rcvd: (4[89]\d|50\d|51[012])/);
  assert.match(await dig(discovery, '+tcp', '+keepopen', 'many.service.fairlead', 'SRV'), /ANSWER: 500, AUTHORITY: 0, ADDITIONAL: 501/);
});
