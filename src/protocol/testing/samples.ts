/** One payload of each of our kinds, with everything that it can hold. Production code does not import it. */
import type { HostReport } from '../host-report.ts';
import type { Outage } from '../outages.ts';
import type { ServiceReport } from '../services.ts';

export const sampleHostReport: HostReport = {
  collectedAtMs: 1_767_225_600_000,
  hostname: 'web-1',
  machineId: '4a6f6e2f3b4c4d5e8f90a1b2c3d4e5f6',
  bootId: '0f4a7c1e-53d2-4c8a-9d5e-1b2c3d4e5f60',
  os: { name: 'Debian GNU/Linux 12 (bookworm)', id: 'debian', version: '12' },
  kernel: '6.1.0-18-amd64',
  arch: 'x64',
  container: {
    runtime: 'containerd',
    id: 'f00d'.repeat(16),
    name: 'agent',
    image: 'registry.example.org/agent:1.2',
    pod: { namespace: 'telemetry', name: 'agent-x7k2p', uid: '7e1c1c5e-0f65-4d0c-8f7a-3d0f5f0e9b1a', node: 'node-1' },
  },
  networkNamespace: '4026532281',
  interfaces: [
    {
      name: 'lo',
      index: 1,
      mtu: 65_536,
      state: 'up',
      loopback: true,
      addresses: [
        { address: '127.0.0.1', prefixLength: 8 },
        { address: '::1', prefixLength: 128 },
      ],
    },
    {
      name: 'eth0',
      index: 2,
      mac: '02:42:c0:00:02:0a',
      mtu: 1_450,
      state: 'up',
      loopback: false,
      addresses: [{ address: '192.0.2.10', prefixLength: 24 }],
    },
  ],
  routes: [
    { family: 4, destination: 'default', gateway: '192.0.2.1', interface: 'eth0', metric: 100 },
    { family: 4, destination: '192.0.2.0/24', interface: 'eth0', source: '192.0.2.10' },
  ],
  resolvers: { nameservers: ['192.0.2.53'], search: ['example.org'], options: ['ndots:5'] },
  listeners: [
    { address: '0.0.0.0', port: 8_080, transport: 'tcp', process: { name: 'fairlead', pid: 7 } },
    { address: '::', port: 514, transport: 'udp' },
  ],
  listenersComplete: true,
  planes: { control: '192.0.2.10' },
  links: [
    {
      name: 'orders-kafka',
      host: 'kafka-1.example.org',
      port: 9_092,
      transport: 'tcp',
      plane: 'data',
      purpose: 'ships logs to',
      state: 'down',
    },
  ],
  gaps: [{ what: 'processes of 1 listener', reason: '/proc/812/fd: permission denied' }],
};

export const sampleOutage: Outage = {
  id: '0198c0de-5a7e-7f1e-8d2c-a5b0c1d2e3f4',
  revision: 2,
  link: 'orders-kafka',
  to: 'kafka-1.example.org:9092',
  plane: 'data',
  fromMs: 1_767_225_600_000,
  toMs: 1_767_225_692_500,
  durationMs: 92_480,
  how: 'recovered',
  clockStepMs: 20,
  attempts: 7,
  lastError: 'connect ECONNREFUSED 192.0.2.77:9092',
  cause: { kind: 'refused', sentence: 'nobody listens on 192.0.2.77:9092', step: 'connect' },
};

export const sampleService: ServiceReport = {
  id: 'orders-1',
  name: 'orders',
  address: '192.0.2.10',
  port: 8_080,
  tags: ['v2'],
  meta: { version: '2.4' },
  check: { status: 'warning', output: 'HTTP 429', sinceMs: 1_767_225_600_000 },
};
