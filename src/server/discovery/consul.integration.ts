/** Consul's API over HTTP: with the npm client `consul`, and with requests as Prometheus and others write them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import Consul from 'consul';
import { silentLog } from '../../observe/log.ts';
import type { Role } from './access.ts';
import { createConsulHandler } from './consul.ts';
import { memoryStore, serve, type TestRegistry, type TestServer, testRegistry } from './testing.ts';

const roles: Readonly<Record<string, Role>> = { 'reader-token': 'reader', 'agent-token': 'agent', 'operator-token': 'operator' };

interface Running extends AsyncDisposable {
  readonly registry: TestRegistry['registry'];
  readonly server: TestServer;
  readonly client: Consul;
}

async function start(options: { readonly anonymous?: Role; readonly maxPerClient?: number } = {}): Promise<Running> {
  const t = await testRegistry();
  const handler = createConsulHandler({
    registry: t.registry,
    authorise: (token) => (token === undefined ? ('anonymous' in options ? options.anonymous : 'operator') : roles[token]),
    log: silentLog,
    ...(options.maxPerClient === undefined ? {} : { maxPerClient: options.maxPerClient }),
  });
  const server = await serve(handler);
  const client = new Consul({ host: '127.0.0.1', port: server.port });
  return {
    registry: t.registry,
    server,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server[Symbol.asyncDispose]();
      await t[Symbol.asyncDispose]();
    },
  };
}

/** The client's types promise less than what it answers. */
interface HealthEntry {
  readonly Service: { readonly ID: string; readonly Port: number };
  readonly Checks: readonly { readonly CheckID: string; readonly Status: string; readonly Output: string }[];
}
// What the client hands over is the JSON of our own answer.
const entries = (value: unknown): readonly HealthEntry[] => value as readonly HealthEntry[];
const statusesOf = (value: unknown) => entries(value).flatMap(({ Checks }) => Checks.map(({ Status }) => Status));

const web = {
  id: 'w1',
  name: 'web',
  address: '192.0.2.1',
  port: 80,
  tags: ['blue'],
  check: { name: 'alive', ttl: '60s', timeout: '5s', deregistercriticalserviceafter: '10m' },
};

test('the npm client registers, passes, warns, fails, looks up and deregisters', async () => {
  await using running = await start();
  const { client } = running;
  await client.agent.service.register(web);
  const passing = () => client.health.service({ service: 'web', passing: true });
  assert.deepEqual(entries(await passing()), []);
  await client.agent.check.pass({ id: 'service:w1', note: 'fine' });
  assert.deepEqual(statusesOf(await passing()), ['passing']);
  assert.equal(entries(await passing())[0]?.Checks[0]?.Output, 'fine');
  await client.agent.check.warn('service:w1');
  assert.deepEqual(statusesOf(await client.health.service('web')), ['warning']);
  await client.agent.check.fail('service:w1');
  assert.deepEqual(statusesOf(await client.health.service('web')), ['critical']);
  assert.deepEqual(await client.catalog.service.list(), { web: ['blue'] });
  assert.deepEqual(Object.keys(Object(await client.agent.service.list())), ['w1']);
  assert.deepEqual(Object.keys(Object(await client.agent.check.list())), ['service:w1']);
  await client.agent.service.deregister('w1');
  assert.deepEqual(await client.catalog.service.list(), {});
});

test('the npm client sees errors as Consul says them', async () => {
  await using running = await start();
  const { agent } = running.client;
  const active = { name: 'active', http: 'http://192.0.2.1/', interval: '1s', timeout: '1s' };
  // Long texts are not in the client's message, but in the response that it hands over.
  const withBody = (sentence: RegExp) => (error: unknown) => sentence.test(JSON.stringify(Object(error).response?.body));
  await assert.rejects(agent.check.pass('service:none'), withBody(/Unknown check ID .*service:none/));
  await assert.rejects(agent.service.deregister('none'), withBody(/Unknown service ID .*none/));
  await assert.rejects(agent.service.register({ name: 'w', check: active }), withBody(/http checks are not run/));
});

test("the npm client's watch hears of each change of its service, and of nothing else", async () => {
  await using running = await start();
  const { client } = running;
  await client.agent.service.register(web);
  const watch = client.watch({ method: client.health.service, options: { service: 'web', wait: '60s' } as never });
  const next = async () => statusesOf((await once(watch, 'change'))[0]);
  assert.deepEqual(await next(), ['critical']);
  await client.agent.service.register({ name: 'other', port: 1 });
  const changed = next();
  await client.agent.check.pass('service:w1');
  assert.deepEqual(await changed, ['passing']);
  watch.end();
});

