import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FairleadError } from '../src/core/errors.ts';
import { SourceText } from '../src/core/text.ts';
import { readEngine, readInspect } from '../src/readers/engine/index.ts';
import type { ModelPart } from '../src/readers/reader.ts';
import { type LabEngine, startEngine } from './engine.ts';
import { lan } from './lan.ts';
import { defaultBridge } from './names.ts';
import { realise } from './realise.ts';
import { availableEngines, ensureLab } from './setup.ts';
import { emptyTopology, type Topology } from './topology.ts';

/** A bit of everything that the reader claims to see. */
const topology: Topology = {
  ...emptyTopology,
  networks: [
    {
      name: 'front',
      driver: 'bridge',
      subnet: '172.31.10.0/24',
      gateway: '172.31.10.1',
      options: { 'com.docker.network.driver.mtu': '1400' },
    },
    { name: 'back', driver: 'bridge', subnet: '172.31.11.0/24', gateway: '172.31.11.1', internal: true, icc: false },
  ],
  containers: [
    {
      name: 'web',
      mode: {
        kind: 'networks',
        attachments: [
          { network: 'front', aliases: ['www', 'shop'], ip: '172.31.10.20' },
          { network: 'back', aliases: ['inside'] },
        ],
      },
      hostname: 'webhost',
      listeners: [
        { address: '0.0.0.0', port: 80, transport: 'tcp' },
        { address: '127.0.0.1', port: 9100, transport: 'tcp' },
        { address: '::', port: 9200, transport: 'tcp' },
        { address: '0.0.0.0', port: 8125, transport: 'udp' },
      ],
      publish: [
        { hostPort: 8080, containerPort: 80, transport: 'tcp' },
        { hostIp: '127.0.0.1', hostPort: 8081, containerPort: 80, transport: 'tcp' },
        { hostPort: 8125, containerPort: 8125, transport: 'udp' },
      ],
      extraHosts: ['host.docker.internal:host-gateway'],
    },
    { name: 'sidecar', mode: { kind: 'container', of: 'web' }, listeners: [{ address: '127.0.0.1', port: 9300, transport: 'tcp' }] },
    { name: 'plain', mode: { kind: 'default' }, listeners: [{ address: '0.0.0.0', port: 3000, transport: 'tcp' }] },
    { name: 'onhost', mode: { kind: 'host' }, listeners: [{ address: '0.0.0.0', port: 9400, transport: 'tcp' }] },
    { name: 'alone', mode: { kind: 'none' }, listeners: [{ address: '0.0.0.0', port: 9500, transport: 'tcp' }] },
    {
      name: 'closed',
      mode: { kind: 'networks', attachments: [{ network: 'back' }] },
      listeners: [{ address: '0.0.0.0', port: 9600, transport: 'tcp' }],
      publish: [{ hostPort: 9600, containerPort: 9600, transport: 'tcp' }],
    },
    {
      name: 'gone',
      mode: { kind: 'networks', attachments: [{ network: 'front' }] },
      listeners: [],
      publish: [{ hostPort: 8090, containerPort: 80, transport: 'tcp' }],
    },
  ],
  host: {
    listeners: [
      { address: '127.0.0.1', port: 9090, transport: 'tcp' },
      { address: '0.0.0.0', port: 9091, transport: 'tcp' },
    ],
    firewall: [],
  },
  events: [{ do: 'stop', container: 'gone' }],
};

const lab = await ensureLab();
const versions = availableEngines(lab);

test('the lab has an engine to read', { skip: versions.length === 0 ? 'no engine can be started here' : false }, () => {
  assert.ok(versions.length > 0);
});

for (const version of versions) {
  test(`a real engine ${version} is read as what was created and as what its processes listen on`, async () => {
    await using engine = await startEngine({ version });
    await using realised = await realise(engine, topology);
    assert.deepEqual([...realised.refused], []);
    const part = await readEngine({ socket: engine.socket });
    assert.deepEqual(
      part.problems.map((problem) => problem.code),
      [],
    );
    checkModel(part, version);
    checkListeners(part);
    checkHost(part);
    await checkInspect(engine, part);
  });
}

const newest = versions.at(-1);
test('an engine without user-land proxy says so, and the ports it keeps are no services of the host', {
  skip: newest === undefined,
}, async () => {
  if (newest === undefined) return;
  await using engine = await startEngine({ version: newest, userlandProxy: false });
  await using realised = await realise(engine, topology);
  assert.deepEqual([...realised.refused], []);
  const part = await readEngine({ socket: engine.socket });
  assert.equal(known(part.environment?.userlandProxy), false);
  checkListeners(part);
});

