import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiDesk, openApiDesk } from './testing/desk.ts';

const hashOf = async (desk: ApiDesk, version: number) =>
  (await desk.configurations.get('edge', version))?.hash ?? assert.fail(`there is no version ${version}`);

/** The agent says that it runs this version, and is well. */
async function applies(desk: ApiDesk, uid: string, version: number): Promise<void> {
  const hash = await hashOf(desk, version);
  desk.fleet.report(uid, {
    config: { hash, status: 'applied', error: '' },
    health: [{ path: '', healthy: true, status: 'ok', lastError: '', sinceMs: desk.clock.now() }],
  });
  desk.fleet.heard(uid);
}

test('agents are listed in pages, by label and by state, also when an expired one has the same name', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.reader;
  for (let index = 0; index < 25; index += 1) await desk.agent(`edge-${index}`, { env: index % 2 === 0 ? 'prod' : 'test' });
  const old = await desk.agent('twin');
  desk.clock.advance(2 * 86_400_000);
  desk.clock.advance(2_000);
  assert.equal(desk.fleet.get(old)?.record.liveness.state, 'expired');
  const young = await desk.agent('twin');
  assert.notEqual(young, old);
  const names: string[] = [];
  const uids = new Set<string>();
  let next: string | undefined = '';
  for (let pages = 0; next !== undefined; pages += 1) {
    assert.ok(pages < 30);
    const { json } = await desk.ask('GET', `/v1/agents?limit=1${next === '' ? '' : `&after=${encodeURIComponent(next)}`}`, { token });
    assert.equal(json.total, 27);
    names.push(json.agents[0].name);
    uids.add(json.agents[0].uid);
    next = json.next;
  }
  assert.equal(uids.size, 27);
  assert.deepEqual(names.filter((name) => name === 'twin').length, 2);
  const prod = await desk.ask('GET', '/v1/agents?selector=env%3Dprod&limit=1000', { token });
  assert.equal(prod.json.agents.length, 13);
  const online = await desk.ask('GET', '/v1/agents?state=online', { token });
  assert.deepEqual(
    online.json.agents.map(({ uid }: { uid: string }) => uid),
    [young],
  );
  assert.equal((await desk.ask('GET', '/v1/agents?selector=a%3Db%3Dc', { token })).status, 400);
  assert.equal((await desk.ask('GET', '/v1/agents?limit=0', { token })).status, 400);
});

test('labels are set beside those that are there, null takes one away, PUT replaces, and bad ones are refused', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.operator;
  await desk.agent('edge-1', { site: 'a' });
  const patch = (body: unknown) => desk.ask('PATCH', '/v1/agents/edge-1/labels', { token, body });
  assert.deepEqual((await patch({ env: 'prod', tier: '1' })).json.labels, { site: 'a', env: 'prod', tier: '1' });
  assert.deepEqual((await patch({ tier: null, env: 'test', site: 'mine' })).json.labels, { site: 'a', env: 'test' });
  const put = await desk.ask('PUT', '/v1/agents/edge-1/labels', { token, body: { only: 'this' } });
  assert.deepEqual(put.json.labels, { site: 'a', only: 'this' });
  assert.equal((await patch({ 'no key': 'x' })).status, 400);
  assert.equal((await patch({ env: 'a,b' })).status, 400);
  assert.equal((await patch(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'x'])))).status, 422);
});

test('how silence is judged can be said in both spellings, must make sense, and can be taken back', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.operator;
  await desk.agent('edge-1');
  const set = async (body: unknown) => {
    const { status, json } = await desk.ask('PUT', '/v1/agents/edge-1/liveness', { token, body });
    return status === 200 ? json.judged : `${status} ${json.title}`;
  };
  assert.deepEqual(await set({ heartbeatInterval: '10s', failThreshold: 5 }), {
    ...{ heartbeatInterval: '10s', ttl: '55s', expireAfter: '1d', own: true },
  });
  assert.deepEqual(await set({ ttl: '5m' }), { heartbeatInterval: '30s', ttl: '5m', expireAfter: '1d', own: true });
  assert.match(String(await set({ ttl: '31s' })), /^422 ttl 31s leaves no room for one late heartbeat/);
  assert.match(String(await set({ ttl: '5m', failThreshold: 3 })), /^422 .*two spellings/);
  assert.match(String(await set({ ttl: '5 minutes' })), /^400 /);
  assert.deepEqual(await set({}), { heartbeatInterval: '30s', ttl: '1m30s', expireAfter: '1d', own: false });
});