test('maintenance takes a service out of what passes', async () => {
  await using running = await start();
  const { client } = running;
  await client.agent.service.register({ name: 'web', port: 80 });
  await client.agent.service.maintenance({ id: 'web', enable: true, reason: 'new disk' });
  assert.deepEqual(entries(await client.health.service({ service: 'web', passing: true })), []);
  await client.agent.service.maintenance({ id: 'web', enable: false });
  assert.equal(entries(await client.health.service({ service: 'web', passing: true })).length, 1);
});

test('nodes outside are registered in the catalog with their services and checks, and leave it', async () => {
  await using running = await start();
  const put = async (path: string, body: unknown) => {
    const response = await fetch(`${running.server.url}/v1/${path}`, { method: 'PUT', body: JSON.stringify(body) });
    return `${response.status} ${await response.text()}`;
  };
  const registration = {
    Node: 'db-host',
    Address: '192.0.2.50',
    NodeMeta: { rack: 'r1' },
    Service: { Service: 'db', Port: 5432 },
    Check: { CheckID: 'ping', Name: 'ping', Status: 'passing', ServiceID: 'db' },
  };
  assert.equal(await put('catalog/register', registration), '200 true');
  assert.equal(
    await put('catalog/register', { Node: 'db-host' }),
    '400 Request decode failed: Must provide address if SkipNodeUpdate is not set',
  );
  assert.equal(await put('catalog/register', { ...registration, Datacenter: 'dc2' }), '500 No path to datacenter');
  const list = async (path: string): Promise<unknown> => (await fetch(`${running.server.url}/v1/${path}`)).json();
  assert.partialDeepStrictEqual(await list('catalog/service/db?node-meta=rack:r1'), [
    { Node: 'db-host', ServicePort: 5432, ServiceID: 'db' },
  ]);
  assert.deepEqual(await list('catalog/service/db?node-meta=rack:r2'), []);
  assert.partialDeepStrictEqual(await list('health/node/db-host'), [{ CheckID: 'ping', Status: 'passing', ServiceName: 'db' }]);
  assert.partialDeepStrictEqual(await list('health/state/passing'), [{ Node: 'db-host', CheckID: 'ping' }]);
  assert.deepEqual(await list('catalog/datacenters'), ['dc1']);
  assert.equal(await put('catalog/deregister', { Node: 'db-host' }), '200 true');
  assert.deepEqual(await list('catalog/service/db'), []);
  assert.equal(await list('catalog/node/db-host'), null);
});

const refusals: readonly (readonly [string, string, RequestInit, number, RegExp])[] = [
  ['an unknown path', '/v1/kv/x', {}, 404, /not a recognized/],
  ['a wrong method', '/v1/catalog/services', { method: 'DELETE' }, 405, /method DELETE not allowed/],
  ['a check that is renewed by GET', '/v1/agent/check/pass/x', {}, 405, /method GET not allowed/],
  ['a body that is no JSON', '/v1/agent/service/register', { method: 'PUT', body: '{' }, 400, /Request decode failed/],
  ['no body', '/v1/agent/service/register', { method: 'PUT' }, 400, /expected object/],
  ['a body that is too large', '/v1/agent/service/register', { method: 'PUT', body: `"${'x'.repeat(600_000)}"` }, 413, /larger than/],
  ['an index that is none', '/v1/catalog/services?index=x', {}, 400, /Invalid index/],
  ['a filter that is none', '/v1/catalog/nodes?filter=x', {}, 400, /Failed to create boolean expression evaluator/],
  ['another datacenter', '/v1/catalog/nodes?dc=dc2', {}, 500, /No path to datacenter/],
  ['a broken escape', '/v1/health/service/%', {}, 400, /Invalid URL path/],
  ['a state that is none', '/v1/health/state/good', {}, 400, /Unknown check state/],
  ['a name of the prototype', '/v1/constructor', {}, 404, /not a recognized/],
];
test('what is wrong is answered with a sentence in plain text', async (context) => {
  await using running = await start();
  for (const [name, path, init, status, sentence] of refusals)
    await context.test(name, async () => {
      const response = await fetch(running.server.url + path, init);
      assert.equal(response.status, status);
      assert.match(await response.text(), sentence);
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
    });
});

