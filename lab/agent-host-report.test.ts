import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { HostReport } from '../src/protocol/host-report.ts';

const modules = join(import.meta.dirname, '../src/agent/host');
const href = (name: string) => JSON.stringify(pathToFileURL(join(modules, name)).href);
const look = `
  const { collectHost, hereAndNow } = await import(${href('collect.ts')});
  const { newMemory } = await import(${href('listeners.ts')});
  const { createServer } = await import('node:net');
  const server = createServer().listen(7777, '192.0.2.10');
  await new Promise((resolve) => server.once('listening', resolve));
  const report = await collectHost({ ...hereAndNow, environment: {}, processes: true, memory: newMemory(), planes: {}, links: [], nowMs: Date.now() });
  console.log(JSON.stringify({ report, pid: process.pid }));
  server.close();
`;

/** Runs the look in a network namespace of its own, which ends with it; `mounts` decides whether /sys shows that namespace too. */
function lookInside(mounts: boolean): { readonly report: HostReport; readonly pid: number } {
  const script = [
    'set -e',
    'ip link set lo up',
    'ip link add eth0 mtu 1450 type veth peer name peer0',
    'ip link set peer0 up',
    'ip link set eth0 up',
    'ip address add 192.0.2.10/24 dev eth0',
    'ip route add default via 192.0.2.1',
    ...(mounts ? ['mount -t sysfs sysfs /sys'] : []),
    'exec "$NODE" --input-type=module -e "$PROGRAM"',
  ].join('\n');
  const flags = ['--net', ...(mounts ? ['--mount'] : [])];
  const env = { ...process.env, NODE: process.execPath, PROGRAM: look };
  return JSON.parse(execFileSync('unshare', [...flags, 'sh', '-c', script], { env, encoding: 'utf8', timeout: 60_000 }));
}

test('an agent reports the network namespace that it runs in', () => {
  const { report, pid } = lookInside(true);
  assert.deepEqual(report.interfaces.map(({ name, mtu, state }) => `${name} ${mtu} ${state}`).sort(), [
    'eth0 1450 up',
    'lo 65536 up',
    'peer0 1500 up',
  ]);
  assert.deepEqual(report.interfaces.find(({ name }) => name === 'eth0')?.addresses[0], { address: '192.0.2.10', prefixLength: 24 });
  assert.deepEqual(
    report.routes.filter(({ family }) => family === 4).map(({ destination, gateway }) => `${destination} ${gateway ?? '-'}`),
    ['default 192.0.2.1', '192.0.2.0/24 -'],
  );
  assert.deepEqual(
    report.listeners.map(({ address, port, process }) => [address, port, process?.pid]),
    [['192.0.2.10', 7777, pid]],
  );
  assert.notEqual(report.networkNamespace, undefined);
});

test('where /sys shows another namespace, that is said, and nothing of it is taken for this one', () => {
  const { report } = lookInside(false);
  assert.ok(report.gaps.some(({ what, reason }) => what === '/sys/class/net' && reason === 'it shows another network namespace'));
  assert.equal(report.interfaces.find(({ name }) => name === 'eth0')?.mtu, undefined);
  assert.deepEqual(report.interfaces.find(({ name }) => name === 'eth0')?.addresses[0]?.address, '192.0.2.10');
});