test('an engine is only ever asked with GET', { skip: newest === undefined }, async () => {
  if (newest === undefined) return;
  await using engine = await startEngine({ version: newest });
  await using realised = await realise(engine, topology);
  const asked: string[] = [];
  await using proxy = await listen((client) => {
    const upstream = createConnection(engine.socket);
    upstream.on('error', silent).pipe(client);
    client.on('data', (bytes) =>
      asked.push(
        ...bytes
          .toString()
          .split('\r\n')
          .filter((line) => line.endsWith(' HTTP/1.1')),
      ),
    );
    client.pipe(upstream);
  });
  const part = await readEngine({ socket: proxy.path });
  assert.equal(part.workloads.length, realised.topology.containers.length);
  assert.ok(asked.length > part.workloads.length, String(asked.length));
  for (const line of asked) assert.match(line, /^GET /);
});

const silent = () => undefined;
const failures: readonly (readonly [name: string, answer: ((socket: Socket) => void) | undefined, reason: RegExp])[] = [
  ['nobody made', undefined, /does not answer: no such socket/],
  ['that stays silent', silent, /does not answer: no answer within 300 ms/],
  ['that hangs up', (socket) => socket.destroy(), /does not answer: it closed the connection/],
  ['that does not speak HTTP', (socket) => socket.end('SSH-2.0-example\r\n'), /does not answer: /],
  ['of another web server', (socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'), /it answers 404 to \/_ping/],
  [
    'whose answers are not JSON',
    (socket) => socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK')),
    /its answer to \/version is not JSON/,
  ],
  [
    'that never stops answering',
    (socket) => {
      socket.on('error', silent);
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `1000000\r\n${'x'.repeat(0x1000000)}\r\n`;
      const more = () => void (socket.destroyed || socket.write(chunk, more));
      more();
    },
    /larger than \d+ bytes/,
  ],
];

for (const [name, answer, reason] of failures) {
  test(`a socket ${name} is an engine that cannot be reached`, async () => {
    await using server = await listen(answer);
    const timeoutMs = answer === silent ? 300 : 10_000;
    await assert.rejects(readEngine({ socket: server.path, timeoutMs }), (error) => {
      assert.ok(error instanceof FairleadError, String(error));
      assert.equal(error.code, 'FAIRLEAD_ENGINE_UNREACHABLE');
      assert.match(error.message, reason);
      return true;
    });
  });
}

test('an abort of the caller is thrown as it is', async () => {
  await using server = await listen(silent);
  const controller = new AbortController();
  const reading = readEngine({ socket: server.path, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await assert.rejects(reading, /^Error: enough$/);
});

/** A unix socket in a folder of its own, on which `answer` talks; without it, only the folder. */
async function listen(answer: ((socket: Socket) => void) | undefined): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-engine-'));
  const path = join(folder, 'docker.sock');
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', silent);
    answer?.(socket);
  });
  if (answer !== undefined) await once(server.listen(path), 'listening');
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

function checkModel(part: ModelPart, version: string): void {
  const generation = version === '20.10' ? version : version.split('.')[0];
  assert.equal(known(part.environment?.engine), generation);
  assert.equal(known(part.environment?.platform), 'linux');
  assert.equal(known(part.environment?.rootless), false);
  assert.deepEqual(part.networks.map((network) => network.id).sort(), ['back', 'bridge', 'front']);
  const network = (id: string) => part.networks.find((one) => one.id === id);
  assert.equal(network('front')?.mtu?.value, 1400);
  assert.equal(network('front')?.internal, undefined);
  assert.equal(network('front')?.external, false);
  assert.ok(network('back')?.internal);
  assert.equal(network('back')?.icc.value, false);
  assert.deepEqual(
    network('front')?.subnets.map(({ cidr, gateway }) => [cidr, gateway]),
    [['172.31.10.0/24', '172.31.10.1']],
  );
  assert.equal(network('bridge')?.subnets[0]?.gateway, defaultBridge.gateway);

  const endpoint = (id: string) => part.endpoints.find((one) => one.id === id);
  const names = (id: string) =>
    endpoint(id)
      ?.names.map(({ name, kind }) => `${kind} ${name.length === 12 ? 'ID' : name}`)
      .sort();
  assert.deepEqual(names('web@front'), ['alias shop', 'alias www', 'container web', 'hostname webhost', 'short-id ID']);
  assert.deepEqual(names('web@back'), ['alias inside', 'container web', 'hostname webhost', 'short-id ID']);
  assert.deepEqual(names('plain@bridge'), []);
  assert.equal(endpoint('web@front')?.ipv4?.value, '172.31.10.20');
  assert.equal(endpoint('sidecar@front'), undefined);

  const workload = (id: string) => part.workloads.find((one) => one.id === id);
  assert.deepEqual(part.workloads.map(({ id, namespaceId, state }) => `${id} ${namespaceId} ${state}`).sort(), [
    'alone alone running',
    'closed closed running',
    'gone gone stopped',
    'onhost host running',
    'plain plain running',
    'sidecar web running',
    'web web running',
  ]);
  assert.deepEqual(
    workload('web')?.extraHosts.map(({ name, address }) => [name, address]),
    [['host.docker.internal', 'host-gateway']],
  );
  assert.equal(part.namespaces.find((one) => one.id === 'alone')?.kind, 'none');

  const publications = part.publications.map(
    (one) => `${one.workloadId} ${one.hostIp ?? '*'}:${one.hostPort}->${one.containerPort}/${one.transport} ${one.knowledge}`,
  );
  assert.deepEqual(publications.sort(), [
    'closed *:9600->9600/tcp declared',
    'gone *:8090->80/tcp declared',
    'web *:8080->80/tcp observed',
    'web *:8125->8125/udp observed',
    'web 127.0.0.1:8081->80/tcp observed',
  ]);
}

function checkListeners(part: ModelPart): void {
  const listeners = (namespaceId: string) =>
    part.listeners
      .filter((one) => one.namespaceId === namespaceId)
      .map((one) => `${one.workloadId ?? '-'} ${one.address}:${one.port}/${one.transport}`)
      .sort();
  assert.deepEqual(listeners('web'), [
    'sidecar 127.0.0.1:9300/tcp',
    'web 0.0.0.0:80/tcp',
    'web 0.0.0.0:8125/udp',
    'web 127.0.0.1:9100/tcp',
    'web :::9200/tcp',
  ]);
  assert.deepEqual(listeners('plain'), ['plain 0.0.0.0:3000/tcp']);
  assert.deepEqual(listeners('alone'), ['alone 0.0.0.0:9500/tcp']);
  assert.deepEqual(listeners('host'), ['- 0.0.0.0:9091/tcp', '- 127.0.0.1:9090/tcp', 'onhost 0.0.0.0:9400/tcp']);
  const complete = part.namespaces.filter((one) => one.listenersComplete).map((one) => one.id);
  assert.deepEqual(complete.sort(), ['alone', 'closed', 'host', 'plain', 'web']);
}

function checkHost(part: ModelPart): void {
  assert.deepEqual([...(part.environment?.hostAddresses ?? [])].sort(), [lan.host.v4, lan.host.v6].sort());
  assert.equal(known(part.environment?.userlandProxy), true);
  assert.equal(part.environment?.userlandProxy?.knowledge, 'observed');
}

/** The command line's output says the same as the socket, but for what only /proc knows. */
async function checkInspect(engine: LabEngine, live: ModelPart): Promise<void> {
  const containers = await engine.docker(['inspect', ...topology.containers.map((container) => container.name)]);
  const networks = await engine.docker(['network', 'inspect', 'front', 'back', 'bridge', 'host', 'none']);
  const version = await engine.docker(['version', '--format', '{{json .}}']);
  const info = await engine.docker(['info', '--format', '{{json .}}']);
  const text = [containers, networks, version, info].map((result) => result.stdout).join('\n');
  const { part, recognised } = readInspect(new SourceText('engine.json', text));
  assert.equal(recognised, true);
  assert.deepEqual(
    part.problems.map((problem) => problem.message),
    [],
  );
  for (const kind of ['workloads', 'networks', 'endpoints', 'publications'] as const) {
    const facts = (from: ModelPart) =>
      from[kind].map((fact) => JSON.stringify(fact, (key, value) => (/origin/i.test(key) || key === 'internal' ? 'origin' : value)));
    assert.deepEqual(facts(part).sort(), facts(live).sort(), kind);
  }
  assert.equal(known(part.environment?.engine), known(live.environment?.engine));
}

function known(fact: { readonly knowledge: string; readonly value?: unknown } | undefined): unknown {
  return fact?.value;
}