test('revoking and removing an agent are two things', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.operator;
  await desk.agent('edge-1');
  assert.equal((await desk.ask('POST', '/v1/agents/edge-1/revoke', { token, body: { reason: 'lost' } })).status, 204);
  assert.equal((await desk.ask('GET', '/v1/agents/edge-1', { token })).status, 200);
  assert.equal((await desk.ask('DELETE', '/v1/agents/edge-1', { token })).status, 204);
  assert.equal((await desk.ask('GET', '/v1/agents/edge-1', { token })).status, 404);
});

test('a configuration goes its way: put, refused with places, diff, release, assign, explain, delete', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.operator;
  await desk.agent('edge-1', { env: 'prod' });
  const put = (body: string, more = {}) =>
    desk.ask('PUT', '/v1/configurations/edge', { token, body: { files: [{ name: 'agent.yaml', body }], ...more } });
  assert.deepEqual((({ created, version }) => [created, version.version, version.released])((await put('a: 1\n')).json), [true, 1, true]);
  assert.equal((await put('a: 1\n')).json.created, false);
  const bad = await put('a: 1\nb: [1\n');
  assert.equal(bad.status, 422);
  assert.match(bad.json.problems[0].at, /^agent\.yaml:3:1$/);
  assert.equal((await put('a: 2\n', { expected: 7 })).json.code, 'conflict');
  const held = await put('a: 2\n', { release: false, note: 'later', expected: 1 });
  assert.deepEqual([held.json.version.version, held.json.version.released], [2, false]);

  const assigned = await desk.ask('PUT', '/v1/assignments/all-edge', { token, body: { selector: 'env = prod', configuration: 'edge' } });
  assert.deepEqual([assigned.json.selector, assigned.json.version, assigned.json.priority], ['env=prod', 'latest', 0]);
  const explained = await desk.ask('GET', '/v1/agents/edge-1/explanation', { token: desk.tokens.reader });
  assert.deepEqual([explained.json.desired.version, explained.json.matches[0].wins], [1, true]);

  const diff = await desk.ask('GET', '/v1/configurations/edge/diff', { token });
  assert.deepEqual([diff.json.from, diff.json.to], [1, 2]);
  assert.match(diff.json.diff, /^-a: 1\n\+a: 2$/m);
  const thought = await desk.ask('POST', '/v1/dry-run', { token, body: { change: 'release', name: 'edge', version: 2 } });
  assert.deepEqual(
    thought.json.agents.map(({ name, from, to }: { name: string; from: object; to: object }) =>
      [name, from, to].map((one) => Reflect.get(Object(one), 'version') ?? one),
    ),
    [['edge-1', 1, 2]],
  );
  assert.equal((await desk.ask('GET', '/v1/configurations', { token })).json.configurations[0].released, 1);
  assert.equal((await desk.ask('POST', '/v1/configurations/edge/release', { token, body: { version: 2 } })).json.released, 2);
  assert.equal((await desk.ask('GET', '/v1/configurations/edge/versions/released', { token })).json.files[0].body, 'a: 2\n');
  assert.equal((await desk.ask('GET', '/v1/configurations/edge/versions/3', { token })).json.title, 'there is no version 3 of edge');

  assert.equal((await desk.ask('DELETE', '/v1/configurations/edge', { token })).json.code, 'in-use');
  assert.equal((await desk.ask('DELETE', '/v1/assignments/all-edge', { token })).status, 204);
  assert.equal((await desk.ask('DELETE', '/v1/configurations/edge', { token })).status, 204);
});

