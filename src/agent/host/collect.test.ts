import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeCustom, encodeCustomData } from '../../protocol/custom.ts';
import { hostReportKind } from '../../protocol/host-report.ts';
import { type CollectOptions, collectHost, differences, fingerprint, hereAndNow } from './collect.ts';
import { newMemory } from './listeners.ts';

const eth0: NetworkInterfaceInfo[] = [
  { address: '192.0.2.10', netmask: '255.255.255.0', family: 'IPv4', mac: '02:00:00:00:02:0a', internal: false, cidr: '192.0.2.10/24' },
  {
    address: '2001:db8::10',
    netmask: 'ffff:ffff:ffff:ffff::',
    family: 'IPv6',
    mac: '02:00:00:00:02:0a',
    internal: false,
    cidr: '2001:db8::10/64',
    scopeid: 0,
  },
];
const lo: NetworkInterfaceInfo[] = [
  { address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal: true, cidr: '127.0.0.1/8' },
];

const options = (more: Partial<CollectOptions> = {}): CollectOptions => ({
  root: fileURLToPath(new URL('testdata/plain-host', import.meta.url)),
  interfaces: () => ({ lo, eth0 }),
  environment: {},
  processes: true,
  memory: newMemory(),
  planes: { data: '192.0.2.10' },
  links: [],
  nowMs: 1_000,
  ...more,
});

test('a recorded host is reported with its interfaces, routes, resolvers and listeners', async () => {
  const report = await collectHost(options());
  assert.deepEqual(
    [report.hostname, report.os, report.kernel, report.networkNamespace, report.container],
    ['edge-7', { name: 'Debian GNU/Linux 12 (bookworm)', id: 'debian', version: '12' }, '6.12.0-amd64', 'net:[4026532281]', undefined],
  );
  assert.deepEqual(
    report.interfaces.map(({ name, state, mtu, addresses }) => [
      name,
      state,
      mtu,
      addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    ]),
    [
      ['lo', 'up', 65_536, ['127.0.0.1/8']],
      ['peer0', 'up', 1_500, []],
      ['eth0', 'up', 1_450, ['192.0.2.10/24', '2001:db8::10/64']],
      ['peer1', 'down', 1_500, []],
      ['eth1', 'down', 1_500, []],
    ],
  );
  assert.deepEqual(
    report.routes.map(({ destination, gateway, interface: name, metric }) => `${destination} ${gateway ?? '-'} ${name} ${metric}`),
    [
      'default 192.0.2.1 eth0 0',
      '192.0.2.0/24 - eth0 0',
      '198.51.100.0/24 192.0.2.254 eth0 50',
      '2001:db8::/64 - eth0 256',
      'fe80::/64 - eth0 256',
      'fe80::/64 - peer0 256',
      'default 2001:db8::1 eth0 1024',
    ],
  );
  assert.deepEqual(report.resolvers, {
    nameservers: ['192.0.2.53', 'fe80::1'],
    search: ['example.org', 'svc.example.org'],
    options: ['ndots:2', 'timeout:1'],
  });
  assert.deepEqual(
    report.listeners.map(({ address, port, transport, process }) => `${transport} ${address} ${port} ${process?.name}:${process?.pid}`),
    [
      'tcp 0.0.0.0 8080 orders:4711',
      'tcp 127.0.0.1 9100 orders:4711',
      'tcp :: 4317 orders:4711',
      'udp 0.0.0.0 514 orders:4711',
      'udp 192.0.2.10 45678 orders:4711',
    ],
  );
  assert.deepEqual([report.listenersComplete, report.gaps], [true, []]);
});

test('a UDP socket on a port that the system gave out counts from the second look on', async () => {
  const memory = newMemory();
  memory.fleeting = new Set();
  const ports = async () =>
    (await collectHost(options({ memory }))).listeners.filter(({ transport }) => transport === 'udp').map(({ port }) => port);
  assert.deepEqual([await ports(), await ports()], [[514], [514, 45_678]]);
});

test('without process names no process is looked at', async () => {
  const { listeners } = await collectHost(options({ processes: false }));
  assert.equal(listeners.length, 5);
  assert.ok(listeners.every(({ process }) => process === undefined));
});

test('what is missing is a gap and never a throw', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-host-'));
  const report = await collectHost(
    options({
      root,
      interfaces: () => {
        throw new Error('forbidden');
      },
    }),
  );
  assert.deepEqual(
    report.gaps.map(({ what }) => what),
    [
      '/proc/self/ns/net',
      '/proc/self/net/dev',
      '/sys/class/net',
      '/proc/self/net/route',
      '/etc/resolv.conf',
      '/proc/self/net/tcp',
      '/proc/self/net/udp',
    ],
  );
  assert.equal(report.listenersComplete, false);
});

test('interfaces that /sys does not show come without what only /sys knows', async () => {
  const { interfaces, gaps } = await collectHost(options({ root: mkdtempSync(join(tmpdir(), 'fairlead-host-')) }));
  assert.deepEqual(
    interfaces.map(({ name, mtu, mac }) => [name, mtu, mac]),
    [
      ['lo', undefined, undefined],
      ['eth0', undefined, '02:00:00:00:02:0a'],
    ],
  );
  assert.ok(gaps.some(({ what, reason }) => what === '/sys/class/net' && reason === 'there is no such folder'));
});

test('this host is reported in a form that the server takes', async () => {
  const report = await collectHost({ ...options(), ...hereAndNow, environment: process.env });
  const encoded = encodeCustomData(hostReportKind, report);
  assert.ok(encoded.ok, encoded.ok ? '' : encoded.sentence);
  assert.ok(decodeCustom(hostReportKind, { ...hostReportKind, data: encoded.data }).ok);
  assert.ok(report.interfaces.length > 0);
});

test('the moment of a look alone makes no difference', async () => {
  const [first, second] = [await collectHost(options()), await collectHost(options({ nowMs: 2_000 }))];
  assert.equal(fingerprint(first), fingerprint(second));
  assert.deepEqual(differences(first, { ...second, planes: {} }), ['planes']);
});
