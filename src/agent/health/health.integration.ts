import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { Counter, Registry } from 'prom-client';
import { systemClock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import type { EventName } from '../../observe/events/index.ts';
import { type Log, silentLog } from '../../observe/log.ts';
import type { NotReady } from './readiness.ts';
import { createSdNotify } from './sd-notify.ts';
import { startHealthServer } from './server.ts';

async function serving(reasons: readonly NotReady[] = []) {
  const registry = new Registry();
  new Counter({ name: 'fairlead_test_total', help: 'A test.', registers: [registry] });
  const server = await startHealthServer(
    { host: '127.0.0.1', port: 0 },
    { registry, notReady: () => reasons, about: () => ({ version: '1.2.3' }) },
  );
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`, init);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  return { ...server, ask };
}

test('liveness, readiness with reasons and metrics are served', { timeout: 60_000 }, async () => {
  await using health = await serving([{ reason: 'starting', sentence: 'the agent is starting' }]);
  for (const path of ['/health', '/health/live']) {
    const { status, text } = await health.ask(path);
    assert.deepEqual([status, JSON.parse(text)], [200, { status: 'live', version: '1.2.3' }]);
  }
  const ready = await health.ask('/health/ready?verbose');
  assert.deepEqual(
    [ready.status, JSON.parse(ready.text)],
    [503, { status: 'not ready', reasons: [{ reason: 'starting', sentence: 'the agent is starting' }] }],
  );
  const metrics = await health.ask('/metrics');
  assert.match(metrics.type ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(metrics.text, /^fairlead_test_total 0$/m);
  assert.equal((await health.ask('/metrics', { method: 'HEAD' })).text, '');
  assert.equal((await health.ask('/nothing')).status, 404);
  assert.equal((await health.ask('/health', { method: 'POST', body: 'x' })).status, 405);
});

test('a ready agent says so', { timeout: 60_000 }, async () => {
  await using health = await serving();
  const { status, text } = await health.ask('/health/ready');
  assert.deepEqual([status, JSON.parse(text)], [200, { status: 'ready', reasons: [] }]);
});

test('connections that say nothing are ended, and do not keep the endpoint from answering', { timeout: 60_000 }, async () => {
  await using health = await serving();
  const silent = Array.from({ length: 8 }, () => connect(health.address.port, '127.0.0.1').on('error', () => {}));
  assert.equal((await health.ask('/health')).status, 200);
  await Promise.all(silent.map((socket) => once(socket.resume(), 'close')));
});

test('a port in use and an address that is not there are one sentence each', { timeout: 60_000 }, async () => {
  await using health = await serving();
  const refused = async (host: string, port: number) => {
    try {
      await using _ = await startHealthServer({ host, port }, { registry: new Registry(), notReady: () => [], about: () => ({}) });
      return 'listens';
    } catch (cause) {
      assert.ok(cause instanceof FairleadError && cause.exitCode === 3);
      return cause.message;
    }
  };
  const { port } = health.address;
  assert.equal(await refused('127.0.0.1', port), `health.listen 127.0.0.1:${port} cannot be used: another process listens there`);
  assert.equal(await refused('192.0.2.250', 8080), 'health.listen 192.0.2.250:8080 cannot be used: this host has no such address');
});

/** A real Unix datagram socket, bound by a program that prints each datagram as a line of JSON. */
const receiver = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
s.bind('\\0' + name[1:] if name.startswith('@') else name)
print('bound', flush=True)
while True:
    print(json.dumps(s.recv(4096).decode()), flush=True)
`;

async function receiving(name: string) {
  const child = spawn('python3', ['-c', receiver, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  assert.equal(await line(), 'bound');
  return {
    /** The assignments of the next datagram. */
    async next(): Promise<readonly string[]> {
      return String(JSON.parse(await line()))
        .split('\n')
        .filter((one) => one !== '');
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

const notifier = (
  socket: string,
  more: { environment?: Record<string, string>; log?: Log; program?: string; alive?: () => boolean } = {},
) =>
  createSdNotify({
    environment: { PATH: process.env.PATH, NOTIFY_SOCKET: socket, ...more.environment },
    pid: process.pid,
    clock: systemClock,
    log: more.log ?? silentLog,
    monotonicUsec: () => 42n,
    alive: more.alive ?? (() => true),
    ...(more.program === undefined ? {} : { program: more.program }),
  });
/** systemd-notify adds a datagram of its own to be sure that it was read. */
const isBarrier = (assignments: readonly string[]) => assignments.includes('BARRIER=1');

for (const kind of ['path', 'abstract'] as const) {
  test(`systemd is told on a socket with ${kind === 'path' ? 'a path' : 'an abstract name'}`, { timeout: 60_000 }, async () => {
    const name =
      kind === 'path' ? join(mkdtempSync(join(tmpdir(), 'fairlead-notify-')), 'notify') : `@fairlead-notify-${process.pid}-${Date.now()}`;
    await using systemd = await receiving(name);
    const next = async (): Promise<readonly string[]> => {
      const assignments = await systemd.next();
      return isBarrier(assignments) ? next() : assignments;
    };
    await using notify = notifier(name, { environment: { WATCHDOG_USEC: '1000000', WATCHDOG_PID: String(process.pid) } });
    notify.ready('running');
    assert.deepEqual(await next(), ['READY=1', 'STATUS=running', `MAINPID=${process.pid}`]);
    assert.deepEqual(await next(), ['WATCHDOG=1']);
    notify.reloading();
    const told = new Set<string>();
    while (!told.has('RELOADING=1')) for (const one of await next()) told.add(one);
    assert.ok(told.has('MONOTONIC_USEC=42'));
    void notify.stopping();
    while (!told.has('STOPPING=1')) for (const one of await next()) told.add(one);
    assert.ok(told.has('STATUS=stopping'));
  });
}

test('without systemd-notify it is said once, and nothing else happens', { timeout: 60_000 }, async () => {
  const events: EventName[] = [];
  const log: Log = { event: (name) => void events.push(name), with: () => log };
  await using notify = notifier('/nonexistent/notify', { log, program: 'systemd-notify-that-is-not-there' });
  notify.ready('running');
  await notify.stopping();
  await notify.stopping();
  assert.deepEqual(events, ['agent.health.notify-failed']);
});

test('without a socket no program is started', async () => {
  const events: EventName[] = [];
  const log: Log = { event: (name) => void events.push(name), with: () => log };
  await using notify = notifier('', { log, program: 'systemd-notify-that-is-not-there' });
  notify.ready('running');
  await notify.stopping();
  assert.deepEqual(events, []);
});