test('every change that can be thought through is, and stores nothing', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.operator;
  await desk.agent('edge-1', { env: 'prod' });
  await desk.ask('PUT', '/v1/configurations/edge', { token, body: { files: [{ body: 'a: 1\n' }] } });
  await desk.ask('PUT', '/v1/configurations/edge', { token, body: { files: [{ body: 'a: 2\n' }], release: false } });
  await desk.ask('PUT', '/v1/assignments/edge', { token, body: { selector: 'env=prod', configuration: 'edge' } });
  const before = await desk.store.list('configurations/');
  const think = async (body: unknown) => {
    const { status, json } = await desk.ask('POST', '/v1/dry-run', { token, body });
    return status === 200 ? json.agents.length : `${status} ${json.code}`;
  };
  assert.equal(await think({ change: 'put', name: 'edge', files: [{ body: 'a: 3\n' }] }), 1);
  assert.equal(await think({ change: 'put', name: 'edge', files: [{ contentType: 'application/json', body: '{' }] }), '422 invalid');
  assert.equal(await think({ change: 'release', name: 'edge', version: 2 }), 1);
  assert.equal(await think({ change: 'assign', name: 'new', selector: 'env=test', configuration: 'edge' }), 0);
  assert.equal(await think({ change: 'unassign', name: 'edge' }), 1);
  assert.equal(await think({ change: 'rollout', configuration: 'edge', to: 2, stages: [{ kind: 'all' }] }), 1);
  assert.equal(await think({ change: 'rollout', configuration: 'edge', to: 9, stages: [{ kind: 'all' }] }), '404 not-found');
  assert.equal(await think({ change: 'burn', name: 'edge' }), '400 invalid');
  assert.deepEqual((await desk.store.list('configurations/')).entries, before.entries);
});

test('a rollout is started, steered and ends; what fails rolls back and is quarantined until somebody clears it', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.operator;
  const uids = await Promise.all(['a', 'b'].map((name) => desk.agent(name, { env: name === 'a' ? 'canary' : 'prod' })));
  const put = (version: number, release: boolean) =>
    desk.ask('PUT', '/v1/configurations/edge', { token, body: { files: [{ body: `a: ${version}\n` }], release } });
  await put(1, true);
  await desk.ask('PUT', '/v1/assignments/edge', { token, body: { selector: '', configuration: 'edge' } });
  for (const uid of uids) await applies(desk, uid, 1);
  await put(2, false);
  const stages = [{ kind: 'canary', selector: 'env=canary' }, { kind: 'all' }];
  const start = (to: number) =>
    desk.ask('POST', '/v1/rollouts', { token, body: { configuration: 'edge', to, stages, gate: { minHealthy: '1m' } } });
  const started = await start(2);
  assert.deepEqual([started.status, started.json.state, started.json.from, started.json.stage], [201, 'running', 1, 0]);
  assert.equal((await start(2)).json.code, 'rollout-active');
  const { id } = started.json;
  const steer = async (what: string, body = {}) => (await desk.ask('POST', `/v1/rollouts/${id}/${what}`, { token, body })).json;
  assert.equal((await steer('pause')).state, 'paused');
  assert.equal((await steer('pause')).code, 'nothing-to-do');
  assert.equal((await steer('resume')).state, 'running');
  assert.equal((await steer('promote')).stage, 1);
  const failing = uids[1] ?? '';
  desk.fleet.report(failing, { config: { hash: await hashOf(desk, 2), status: 'failed', error: 'no such topic' } });
  let view = await desk.ask('GET', `/v1/rollouts/${id}`, { token: desk.tokens.reader });
  for (let tries = 0; view.json.state !== 'rolled-back'; tries += 1) {
    assert.ok(tries < 1_000, view.text);
    await new Promise((resolve) => setImmediate(resolve));
    view = await desk.ask('GET', `/v1/rollouts/${id}`, { token: desk.tokens.admin });
    desk.clock.advance(100);
  }
  const { json } = await desk.ask('GET', '/v1/quarantine', { token });
  assert.ok(json.quarantine.some(({ version, agent }: { version: number; agent?: string }) => version === 2 && agent === undefined));
  assert.equal((await start(2)).json.code, 'quarantined');
  const hash = await hashOf(desk, 2);
  assert.equal((await desk.ask('DELETE', `/v1/quarantine/${hash}?agent=nobody`, { token })).status, 404);
  assert.equal((await desk.ask('DELETE', `/v1/quarantine/${hash}`, { token })).status, 204);
  assert.equal((await desk.ask('DELETE', `/v1/quarantine/${hash}`, { token })).json.code, 'not-found');
  const again = await start(2);
  assert.equal(
    (await desk.ask('POST', `/v1/rollouts/${again.json.id}/abort`, { token, body: { reason: 'enough' } })).json.reason,
    'enough',
  );
  const newest = await desk.ask('GET', '/v1/rollouts?limit=1', { token });
  assert.deepEqual([newest.json.rollouts[0].id, newest.json.next], [again.json.id, again.json.id]);
  const older = await desk.ask('GET', `/v1/rollouts?limit=1&after=${newest.json.next}`, { token });
  assert.deepEqual([older.json.rollouts[0].id, older.json.next], [id, undefined]);
});

