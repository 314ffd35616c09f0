import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Registry } from 'prom-client';
import { systemClock } from '../../core/clock.ts';
import { silentLog } from '../../observe/log.ts';
import { createHealthTree } from '../health/tree.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { journalMetrics } from '../journal/metrics.ts';
import { systemUptime } from '../journal/uptime.ts';
import { createPlanes, type Planes } from '../planes/planes.ts';
import { type LinksSettings, linksSettings } from '../settings/links.ts';
import { testConnection } from '../testing/connection.ts';
import { check } from './check.ts';
import { watchControl } from './control.ts';
import { createLinks, type Links } from './links.ts';
import { linksMetrics } from './metrics.ts';
import { type Resolve, systemResolve } from './resolve.ts';

const planes = createPlanes({ control: {}, data: {} });
const signal = new AbortController().signal;
const tools = { planes, resolve: systemResolve(), monotonicMs: () => performance.now(), signal };
const settings = (links: unknown): LinksSettings => linksSettings.parse(links);

interface Listening extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  readonly peers: string[];
}

async function listening(server: Server, port = 0, host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>();
  const peers: string[] = [];
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}));
    peers.push(socket.remoteAddress ?? '');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    server,
    peers,
    port: (server.address() as AddressInfo).port, // listens on TCP
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function watching(links: unknown, more: { resolve?: Resolve; dir?: string } = {}) {
  const journal = await openJournal(
    { maxOutages: 100, maxSize: 1 << 20, maxAge: 86_400_000 },
    {
      dir: more.dir ?? mkdtempSync(join(tmpdir(), 'fairlead-links-')),
      clock: systemClock,
      uptime: systemUptime(),
      log: silentLog,
      metrics: journalMetrics(new Registry()),
    },
  );
  const health = createHealthTree(systemClock);
  const watch = {
    clock: systemClock,
    uptimeMs: () => systemUptime()().ms,
    log: silentLog,
    journal,
    metrics: linksMetrics(new Registry()),
    health,
    changed: () => {},
  };
  const watched = await createLinks(settings(links), { ...watch, planes, resolve: more.resolve ?? systemResolve(), random: () => 0 });
  return {
    ...{ journal, health, watch },
    links: watched,
    async [Symbol.asyncDispose]() {
      await watched[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when the journal or health says something new and `holds`. */
function until(
  { journal, health }: { journal: Journal; health: ReturnType<typeof createHealthTree> },
  holds: () => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const offs: (() => void)[] = [];
    const look = () => {
      if (!holds()) return;
      for (const off of offs) off();
      resolve();
    };
    offs.push(journal.onChange(look), health.onChange(look));
    look();
  });
}
const stateOf = (links: Links, name: string) => links.states().find((one) => one.name === name)?.state;

test('an outage begins with the first failure and ends with the first success', { timeout: 60_000 }, async () => {
  const port = await (async () => {
    await using server = await listening(createServer());
    return server.port;
  })();
  await using it = await watching([{ name: 'svc', to: `127.0.0.1:${port}`, every: '1s', downAfter: 1, upAfter: 1 }]);
  await until(it, () => stateOf(it.links, 'svc') === 'down');
  assert.match(it.journal.outages()[0]?.lastError ?? '', /^connection refused \(ECONNREFUSED 127\.0\.0\.1:\d+\)$/);
  assert.equal(it.health.root().healthy, false);
  await using _ = await listening(createServer(), port);
  await until(it, () => stateOf(it.links, 'svc') === 'up');
  const [outage, ...more] = it.journal.outages();
  assert.deepEqual(more, []);
  assert.ok(outage?.toMs !== undefined && outage.how === 'recovered' && outage.attempts >= 1);
  assert.equal(it.health.root().healthy, true);
});

test('an outage that an agent left open ends with the first success of the next one, and goes on with a failure', {
  timeout: 60_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-links-'));
  const port = await (async () => {
    await using server = await listening(createServer());
    return server.port;
  })();
  const links = [{ name: 'svc', to: `127.0.0.1:${port}`, every: '1s', downAfter: 1 }];
  const run = async (expected: 'up' | 'down') => {
    await using it = await watching(links, { dir });
    await until(it, () => stateOf(it.links, 'svc') === expected);
    return it.journal.outages();
  };
  const [first] = await run('down');
  const [second, ...others] = await run('down');
  assert.deepEqual([second?.id, others, second?.toMs], [first?.id, [], undefined]);
  await using _ = await listening(createServer(), port);
  const [third] = await run('up');
  assert.partialDeepStrictEqual(third, { id: first?.id, how: 'agent-restarted' });
});

test('a change touches only the links that differ, and an outage of one that is taken out ends', { timeout: 60_000 }, async () => {
  await using server = await listening(createServer());
  const kept = { name: 'kept', to: `127.0.0.1:${server.port}`, every: '1h' };
  await using it = await watching([kept, { name: 'gone', to: '127.0.0.1:1', every: '1h' }]);
  await until(it, () => stateOf(it.links, 'gone') === 'down' && stateOf(it.links, 'kept') === 'up');
  await it.links.apply(settings([kept, { name: 'new', to: `127.0.0.1:${server.port}`, every: '1h' }]), {});
  assert.equal(stateOf(it.links, 'kept'), 'up');
  assert.equal(it.journal.outages()[0]?.how, 'not-watched');
  await until(it, () => stateOf(it.links, 'new') === 'up');
  assert.equal(server.peers.length, 2);
  await assert.rejects(it.links.apply(settings([{ name: 'x', to: 'a:1', caFile: '/nonexistent/ca.pem' }]), {}), { code: 'ENOENT' });
  assert.deepEqual(
    it.links.states().map(({ name }) => name),
    ['kept', 'new'],
  );
});

test('names are resolved anew for every check', { timeout: 60_000 }, async () => {
  await using server = await listening(createServer());
  const answers = [[{ address: '127.0.0.9', family: 4 }], [{ address: '127.0.0.1', family: 4 }]] as const;
  let asked = 0;
  const resolve: Resolve = async () => answers[Math.min(asked++, 1)] ?? [];
  await using it = await watching([{ name: 'svc', to: `moves.example.org:${server.port}`, every: '1s', downAfter: 1, upAfter: 1 }], {
    resolve,
  });
  await until(it, () => stateOf(it.links, 'svc') === 'down');
  await until(it, () => stateOf(it.links, 'svc') === 'up');
  assert.ok(asked >= 2);
});

test('a name that is still being asked for is not asked for again', async () => {
  let asked = 0;
  const resolve = systemResolve((() => {
    asked += 1;
    return new Promise(() => {}); // a resolver that never answers
  }) as never); // stands in for one of the overloads of dns.lookup
  const target = settings([{ name: 'x', to: 'silent.example.org:80' }])[0]?.to;
  assert.ok(target !== undefined);
  const once = () => check({ kind: 'tcp', to: target, plane: 'data', timeout: 100, ca: undefined }, { ...tools, resolve });
  const [first, second] = [await once(), await once()];
  assert.deepEqual([first.ok, second.ok, asked], [false, false, 1]);
  assert.ok(!first.ok && first.error === 'the resolver did not answer for silent.example.org within 100 ms');
});

test('a silent first address leaves time for the second', { timeout: 60_000 }, async () => {
  await using server = await listening(createServer());
  // 192.0.2.0/24 is reserved (RFC 5737): nothing answers, or there is no way there at all.
  const resolve: Resolve = async () => [
    { address: '192.0.2.77', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const target = settings([{ name: 'x', to: `two.example.org:${server.port}` }])[0]?.to;
  assert.ok(target !== undefined);
  const checked = await check({ kind: 'tcp', to: target, plane: 'data', timeout: 2_000, ca: undefined }, { ...tools, resolve });
  assert.ok(checked.ok && checked.address === '127.0.0.1', JSON.stringify(checked));
});

test('a check leaves from the address of its plane', { timeout: 60_000 }, async () => {
  await using server = await listening(createServer());
  const target = settings([{ name: 'x', to: `127.0.0.1:${server.port}` }])[0]?.to;
  assert.ok(target !== undefined);
  const bound = createPlanes({ control: {}, data: { localAddress: '127.0.0.42' } });
  const what = { kind: 'tcp', to: target, plane: 'data', timeout: 2_000, ca: undefined } as const;
  assert.equal((await check(what, { ...tools, planes: bound })).ok, true);
  assert.deepEqual(server.peers, ['127.0.0.42']);
  const six: Planes = { resolve: () => ({ ok: true, local: { kind: 'bound', what: 'planes.data.localAddress ::1', v6: '::1' } }) };
  const failed = await check(what, { ...tools, planes: six });
  assert.ok(!failed.ok && failed.error === 'planes.data.localAddress ::1 has no IPv4 address, and the destination is IPv4');
});

test('http takes any answer below 500, tls needs a handshake', { timeout: 60_000 }, async () => {
  await using server = await listening(createHttp((request, response) => response.writeHead(request.url === '/broken' ? 503 : 404).end()));
  const ask = async (to: string, kind: 'http' | 'tls') => {
    const target = settings([{ name: 'x', to, kind }])[0]?.to;
    assert.ok(target !== undefined);
    const checked = await check({ kind, to: target, plane: 'data', timeout: 5_000, ca: undefined }, tools);
    return checked.ok ? 'ok' : checked.error;
  };
  const where = `127.0.0.1:${server.port}`;
  assert.equal(await ask(`http://${where}/missing`, 'http'), 'ok');
  assert.equal(await ask(`http://${where}/broken`, 'http'), `${where} answers 503`);
  assert.match(await ask(where, 'tls'), /does not speak TLS|EPROTO/);
});

test('a lost control connection is an outage from then on; searching at the start is none', { timeout: 60_000 }, async () => {
  await using it = await watching([]);
  const connection = testConnection();
  using control = watchControl(connection, 'wss://fleet.example.org:8443/v1/opamp', it.watch);
  assert.deepEqual([control.state().state, it.journal.outages().length], ['unknown', 0]);
  connection.connect();
  connection.become({ kind: 'searching', sinceMs: Date.now(), reason: 'the server closed the connection' });
  assert.partialDeepStrictEqual(it.journal.outages()[0], {
    link: 'control',
    plane: 'control',
    lastError: 'the server closed the connection',
  });
  connection.disconnect('connection refused');
  connection.connect();
  assert.partialDeepStrictEqual(it.journal.outages(), [{ how: 'recovered', attempts: 2, lastError: 'connection refused' }]);
});
