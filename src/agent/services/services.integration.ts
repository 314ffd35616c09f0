import assert from 'node:assert/strict';
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Registry } from 'prom-client';
import { systemClock } from '../../core/clock.ts';
import { silentLog } from '../../observe/log.ts';
import { type ServicesReport, servicesReport } from '../../protocol/services.ts';
import { createHealthTree } from '../health/tree.ts';
import { servicesSettings } from '../settings/services.ts';
import { type Sent, type TestConnection, testConnection } from '../testing/connection.ts';
import { checkService } from './checks.ts';
import { servicesMetrics } from './metrics.ts';
import { createServices } from './services.ts';

const signal = new AbortController().signal;
const checkOf = (check: unknown) => {
  const [one] = servicesSettings.parse([{ name: 'x', port: 80, check }]);
  assert.ok(one !== undefined);
  return one.check;
};
const start = (services: unknown, defaultAddress: string | undefined = '192.0.2.10') =>
  createServices(servicesSettings.parse(services), {
    clock: systemClock,
    random: () => 0,
    log: silentLog,
    metrics: servicesMetrics(new Registry()),
    health: createHealthTree(systemClock),
    defaultAddress: () => defaultAddress,
  });
const reported = ({ value }: Sent): ServicesReport => servicesReport.parse(value);
const next = async (connection: TestConnection, holds: (report: ServicesReport) => boolean) =>
  reported(await connection.waitFor((message) => holds(reported(message))));

async function http(answer: () => number) {
  const server = createServer((_, response) => response.writeHead(answer()).end('says the service'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // listens on TCP
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('an http check understands the codes that Consul does', { timeout: 60_000 }, async () => {
  for (const [code, status] of [
    [200, 'passing'],
    [302, 'passing'],
    [429, 'warning'],
    [404, 'critical'],
    [503, 'critical'],
  ] as const) {
    await using server = await http(() => code);
    const seen = await checkService(checkOf({ kind: 'http', url: `http://127.0.0.1:${server.port}/` }), 80, 0, signal);
    assert.equal(seen.status, status);
    assert.match(seen.output, new RegExp(`^${code} .*says the service$`));
  }
});

test('a check of a port that nobody listens on says so', { timeout: 60_000 }, async () => {
  const { port } = await (async () => {
    await using server = await http(() => 200);
    return { port: server.port };
  })();
  assert.deepEqual(await checkService(checkOf({ kind: 'tcp' }), port, 0, signal), {
    status: 'critical',
    output: `127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
  });
});

test('a file is passing while it is fresh, unless its first line says otherwise', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fairlead-services-')), 'alive');
  const now = Date.now();
  const look = () => checkService(checkOf({ kind: 'file', path, ttl: '30s' }), 80, now, signal);
  assert.equal((await look()).status, 'critical');
  const rows: readonly (readonly [text: string, ageMs: number, status: string, output: RegExp])[] = [
    ['', 0, 'passing', /^$/],
    ['all well\n', 0, 'passing', /^all well$/],
    ['warning: queue is long\nmore', 0, 'warning', /^queue is long$/],
    ['critical', 0, 'critical', /^$/],
    ['passing', 31_000, 'critical', /was written 31 s ago, its ttl is 30 s$/],
  ];
  for (const [text, ageMs, status, output] of rows) {
    writeFileSync(path, text);
    utimesSync(path, (now - ageMs) / 1_000, (now - ageMs) / 1_000);
    const seen = await look();
    assert.equal(seen.status, status, text);
    assert.match(seen.output, output);
  }
});

test('services are reported whole at a new connection, after their first checks, and by difference afterwards', {
  timeout: 60_000,
}, async () => {
  let code = 200;
  await using server = await http(() => code);
  const check = { kind: 'http', url: `http://127.0.0.1:${server.port}/`, every: '1s', failAfter: 1 };
  const web = { name: 'web', port: server.port, tags: ['v1'], meta: { zone: 'a' }, check };
  await using services = start([
    web,
    { name: 'idle', port: 9, address: '192.0.2.99', check: { kind: 'file', path: '/nonexistent', ttl: '1m', every: '1h' } },
  ]);
  const connection = testConnection();
  services.attach(connection);
  connection.connect();
  const full = await next(connection, ({ full }) => full);
  assert.deepEqual(
    full.services.map(({ id, address, check: { status } }) => [id, address, status]),
    [
      ['web', '192.0.2.10', 'passing'],
      ['idle', '192.0.2.99', 'critical'],
    ],
  );
  code = 503;
  const worse = await next(connection, (report) => !report.full);
  assert.deepEqual(
    worse.services.map(({ id, check: { status } }) => [id, status]),
    [['web', 'critical']],
  );
  await services.apply(servicesSettings.parse([{ ...web, port: 8081 }]), {});
  const changed = await next(connection, ({ removed }) => removed.length > 0);
  assert.deepEqual([changed.removed, changed.services.map(({ port }) => port)], [['idle'], [8081]]);
  connection.disconnect('gone');
  connection.sent.length = 0;
  connection.connect();
  assert.equal((await next(connection, ({ full }) => full)).services.length, 1);
});

test('a report that the server did not take is sent whole again at the next connection', { timeout: 60_000 }, async () => {
  await using server = await http(() => 200);
  await using services = start([{ name: 'web', port: server.port, check: { kind: 'tcp', to: `127.0.0.1:${server.port}` } }]);
  const connection = testConnection();
  services.attach(connection);
  const refused = Promise.withResolvers<void>();
  connection.answer = async () => {
    refused.resolve();
    throw new Error('the connection ended before the server answered');
  };
  connection.connect();
  await refused.promise;
  connection.answer = undefined;
  connection.disconnect('gone');
  connection.connect();
  assert.equal((await next(connection, ({ full }) => full)).services[0]?.id, 'web');
});