test('services are registered, judged, taken out for a while and deregistered; those of agents are not touched', async () => {
  await using desk = await openApiDesk();
  const { agent, operator, reader } = desk.tokens;
  const register = (body: unknown) => desk.ask('POST', '/v1/services', { token: agent, body });
  const kafka = await register({ name: 'kafka', id: 'k1', address: '192.0.2.7', port: 9_092, tags: ['eu'], meta: { rack: '1' } });
  assert.deepEqual([kafka.status, kafka.json.health, kafka.json.checks], [201, 'passing', []]);
  assert.equal((await register({ name: 'kafka', id: 'k2', port: 9_093, ttl: '10s' })).json.health, 'critical');
  await desk.services.report('service:k2', 'passing', 'fine');
  const uid = await desk.agent('edge-1');
  const own = {
    id: 'node',
    name: 'exporter',
    address: '',
    port: 9_100,
    tags: [],
    meta: {},
    check: { status: 'passing' as const, output: '', sinceMs: 0 },
  };
  await desk.services.setAgentServices(uid, { name: 'edge-1', address: '192.0.2.9' }, [own]);

  const listed = await desk.ask('GET', '/v1/services', { token: reader });
  assert.deepEqual(
    listed.json.services.map(({ name, instances }: { name: string; instances: { passing: number } }) => [name, instances.passing]),
    [
      ['exporter', 1],
      ['kafka', 2],
    ],
  );
  assert.equal((await desk.ask('GET', '/v1/services?tag=eu', { token: reader })).json.services[0].instances.passing, 1);
  const maintained = await desk.ask('PUT', '/v1/services/instances/k1/maintenance', {
    token: operator,
    body: { on: true, reason: 'new disk' },
  });
  assert.deepEqual([maintained.json.health, maintained.json.checks[0].output], ['maintenance', 'new disk']);
  await desk.ask('PUT', '/v1/services/instances/k1/maintenance', { token: operator, body: { on: false } });
  const code = async (method: string, path: string, body?: unknown) => {
    const { status, json } = await desk.ask(method, path, { token: operator, ...(body === undefined ? {} : { body }) });
    return status < 300 ? status : `${status} ${json.code}`;
  };
  assert.equal(await code('PUT', '/v1/services/instances/node/maintenance', { on: true }), '409 not-local');
  assert.equal(await code('DELETE', '/v1/services/instances/node'), '403 service');
  assert.equal(await code('DELETE', '/v1/services/instances/k1'), 204);
  assert.equal(await code('DELETE', '/v1/services/instances/k1'), '404 no-such-service');
  await desk.services.registerInCatalog({
    ...{ node: 'other', id: '', address: '192.0.2.8', meta: {}, taggedAddresses: {}, skipNodeUpdate: false, datacenter: '', checks: [] },
    service: {
      id: 'k2',
      name: 'kafka',
      address: '',
      port: 1,
      tags: [],
      meta: {},
      taggedAddresses: {},
      weights: { passing: 1, warning: 1 },
      enableTagOverride: false,
      checks: [],
    },
  });
  assert.equal(await code('DELETE', '/v1/services/instances/k2'), '409 ambiguous');
  assert.equal(await code('DELETE', '/v1/services/instances/k2?node=other'), 204);
  assert.equal((await register({ name: 'x', port: 70_000 })).status, 400);
});

test('the network of agents that report nothing is empty, and outages come the newest first', async () => {
  await using desk = await openApiDesk();
  const token = desk.tokens.reader;
  const uid = await desk.agent('edge-1');
  assert.equal((await desk.ask('GET', '/v1/network', { token })).json.model.workloads.length, 0);
  assert.deepEqual((await desk.ask('GET', '/v1/agents/edge-1/outages', { token })).json, { outages: [] });
  assert.equal((await desk.ask('GET', `/v1/agents/${uid.toUpperCase()}`, { token })).json.name, 'edge-1');
});
