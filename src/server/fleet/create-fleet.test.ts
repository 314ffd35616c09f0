import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { ManualClock } from '../../core/manual-clock.ts';
import { manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import { createDetector } from '../liveness/detector.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Commit, Store } from '../store/store.ts';
import type { LivenessPolicy } from './agent.ts';
import { createFleet } from './create-fleet.ts';
import { agentFacts } from './facts.ts';
import type { Enrolment, FleetChange } from './fleet.ts';

const policy: LivenessPolicy = { heartbeatIntervalMs: 10_000, ttlMs: 35_000, expireAfterMs: 600_000 };

const uidOf = (number: number) => `01890000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
const enrolment = (number: number, more: Partial<Enrolment> = {}): Enrolment => ({
  uid: uidOf(number),
  suggestedName: `agent-${number}`,
  tokenId: 't1',
  tokenLabels: {},
  ephemeral: false,
  ...more,
});

function open(store: Store, clock: ManualClock) {
  return createFleet({ store, clock, log: silentLog, registry: new Registry(), detector: createDetector(), defaults: policy });
}

async function setup() {
  const clock = manualClock();
  const store = await openSqliteStore({ path: ':memory:', clock });
  return { clock, store, fleet: await open(store, clock) };
}

/** In steps of a second, as the fleet looks; each gives what is stored the time to be stored. */
async function pass(clock: ManualClock, seconds: number, each: () => void = () => {}): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    each();
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('an enrolled agent is known by its name, and still after a restart', async () => {
  const { clock, store, fleet } = await setup();
  await fleet.enrol(enrolment(1, { suggestedName: 'web-1', tokenLabels: { env: 'prod' } }));
  await fleet[Symbol.asyncDispose]();
  await using again = await open(store, clock);
  assert.equal(again.size, 1);
  assert.equal(again.named('web-1')?.record.uid, uidOf(1));
  assert.deepEqual(again.get(uidOf(1))?.record.labels, { env: 'prod' });
});

test('the second agent of a name gets a number, and none that is taken', async () => {
  const { fleet } = await setup();
  const names = await Promise.all([1, 2, 3].map(async (number) => (await fleet.enrol(enrolment(number, { suggestedName: 'web' }))).name));
  assert.deepEqual(names, ['web', 'web-2', 'web-3']);
  await fleet[Symbol.asyncDispose]();
});

test('a name that nobody could type is tidied', async () => {
  const { fleet } = await setup();
  assert.equal((await fleet.enrol(enrolment(1, { suggestedName: ' büro/pc ' }))).name, 'b-ro-pc');
  assert.equal((await fleet.enrol(enrolment(2, { suggestedName: '///' }))).name, 'agent');
  await fleet[Symbol.asyncDispose]();
});

test("the token's labels win over the operator's, and those over what the agent says", async () => {
  const { fleet } = await setup();
  await fleet.enrol(enrolment(1, { tokenLabels: { env: 'prod' }, selfLabels: { env: 'mine', rack: 'r1', zone: 'a' } }));
  await fleet.setLabels(uidOf(1), { env: 'test', rack: 'r2' });
  fleet.report(uidOf(1), { description: { identifying: { 'service.name': 'x' }, attributes: { zone: 'b', 'os.type': 'linux' } } });
  assert.deepEqual(fleet.get(uidOf(1))?.record.labels, { env: 'prod', rack: 'r2', zone: 'a', 'os.type': 'linux', 'service.name': 'x' });
  await fleet[Symbol.asyncDispose]();
});

test('a token use and its agent are stored together or not at all', async () => {
  const { store, fleet } = await setup();
  await store.commit({ changes: [{ kind: 'put', key: 'tokens/t1', value: '1' }] });
  const along: Commit = { conditions: [{ key: 'tokens/t1', modRevision: 999 }], changes: [{ kind: 'put', key: 'tokens/t1', value: '0' }] };
  const refused = await fleet.enrolWith(enrolment(1), along);
  assert.deepEqual(refused, { ok: false, conflicts: ['tokens/t1'] });
  assert.equal(fleet.size, 0);
  assert.equal((await store.get('tokens/t1'))?.value, '1');
  const modRevision = (await store.get('tokens/t1'))?.modRevision ?? 0;
  const taken = await fleet.enrolWith(enrolment(1), { ...along, conditions: [{ key: 'tokens/t1', modRevision }] });
  assert.equal(taken.ok && taken.record.name, 'agent-1');
  assert.equal((await store.get('tokens/t1'))?.value, '0');
  await fleet[Symbol.asyncDispose]();
});

test('an identity that is taken over keeps its name and what an operator said of it', async () => {
  const { fleet } = await setup();
  await fleet.enrol(enrolment(1, { suggestedName: 'db' }));
  await fleet.setLabels(uidOf(1), { owner: 'ann' });
  const record = await fleet.enrol(enrolment(1, { suggestedName: 'other', tokenId: 't2', replaceProof: 'p' }));
  assert.equal(record.name, 'db');
  assert.equal(record.tokenId, 't2');
  assert.equal(record.replaceProof, 'p');
  assert.deepEqual(record.operatorLabels, { owner: 'ann' });
  assert.equal(fleet.size, 1);
  await fleet[Symbol.asyncDispose]();
});

test('silence makes an agent suspect, then offline, and a heartbeat brings it back', async () => {
  const { clock, fleet } = await setup();
  const said: string[] = [];
  fleet.onChange((change: FleetChange) => change.kind === 'liveness' && said.push(change.to));
  await fleet.enrol(enrolment(1));
  await pass(clock, 60, () => fleet.heard(uidOf(1)));
  await pass(clock, 60);
  assert.deepEqual(said, ['online', 'suspect', 'offline']);
  fleet.heard(uidOf(1));
  clock.advance(0);
  assert.equal(fleet.get(uidOf(1))?.record.liveness.state, 'online');
  await fleet[Symbol.asyncDispose]();
});

test('goodbye is not silence', async () => {
  const { clock, fleet } = await setup();
  await fleet.enrol(enrolment(1));
  fleet.heard(uidOf(1));
  clock.advance(0);
  fleet.stopped(uidOf(1));
  clock.advance(0);
  assert.equal(fleet.get(uidOf(1))?.record.liveness.state, 'stopped');
  await fleet[Symbol.asyncDispose]();
});

test('an ephemeral agent that expired is forgotten, another one is kept and gives its name away', async () => {
  const { clock, store, fleet } = await setup();
  await fleet.enrol(enrolment(1, { suggestedName: 'job', ephemeral: true }));
  await fleet.enrol(enrolment(2, { suggestedName: 'host' }));
  for (const number of [1, 2]) fleet.heard(uidOf(number));
  await pass(clock, 700);
  assert.equal(fleet.get(uidOf(1)), undefined);
  assert.equal(await store.get(`agents/${uidOf(1)}`), undefined);
  assert.equal(fleet.named('host')?.record.liveness.state, 'expired');
  assert.equal((await fleet.enrol(enrolment(3, { suggestedName: 'host' }))).name, 'host');
  assert.equal(fleet.named('host')?.record.uid, uidOf(3));
  fleet.heard(uidOf(2));
  await pass(clock, 2);
  assert.equal(fleet.get(uidOf(2))?.record.name, 'host-2');
  await fleet[Symbol.asyncDispose]();
});

test('an agent that was online before a restart is not offline after it', async () => {
  const { clock, store, fleet } = await setup();
  await fleet.enrol(enrolment(1));
  fleet.heard(uidOf(1));
  await pass(clock, 2);
  await fleet[Symbol.asyncDispose]();
  clock.advance(300_000);
  const again = await open(store, clock);
  assert.equal(again.get(uidOf(1))?.record.liveness.state, 'online');
  await pass(clock, 30);
  assert.equal(again.get(uidOf(1))?.record.liveness.state === 'offline', false);
  await pass(clock, 30);
  assert.equal(again.get(uidOf(1))?.record.liveness.state, 'offline');
  await again[Symbol.asyncDispose]();
});

test('what a thousand agents say in one moment is a few commits, and heartbeats are none', async () => {
  const { clock, store, fleet } = await setup();
  await Promise.all(Array.from({ length: 1_000 }, (_, number) => fleet.enrol(enrolment(number))));
  let commits = 0;
  const commit = store.commit.bind(store);
  store.commit = (one) => {
    commits += 1;
    return commit(one);
  };
  const everybody = (say: (uid: string) => void) => {
    for (let number = 0; number < 1_000; number++) say(uidOf(number));
  };
  everybody((uid) => fleet.heard(uid));
  everybody((uid) => fleet.report(uid, { capabilities: 7, description: { identifying: {}, attributes: { 'os.type': 'linux' } } }));
  await pass(clock, 3);
  assert.ok(commits >= 1 && commits <= 4, String(commits));
  commits = 0;
  everybody((uid) => fleet.heard(uid));
  await pass(clock, 3);
  assert.equal(commits, 0);
  await fleet[Symbol.asyncDispose]();
});

test('what the store refuses is kept and stored when it takes it again', async () => {
  const { clock, store, fleet } = await setup();
  await fleet.enrol(enrolment(1));
  const commit = store.commit.bind(store);
  store.commit = () => Promise.reject(new Error('disk full'));
  fleet.report(uidOf(1), { capabilities: 5 });
  await pass(clock, 1);
  await assert.rejects(fleet.setLabels(uidOf(1), { a: 'b' }), /disk full/);
  assert.deepEqual(fleet.get(uidOf(1))?.record.operatorLabels, {});
  store.commit = commit;
  await pass(clock, 5);
  assert.match((await store.get(`agents/${uidOf(1)}`))?.value ?? '', /"capabilities":5/);
  await fleet[Symbol.asyncDispose]();
});

test('what is said last is what is stored, however it was said', async () => {
  const { clock, store, fleet } = await setup();
  await fleet.enrol(enrolment(1));
  fleet.report(uidOf(1), { config: { hash: 'aa', status: 'applying', error: '' } });
  const labelled = fleet.setLabels(uidOf(1), { owner: 'ann' });
  fleet.report(uidOf(1), { config: { hash: 'aa', status: 'applied', error: '' } });
  await labelled;
  await pass(clock, 2);
  await fleet[Symbol.asyncDispose]();
  const again = await open(store, clock);
  assert.equal(again.get(uidOf(1))?.record.config.status, 'applied');
  assert.deepEqual(again.get(uidOf(1))?.record.operatorLabels, { owner: 'ann' });
  await again[Symbol.asyncDispose]();
});

test('a record that cannot be read is left alone, and the others are served', async () => {
  const { clock, store, fleet } = await setup();
  await fleet.enrol(enrolment(1));
  await fleet[Symbol.asyncDispose]();
  await store.commit({ changes: [{ kind: 'put', key: 'agents/torn', value: '{"uid":' }] });
  await using again = await open(store, clock);
  assert.equal(again.size, 1);
  assert.equal((await store.get('agents/torn'))?.value, '{"uid":');
});

test('an agent that was removed is forgotten with its outages', async () => {
  const { store, fleet } = await setup();
  await fleet.enrol(enrolment(1));
  await store.commit({ changes: [{ kind: 'put', key: `outages/${uidOf(1)}/000000000000001-x`, value: '{}' }] });
  const said: FleetChange[] = [];
  fleet.onChange((change) => said.push(change));
  await fleet.remove(uidOf(1), 'test');
  assert.equal(fleet.get(uidOf(1)), undefined);
  assert.deepEqual(said, [{ kind: 'removed', uid: uidOf(1) }]);
  assert.deepEqual((await store.list('outages/')).entries, []);
  assert.deepEqual((await store.list('agents/')).entries, []);
  await fleet[Symbol.asyncDispose]();
});

test('equal labels of different agents are one object', async () => {
  const { fleet } = await setup();
  for (const number of [1, 2]) {
    await fleet.enrol(enrolment(number, { tokenLabels: { env: 'prod' } }));
    fleet.report(uidOf(number), { description: { identifying: {}, attributes: { 'os.type': 'linux', arch: 'amd64' } } });
  }
  const [a, b] = [fleet.get(uidOf(1))?.record, fleet.get(uidOf(2))?.record];
  assert.equal(a?.labels, b?.labels);
  assert.equal(a?.attributes, b?.attributes);
  await fleet[Symbol.asyncDispose]();
});

test('a host report comes back as it was said', async () => {
  const { fleet } = await setup();
  await fleet.enrol(enrolment(1));
  fleet.hostReport(uidOf(1), '{"hostname":"web-1","listeners":[1,2]}');
  assert.deepEqual(fleet.get(uidOf(1))?.hostReport, { hostname: 'web-1', listeners: [1, 2] });
  await fleet[Symbol.asyncDispose]();
});

test('an older connection that ends late says nothing about the newer one', async () => {
  const { fleet } = await setup();
  await fleet.enrol(enrolment(1));
  const [older, newer] = [1, 2].map((port) => ({ transport: 'websocket', remote: `192.0.2.1:${port}`, sinceMs: port }) as const);
  if (older === undefined || newer === undefined) return;
  fleet.connected(uidOf(1), older);
  fleet.connected(uidOf(1), newer);
  fleet.disconnected(uidOf(1), older);
  assert.equal(fleet.get(uidOf(1))?.connection, newer);
  fleet.disconnected(uidOf(1), newer);
  assert.equal(fleet.get(uidOf(1))?.connection, undefined);
  await fleet[Symbol.asyncDispose]();
});

test('the configuration center sees of an agent what it decides on', async () => {
  const { fleet } = await setup();
  await fleet.enrol(enrolment(1));
  fleet.report(uidOf(1), { capabilities: 0x3, health: [{ path: '', healthy: false, status: 's', lastError: '', sinceMs: 0 }] });
  const live = fleet.get(uidOf(1));
  assert.equal(live && agentFacts(live).acceptsConfig, true);
  assert.equal(live && agentFacts(live).healthy, false);
  await fleet[Symbol.asyncDispose]();
});
