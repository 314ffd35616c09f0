import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from './assemble.ts';
import { findEngineHost } from './engine-host.ts';
import { readContainer } from './inspected.ts';
import { observeListeners } from './observed-listeners.ts';
import type { Proc } from './proc.ts';

/** A machine as the files and links of its /proc; folders follow from the paths. */
function machine(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): Proc {
  const paths = [...Object.keys(files), ...Object.keys(links)];
  return {
    read: (path) => files[path],
    link: (path) => links[path],
    list: (folder) => [
      ...new Set(paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1).split('/')[0] ?? '')),
    ],
  };
}

const row = (address: string, port: number, state: string, inode: number) =>
  `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
const tables = (pid: number | 'self', tcp: readonly string[], tcp6: readonly string[] = [], udp: readonly string[] = []) => ({
  [`/proc/${pid}/net/tcp`]: tcp.join('\n'),
  [`/proc/${pid}/net/tcp6`]: tcp6.join('\n'),
  [`/proc/${pid}/net/udp`]: udp.join('\n'),
});
const any6 = '0'.repeat(32);

const idOf = (name: string) => name.padEnd(64, '0');
const container = (name: string, mode: string, pid: number, ports: object = {}) =>
  readContainer(
    {
      Id: idOf(name),
      Name: `/${name}`,
      State: { Running: true, Pid: pid },
      HostConfig: { NetworkMode: mode, PublishAllPorts: true },
      NetworkSettings: { Ports: ports, Networks: {} },
    },
    'docker.sock',
    1,
  );
const cgroup = (pid: number, name: string) => ({ [`/proc/${pid}/cgroup`]: `0::/system.slice/docker-${idOf(name)}.scope\n` });

const observe = (proc: Proc, containers: readonly ReturnType<typeof container>[], host: Parameters<typeof observeListeners>[3]) => {
  const part = assemble({ containers, networks: [], environment: {} });
  const { listeners, namespaces } = observeListeners(proc, part, containers, host);
  return {
    listeners: listeners.map(
      (one) => `${one.namespaceId}/${one.workloadId ?? '-'} ${one.address} ${one.port}/${one.transport}${one.v6Only ? ' v6only' : ''}`,
    ),
    complete: namespaces.filter((one) => one.listenersComplete).map((one) => one.id),
    listenersWhole: listeners,
  };
};

test('what listens in a container is observed, without the embedded DNS', () => {
  const proc = machine({
    ...cgroup(100, 'web'),
    ...tables(
      100,
      [row('0100007F', 9100, '0A', 1), row('0B00007F', 40001, '0A', 2)],
      [row(any6, 8080, '0A', 3)],
      [row('00000000', 8125, '07', 4)],
    ),
  });
  const found = observe(proc, [container('web', 'bridge', 100)], undefined);
  assert.deepEqual(found.listeners, ['web/web 127.0.0.1 9100/tcp', 'web/web :: 8080/tcp', 'web/web 0.0.0.0 8125/udp']);
  assert.deepEqual(found.complete, ['web']);
  assert.deepEqual(found.listenersWhole[0]?.origin, {
    kind: 'observed',
    source: '/proc/100/net/tcp',
    object: 'container web',
    path: 'line 1',
  });
});

test('a process with the same number that is not of the container tells nothing', () => {
  const proc = machine({ ...cgroup(100, 'other'), ...tables(100, [row('00000000', 80, '0A', 1)]) });
  assert.deepEqual(observe(proc, [container('web', 'bridge', 100)], undefined).complete, []);
});

test('a namespace whose tables cannot be read stays incomplete', () => {
  const proc = machine({ ...cgroup(100, 'web'), '/proc/100/net/tcp': row('00000000', 80, '0A', 1) });
  const found = observe(proc, [container('web', 'bridge', 100)], undefined);
  assert.deepEqual([found.listeners, found.complete], [[], []]);
});

test('in a shared namespace the open files of each container and its children tell whose socket it is', () => {
  const proc = machine(
    {
      ...cgroup(100, 'web'),
      ...cgroup(200, 'sidecar'),
      '/proc/200/task/200/children': '201 ',
      ...tables(100, [row('00000000', 80, '0A', 11), row('0100007F', 81, '0A', 12), row('0100007F', 82, '0A', 13)]),
    },
    { '/proc/100/fd/3': 'socket:[11]', '/proc/201/fd/3': 'socket:[12]' },
  );
  const found = observe(proc, [container('web', 'bridge', 100), container('sidecar', `container:${idOf('web')}`, 200)], undefined);
  assert.deepEqual(found.listeners, ['web/web 0.0.0.0 80/tcp', 'web/sidecar 127.0.0.1 81/tcp', 'web/- 127.0.0.1 82/tcp']);
});

test('the sockets of docker-proxy are no services of the host, and others on the same port are', () => {
  const ports = {
    '80/tcp': [
      { HostIp: '0.0.0.0', HostPort: '8080' },
      { HostIp: '::', HostPort: '8080' },
    ],
    '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '8081' }],
  };
  const tcp = [
    row('00000000', 8080, '0A', 1),
    row('0100007F', 8081, '0A', 2),
    row('0A00630A', 8081, '0A', 3),
    row('00000000', 9090, '0A', 4),
  ];
  const proc = machine({ ...tables('self', tcp, [row(any6, 8080, '0A', 5), row(any6, 9090, '0A', 6)]) });
  const found = observe(proc, [container('web', 'bridge', 100, ports)], { pid: 'self', ours: true });
  assert.deepEqual(found.listeners, ['host/- 10.99.0.10 8081/tcp', 'host/- 0.0.0.0 9090/tcp', 'host/- :: 9090/tcp v6only']);
  assert.deepEqual(found.complete, ['host']);
});

test("without the engine's own process, a container in host mode shows the host's sockets", () => {
  const proc = machine({ ...cgroup(100, 'web'), ...tables(100, [row('00000000', 80, '0A', 7)]) }, { '/proc/100/fd/4': 'socket:[7]' });
  assert.deepEqual(observe(proc, [container('web', 'host', 100)], undefined).listeners, ['host/web 0.0.0.0 80/tcp']);
});

const unix = (path: string, inode: number) =>
  `Num       RefCount Protocol Flags    Type St Inode Path\n0000: 00000002 00000000 00010000 0001 01 ${inode} ${path}\n0000: 00000003 00000000 00000000 0001 03 99 ${path}\n`;

test('the engine is the dockerd that holds the listening socket', () => {
  const proc = machine(
    { '/proc/self/net/unix': unix('/run/x.sock', 5), '/proc/7/comm': 'dockerd\n', '/proc/8/comm': 'dockerd\n', '/proc/9/comm': 'bash\n' },
    { '/proc/7/fd/3': 'socket:[4]', '/proc/8/fd/3': 'socket:[5]' },
  );
  assert.deepEqual(findEngineHost(proc, '/run/x.sock'), { pid: 'self', ours: true, dockerd: 8 });
});

test('an engine in another network namespace is found by its own table', () => {
  const proc = machine(
    { '/proc/self/net/unix': unix('/run/other.sock', 5), '/proc/7/comm': 'dockerd\n', '/proc/7/net/unix': unix('/run/x.sock', 6) },
    { '/proc/7/fd/3': 'socket:[6]' },
  );
  assert.deepEqual(findEngineHost(proc, '/run/x.sock'), { pid: 7, ours: false, dockerd: 7 });
});

test('an engine that runs elsewhere is not found', () => {
  const proc = machine({ '/proc/self/net/unix': unix('/run/other.sock', 5), '/proc/7/comm': 'dockerd\n' });
  assert.equal(findEngineHost(proc, '/run/x.sock'), undefined);
});