test('tokens are taken in each of the ways that clients send them, and a reader changes nothing', async () => {
  await using running = await start({ anonymous: undefined as never });
  const url = `${running.server.url}/v1/catalog/services`;
  const status = async (address: string, headers: Record<string, string> = {}, method = 'GET', body?: string) =>
    (await fetch(address, { headers, method, ...(body === undefined ? {} : { body }) })).status;
  assert.equal(await status(url), 403);
  assert.equal(await status(url, { 'x-consul-token': 'wrong' }), 403);
  assert.equal(await status(url, { 'x-consul-token': 'reader-token' }), 200);
  assert.equal(await status(url, { authorization: 'Bearer reader-token' }), 200);
  assert.equal(await status(url, { authorization: 'reader-token' }), 200);
  assert.equal(await status(url, { authorization: `Basic ${Buffer.from('x:reader-token').toString('base64')}` }), 200);
  assert.equal(await status(`${url}?token=reader-token`), 200);
  const register = `${running.server.url}/v1/agent/service/register`;
  assert.equal(await status(register, { authorization: 'Bearer reader-token' }, 'PUT', '{"Name":"web"}'), 403);
  assert.equal(await status(register, { authorization: 'Bearer agent-token' }, 'PUT', '{"Name":"web"}'), 200);
});

test('a blocked query costs a watcher, ends when its client goes, and too many are refused', async () => {
  await using running = await start({ maxPerClient: 3 });
  const path = '/v1/catalog/services';
  const index = (await fetch(running.server.url + path)).headers.get('x-consul-index');
  const blocked = Array.from({ length: 3 }, () =>
    request(`${running.server.url}${path}?index=${index}&wait=60s`).on('error', () => undefined),
  );
  for (const one of blocked) one.end();
  await until(() => running.registry.watchers === 3);
  const refused = await fetch(running.server.url + path);
  assert.equal(refused.status, 429);
  assert.match(await refused.text(), /too many concurrent connections/);
  for (const one of blocked) one.destroy();
  await until(() => running.registry.watchers === 0);
  assert.equal((await fetch(running.server.url + path)).status, 200);
});

test('an index from the future, and one of before, are answered at once', async () => {
  await using running = await start();
  const url = `${running.server.url}/v1/catalog/services`;
  const index = Number((await fetch(url)).headers.get('x-consul-index'));
  assert.ok(index > 0);
  for (const asked of [index + 1_000, index - 1, 0]) assert.equal((await fetch(`${url}?index=${asked}&wait=300s`)).status, 200);
});

test('a thousand watchers of one service are all answered by one change', async () => {
  await using running = await start({ maxPerClient: 2_000 });
  await running.client.agent.service.register(web);
  const url = `${running.server.url}/v1/health/service/web`;
  const index = (await fetch(url)).headers.get('x-consul-index');
  const answers = Array.from({ length: 1_000 }, async () => statusesOf(await (await fetch(`${url}?index=${index}&wait=300s`)).json()));
  await until(() => running.registry.watchers === 1_000);
  await running.client.agent.check.pass('service:w1');
  for (const statuses of await Promise.all(answers)) assert.deepEqual(statuses, ['passing']);
});

test('a watcher that waits over a restart of the registry gets a higher index from the next one, and nothing is lost', async () => {
  await using store = await memoryStore();
  const handlerOf = ({ registry }: TestRegistry) => createConsulHandler({ registry, authorise: () => 'operator', log: silentLog });
  const first = await testRegistry({ store });
  const server = await serve(handlerOf(first));
  const client = new Consul({ host: '127.0.0.1', port: server.port });
  await client.agent.service.register(web);
  await client.agent.check.pass('service:w1');
  const path = '/v1/health/service/web';
  const before = Number((await fetch(server.url + path)).headers.get('x-consul-index'));
  await server[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await using second = await testRegistry({ store });
  await using again = await serve(handlerOf(second), server.port);
  const response = await fetch(`${again.url}${path}?passing&index=${before}&wait=60s`);
  assert.ok(Number(response.headers.get('x-consul-index')) > before);
  assert.deepEqual(statusesOf(await response.json()), ['passing']);
  client.destroy();
});

/** Waits for something that has no event of its own, by looking again after each turn of the loop. */
async function until(holds: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const deadline = performance.now() + 30_000;
  const look = () => {
    if (holds()) resolve();
    else if (performance.now() > deadline) reject(new Error('it did not come to be within 30 s'));
    else setTimeout(look, 5);
  };
  look();
  await promise;
}
