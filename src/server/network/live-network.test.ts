import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookup } from '../../network/lookup.ts';
import type { HostReport } from '../../protocol/host-report.ts';
import { liveNetwork } from './live-network.ts';

const machine: HostReport = {
  collectedAtMs: 0,
  hostname: 'edge-1',
  bootId: 'boot-1',
  os: { name: 'Debian' },
  kernel: '6.1',
  arch: 'x64',
  networkNamespace: '4026531840',
  interfaces: [
    { name: 'lo', index: 1, state: 'up', loopback: true, addresses: [{ address: '127.0.0.1', prefixLength: 8 }] },
    {
      name: 'eth0',
      index: 2,
      mac: '02:00:00:00:00:01',
      mtu: 1500,
      state: 'up',
      loopback: false,
      addresses: [
        { address: '192.0.2.10', prefixLength: 24 },
        { address: 'fe80::1', prefixLength: 64 },
      ],
    },
    { name: 'old', index: 3, state: 'down', loopback: false, addresses: [{ address: '198.51.100.1', prefixLength: 24 }] },
  ],
  routes: [],
  resolvers: { nameservers: ['192.0.2.53'], search: [], options: [] },
  listeners: [{ address: '127.0.0.1', port: 9100, transport: 'tcp' }],
  listenersComplete: true,
  planes: {},
  links: [
    { name: 'orders-kafka', host: 'kafka.example.org', port: 9092, transport: 'tcp', plane: 'data', purpose: 'ships logs to', state: 'up' },
  ],
  gaps: [{ what: 'processes', reason: 'EACCES' }],
};

const boxed = (uid: string, name: string, bootId: string, more: Partial<HostReport> = {}) => ({
  uid,
  name,
  report: {
    ...machine,
    bootId,
    container: { runtime: 'docker', name: 'shop' },
    interfaces: [
      { name: 'eth0', index: 2, state: 'up' as const, loopback: false, addresses: [{ address: '172.17.0.2', prefixLength: 16 }] },
    ],
    ...more,
  },
});

test('a machine is a namespace with its addresses, listeners and links, each fact with its place in the report', () => {
  const model = liveNetwork([{ uid: 'u1', name: 'edge', report: machine }]);
  const namespace = model.namespaces.find(({ kind }) => kind === 'machine');
  assert.deepEqual(namespace, { id: 'boot-1/4026531840', kind: 'machine', listenersComplete: true, addresses: ['192.0.2.10'] });
  assert.deepEqual(
    model.networks.map(({ id, mtu }) => [id, mtu?.value]),
    [['192.0.2.0/24', 1500]],
  );
  assert.deepEqual(
    model.listeners.map(({ address, port, origin }) => [address, port, origin]),
    [['127.0.0.1', 9100, { kind: 'observed', source: 'agent edge', object: 'host report', path: 'listeners[0]' }]],
  );
  assert.deepEqual(
    model.links.map(({ raw, purpose, plane }) => [raw, purpose, plane]),
    [['kafka.example.org:9092', 'ships logs to', 'data']],
  );
  assert.match(model.problems[0]?.message ?? '', /edge could not read processes: EACCES/);
  assert.equal(lookup(model).workload.get('edge')?.dns.servers[0]?.value, '192.0.2.53');
});

test('agents in one network namespace share it; the same bridge subnet on two machines is two networks', () => {
  const model = liveNetwork([
    boxed('u1', 'a', 'boot-1', { networkNamespace: '1' }),
    boxed('u2', 'b', 'boot-1', { networkNamespace: '1' }),
    boxed('u3', 'c', 'boot-2', { networkNamespace: '1' }),
  ]);
  assert.deepEqual(
    model.workloads.map(({ namespaceId }) => namespaceId),
    ['boot-1/1', 'boot-1/1', 'boot-2/1'],
  );
  assert.deepEqual(
    model.networks.map(({ id }) => id),
    ['boot-1/172.17.0.0/16', 'boot-2/172.17.0.0/16'],
  );
  assert.equal(model.listeners.length, 2);
  assert.equal(model.endpoints.length, 2);
});

test('without the inode of a namespace nobody is taken to share one', () => {
  const { networkNamespace: _, ...blind } = machine;
  const model = liveNetwork([
    { uid: 'u1', name: 'a', report: blind },
    { uid: 'u2', name: 'b', report: blind },
  ]);
  assert.deepEqual(
    model.workloads.map(({ namespaceId }) => namespaceId),
    ['agent:u1', 'agent:u2'],
  );
});
