import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { type ManualClock, manualClock } from '../../core/manual-clock.ts';
import type { Log } from '../../observe/log.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { createConfigurations } from './center.ts';
import type { ConfigurationCenter, GateLimits, Outcome, RolloutPlan, Stage } from './configurations.ts';
import { type Fleet, simulatedFleet } from './simulation.ts';
import { validator } from './validation.ts';

interface Bench extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly registry: Registry;
  readonly events: string[];
  center: ConfigurationCenter;
  restart(): Promise<void>;
}

async function bench(agents = 10): Promise<Bench> {
  const clock = manualClock();
  const store = await openSqliteStore({ path: ':memory:', clock });
  const fleet = simulatedFleet();
  for (let index = 0; index < agents; index++) fleet.add(`agent-${index}`, { env: index < 2 ? 'canary' : 'prod', index: String(index) });
  const events: string[] = [];
  const log: Log = { event: (name) => void events.push(name), with: () => log };
  const registry = new Registry();
  const open = (to: Registry) => createConfigurations({ store, agents: fleet, clock, log, registry: to, validate: validator() });
  const result: Bench = {
    ...{ clock, store, fleet, registry, events },
    center: await open(registry),
    async restart() {
      await result.center[Symbol.asyncDispose]();
      result.center = await open(new Registry());
    },
    async [Symbol.asyncDispose]() {
      await result.center[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
  return result;
}

const yaml = (body: string) => [{ name: 'agent.yaml', contentType: 'text/yaml', body }];

function value<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.code}: ${outcome.message}`);
  return outcome.value;
}

function code(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'ok' : outcome.code;
}

const gate: GateLimits = { minHealthyMs: 60_000, maxFailed: 0, maxUnhealthy: 0, applyTimeoutMs: 300_000 };
const plan = (stages: readonly Stage[], limits: Partial<GateLimits> = {}): RolloutPlan => ({
  configuration: 'edge',
  toVersion: 2,
  stages,
  gate: { ...gate, ...limits },
});
const all: Stage = { kind: 'all' };

/** Version 1 everywhere and applied, version 2 stored and held back. */
async function twoVersions(agents = 10): Promise<Bench> {
  const b = await bench(agents);
  value(await b.center.put({ name: 'edge', files: yaml('interval: 10s\n') }, 'ada'));
  value(await b.center.assign({ name: 'everyone', selector: '', priority: 0, configuration: 'edge', version: 'latest' }, 'ada'));
  value(await b.center.put({ name: 'edge', files: yaml('interval: 20s\n'), release: false }, 'ada'));
  run(b);
  return b;
}

/** Lets agents act until nothing moves any more. */
function run({ fleet, center }: Bench, outcome: Parameters<Fleet['step']>[1] = () => 'works'): void {
  for (let turn = 0; turn < 50 && fleet.step(center, outcome); turn++);
}

/** Lets steps that were decided be committed: a store in memory needs some turns of the event loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const running = ({ fleet, center }: Bench) =>
  [...fleet.agents.values()]
    .map(({ facts }) => center.desired(facts)?.config.version)
    .map(String)
    .join('');

test('a version is stored once, numbered, and compared by content', async () => {
  await using b = await bench();
  const first = value(await b.center.put({ name: 'edge', files: yaml('a: 1\n'), note: 'first', expected: 0 }, 'ada'));
  assert.equal(first.created, true);
  assert.equal(first.version.version, 1);
  assert.equal(value(await b.center.put({ name: 'edge', files: yaml('a: 1\n') }, 'bob')).created, false);
  assert.equal(code(await b.center.put({ name: 'edge', files: yaml('a: 2\n'), expected: 0 }, 'bob')), 'conflict');
  assert.equal(value(await b.center.put({ name: 'edge', files: yaml('a: 2\n'), expected: 1 }, 'bob')).version.version, 2);
  assert.deepEqual(
    b.center.versions('edge').map(({ version, createdBy, note, released }) => ({ version, createdBy, note, released })),
    [
      { version: 2, createdBy: 'bob', note: '', released: true },
      { version: 1, createdBy: 'ada', note: 'first', released: false },
    ],
  );
  await b.restart();
  assert.equal((await b.center.get('edge', 1))?.files[0]?.body, 'a: 1\n');
  assert.equal(value(await b.center.diff('edge', 1, 2)), '--- edge@1/agent.yaml\n+++ edge@2/agent.yaml\n@@ -1 +1 @@\n-a: 1\n+a: 2\n');
});

test('two authors at once: one version each, none lost', async () => {
  await using b = await bench();
  const outcomes = await Promise.all(Array.from({ length: 5 }, (_, at) => b.center.put({ name: 'edge', files: yaml(`a: ${at}\n`) }, 'x')));
  assert.deepEqual(outcomes.map((one) => value(one).version.version).sort(), [1, 2, 3, 4, 5]);
});

test('a large version comes back byte by byte', async () => {
  await using b = await bench();
  const body = `${'é😀x'.repeat(100_000)}\n`;
  const files = [
    { name: 'b.txt', contentType: 'text/plain', body },
    { name: 'a.txt', contentType: 'text/plain', body: '' },
  ];
  value(await b.center.put({ name: 'edge', files }, 'ada'));
  await b.restart();
  assert.deepEqual((await b.center.get('edge', 'latest'))?.files, [files[1], files[0]]);
});

test('what does not validate is refused with its place, and not stored', async () => {
  await using b = await bench();
  const outcome = await b.center.put({ name: 'edge', files: yaml('a: [1\nb: 2\n') }, 'ada');
  assert.ok(!outcome.ok);
  assert.equal(outcome.code, 'invalid');
  const origin = outcome.problems[0]?.origin;
  assert.equal(origin?.kind === 'file' ? `${origin.file}:${origin.span.line}` : '', 'agent.yaml:2');
  assert.deepEqual(b.center.list(), []);
});

test('a configuration is deleted only when nothing uses it, and its bodies go with it', async () => {
  await using b = await twoVersions();
  assert.equal(code(await b.center.delete('edge', 'ada')), 'in-use');
  value(await b.center.put({ name: 'other', files: yaml('interval: 20s\n') }, 'ada'));
  value(await b.center.unassign('everyone', 'ada'));
  value(await b.center.delete('edge', 'ada'));
  assert.equal((await b.store.list('configurations/state/versions/edge/')).entries.length, 0);
  // The body of version 2 is also that of the other one.
  assert.equal((await b.store.list('configurations/bodies/')).entries.length, 1);
  assert.equal(value(await b.center.put({ name: 'edge', files: yaml('new: 1\n') }, 'ada')).version.version, 1);
  await b.restart();
  assert.equal((await b.center.get('other', 1))?.files[0]?.body, 'interval: 20s\n');
});

test('precedence: priority, then requirements, then name; and explain says why', async () => {
  await using b = await bench();
  value(await b.center.put({ name: 'edge', files: yaml('a: 1\n') }, 'ada'));
  const assignTo = async (name: string, selector: string, priority: number) =>
    value(await b.center.assign({ name, selector, priority, configuration: 'edge', version: 'latest' }, 'ada'));
  await assignTo('zeta', 'env=prod', 0);
  await assignTo('beta', '', 5);
  await assignTo('alpha', 'env=prod', 5);
  await assignTo('gamma', 'index=5,env=prod', 5);
  await assignTo('delta', 'env=prod', 5);
  assert.deepEqual(
    b.center.explain('agent-5')?.matches.map(({ assignment, wins, why }) => [assignment.name, wins, why]),
    [
      ['gamma', true, 'equal priority, and 2 requirements are more than 1'],
      ['alpha', false, 'loses to "gamma": equal priority, and 2 requirements are more than 1'],
      ['delta', false, 'loses to "gamma": equal priority, and 2 requirements are more than 1'],
      ['beta', false, 'loses to "gamma": equal priority, and 2 requirements are more than 0'],
      ['zeta', false, 'loses to "gamma": priority 5 is higher than 0'],
    ],
  );
  assert.equal(b.center.explain('agent-6')?.matches[0]?.why, 'equal priority and as many requirements, and "alpha" comes before "delta"');
  assert.equal(b.center.explain('agent-6')?.because, 'assignment "alpha" (priority 5)');
});

test('labels that change, change what is desired, and listeners hear of it', async () => {
  await using b = await twoVersions(3);
  value(await b.center.put({ name: 'other', files: yaml('x: 1\n') }, 'ada'));
  value(await b.center.assign({ name: 'special', selector: 'tier=gold', priority: 9, configuration: 'other', version: 1 }, 'ada'));
  const heard: (readonly string[] | undefined)[] = [];
  for (const uid of ['agent-0', 'agent-1']) b.center.observed(uid);
  b.center.onChange((uids) => heard.push(uids));
  b.fleet.set('agent-1', { labels: { tier: 'gold' } });
  b.center.observed('agent-1');
  b.center.observed('agent-0');
  assert.deepEqual(heard, [['agent-1']]);
});

test('a dry run says who would get what, with the difference, and stores nothing', async () => {
  await using b = await twoVersions(4);
  const before = (await b.store.list('')).revision;
  const put = value(await b.center.dryRun({ kind: 'put', request: { name: 'edge', files: yaml('interval: 30s\n') } }));
  assert.equal(put.agents.length, 4);
  assert.deepEqual([put.agents[0]?.from?.version, put.agents[0]?.to?.version], [1, 3]);
  assert.match(put.diffs[0]?.text ?? '', /-interval: 10s\n\+interval: 30s\n/);
  const rollout = value(await b.center.dryRun({ kind: 'rollout', plan: plan([{ kind: 'canary', selector: 'env=canary' }, all]) }));
  assert.deepEqual(
    rollout.agents.map(({ name, stage }) => `${name}:${stage}`),
    ['agent-0:0', 'agent-1:0', 'agent-2:1', 'agent-3:1'],
  );
  const selector = { name: 'everyone', selector: 'env=prod', priority: 0, configuration: 'edge', version: 'latest' } as const;
  const assign = value(await b.center.dryRun({ kind: 'assign', assignment: selector }));
  assert.deepEqual(
    assign.agents.map(({ name, to }) => `${name}:${to?.version}`),
    ['agent-0:undefined', 'agent-1:undefined'],
  );
  assert.equal((await b.store.list('')).revision, before);
  assert.equal(running(b), '1111');
});

test('a rollout goes from canary to percent to all, each after its agents were healthy long enough', async () => {
  await using b = await twoVersions();
  const { id } = value(
    await b.center.startRollout(plan([{ kind: 'canary', selector: 'env=canary' }, { kind: 'percent', percent: 50 }, all]), 'ada'),
  );
  assert.equal(running(b), '2211111111');
  run(b);
  b.clock.advance(59_000);
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 0);
  b.clock.advance(1_000);
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 1);
  const half = running(b);
  assert.ok(half.startsWith('22') && half.split('2').length - 1 >= 5 && half.includes('1'), half);
  run(b);
  b.clock.advance(60_000);
  await settle();
  assert.equal(running(b), '2222222222');
  run(b);
  b.clock.advance(60_000);
  await settle();
  assert.equal(b.center.rollout(id)?.state, 'completed');
  assert.equal(b.center.summary('edge')?.released, 2);
  assert.equal(running(b), '2222222222');
});

test('APPLIED for the old hash does not count for the new one', async () => {
  await using b = await twoVersions(2);
  const { id } = value(await b.center.startRollout(plan([all]), 'ada'));
  for (const uid of b.fleet.agents.keys()) b.center.observed(uid);
  b.clock.advance(200_000);
  await settle();
  assert.deepEqual(b.center.rollout(id)?.counts?.pending, 2);
  assert.equal(b.center.rollout(id)?.state, 'running');
});

const endings: readonly (readonly [name: string, outcome: ReturnType<Parameters<Fleet['step']>[1]>, waitMs: number, reason: RegExp])[] = [
  ['an agent that reports FAILED', 'fails', 0, /1 failed \(limit 0\): agent-\d: cannot bind/],
  ['an agent that never finishes', 'hangs', 300_000, /did not apply it in time/],
  ['an agent that stays ill', 'ill', 300_000, /1 unhealthy \(limit 0\): agent-\d: applied it and is unhealthy/],
  ['an agent that falls silent', 'dies', 0, /fell silent after it was to get the version/],
  ['an agent that goes back in silence', 'reverts', 0, /1 failed \(limit 0\)/],
];
for (const [name, outcome, waitMs, reason] of endings)
  test(`${name} rolls all back, and the hash is in quarantine`, async () => {
    await using b = await twoVersions();
    const { id } = value(await b.center.startRollout(plan([{ kind: 'count', count: 3 }, all]), 'ada'));
    let victim = '';
    const [target] = b.center.versions('edge');
    run(b, (uid, hash) => {
      if (victim === '' && hash === target?.hash) victim = uid;
      return uid === victim && hash === target?.hash ? outcome : 'works';
    });
    b.clock.advance(waitMs);
    await settle();
    const view = b.center.rollout(id);
    assert.equal(view?.state, 'rolled-back');
    assert.match(view?.reason ?? '', reason);
    assert.equal(running(b), '1'.repeat(10));
    assert.equal(b.center.quarantine().find(({ uid }) => uid === undefined)?.version, 2);
    assert.equal(code(await b.center.release('edge', 2, 'ada')), 'quarantined');
    assert.equal(code(await b.center.startRollout(plan([all]), 'ada')), 'quarantined');
    await b.restart();
    assert.equal(running(b), '1'.repeat(10));
    const { hash } = b.center.versions('edge')[0] ?? { hash: '' };
    value(await b.center.clearQuarantine(hash, undefined, 'ada'));
    assert.deepEqual(b.center.quarantine(), []);
    assert.equal(code(await b.center.release('edge', 2, 'ada')), 'ok');
    assert.equal(running(b), '2'.repeat(10));
  });

test('offline agents do not block; one that comes back or joins gets what its stage says', async () => {
  await using b = await twoVersions();
  b.fleet.set('agent-9', { liveness: 'offline' });
  const { id } = value(await b.center.startRollout(plan([all]), 'ada'));
  run(b);
  b.fleet.add('late', { env: 'prod' });
  b.center.observed('late');
  run(b);
  b.clock.advance(60_000);
  await settle();
  assert.equal(b.center.rollout(id)?.state, 'completed');
  assert.equal(running(b), '2'.repeat(11));
});

test('pause holds the stage, resume goes on, promote does not wait, abort goes back without quarantine', async () => {
  await using b = await twoVersions();
  const { id } = value(await b.center.startRollout(plan([{ kind: 'count', count: 1 }, { kind: 'count', count: 4 }, all]), 'ada'));
  run(b);
  value(await b.center.pause(id, 'ada'));
  b.clock.advance(120_000);
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 0);
  assert.equal(code(await b.center.pause(id, 'ada')), 'nothing-to-do');
  value(await b.center.resume(id, 'ada'));
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 1);
  value(await b.center.promote(id, 'ada'));
  assert.equal(b.center.rollout(id)?.stage, 2);
  assert.equal(code(await b.center.put({ name: 'edge', files: yaml('a: 3\n') }, 'ada')), 'ok');
  assert.equal(code(await b.center.release('edge', 3, 'ada')), 'rollout-active');
  value(await b.center.abort(id, 'ada', 'not today'));
  assert.equal(b.center.rollout(id)?.reason, 'not today');
  assert.equal(running(b), '1'.repeat(10));
  assert.deepEqual(b.center.quarantine(), []);
  assert.equal(code(await b.center.abort(id, 'ada')), 'rollout-ended');
});

test('a restart in the middle goes on at the same stage with the same agents', async () => {
  await using b = await twoVersions(20);
  const { id } = value(await b.center.startRollout(plan([{ kind: 'percent', percent: 25 }, all]), 'ada'));
  run(b);
  const chosen = running(b);
  assert.equal(chosen.split('2').length - 1, 5);
  b.clock.advance(59_000);
  await b.restart();
  assert.equal(running(b), chosen);
  // Health is proven anew: what nobody watched counts for nothing.
  b.clock.advance(59_000);
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 0);
  b.clock.advance(1_000);
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 1);
});

test('an assignment that names the old version names the new one when the rollout is done', async () => {
  await using b = await twoVersions(2);
  value(await b.center.assign({ name: 'everyone', selector: '', priority: 0, configuration: 'edge', version: 1 }, 'ada'));
  value(await b.center.startRollout(plan([all], { minHealthyMs: 0 }), 'ada'));
  run(b);
  await settle();
  assert.equal(b.center.assignments()[0]?.version, 2);
  assert.equal(running(b), '22');
});

test('outside of a rollout a FAILED agent goes back alone, to the version that it was well with', async () => {
  await using b = await twoVersions(3);
  const heard: (readonly string[] | undefined)[] = [];
  value(await b.center.release('edge', 2, 'ada'));
  b.center.onChange((uids) => heard.push(uids));
  const [newest] = b.center.versions('edge');
  run(b, (uid, hash) => (uid === 'agent-1' && hash === newest?.hash ? 'fails' : 'works'));
  assert.equal(running(b), '212');
  assert.deepEqual(heard[0], ['agent-1']);
  assert.match(b.center.explain('agent-1')?.because ?? '', /version 2 is in quarantine, back to version 1/);
  assert.deepEqual(
    b.center.explain('agent-1')?.quarantined.map(({ uid, version, reason }) => [uid, version, reason]),
    [['agent-1', 2, 'cannot bind 192.0.2.1:4317']],
  );
  assert.ok(b.events.includes('configurations.agent-failed'));
  await b.restart();
  assert.equal(running(b), '212');
  run(b);
  value(await b.center.clearQuarantine(b.center.versions('edge')[0]?.hash ?? '', 'agent-1', 'ada'));
  assert.equal(running(b), '222');
});

test('without a version that it was well with, the newest older one is taken, and then none', async () => {
  await using b = await bench(1);
  for (const body of ['a: 1', 'a: 2', 'a: 3']) value(await b.center.put({ name: 'edge', files: yaml(body) }, 'ada'));
  value(await b.center.assign({ name: 'everyone', selector: '', priority: 0, configuration: 'edge', version: 'latest' }, 'ada'));
  const [, second] = b.center.versions('edge');
  run(b, (_, hash) => (hash === second?.hash ? 'works' : 'fails'));
  assert.equal(running(b), '2');
  run(b, () => 'fails');
  b.fleet.set('agent-0', { config: { hash: second?.hash ?? '', status: 'failed', error: 'no' } });
  b.center.observed('agent-0');
  run(b, () => 'fails');
  assert.equal(running(b), 'undefined');
  assert.match(b.center.explain('agent-0')?.because ?? '', /and no other one is left: it keeps what it has/);
});

test('a fleet that cannot show that it works holds the rollout', async () => {
  await using b = await twoVersions(3);
  for (const uid of b.fleet.agents.keys()) b.fleet.set(uid, { liveness: 'offline' });
  const { id } = value(await b.center.startRollout(plan([{ kind: 'count', count: 1 }, all]), 'ada'));
  b.clock.advance(3_600_000);
  await settle();
  assert.equal(b.center.rollout(id)?.stage, 0);
  assert.match(b.center.rollout(id)?.reason ?? '', /no agent of this stage is online/);
});

test('ten thousand questions are answered within 20 ms, and the answer is one object', async () => {
  await using b = await twoVersions(10_000);
  value(await b.center.startRollout(plan([{ kind: 'percent', percent: 50 }, all]), 'ada'));
  const facts = [...b.fleet.all()];
  const answers = new Set(facts.map((agent) => b.center.desired(agent)));
  assert.equal(answers.size, 2);
  // The best of five: the machine may be busy, the code may not.
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (const agent of facts) b.center.desired(agent);
    return performance.now() - start;
  });
  assert.ok(Math.min(...times) <= 20, `${times}`);
});

test('metrics count agents by what they report, and the log names what was done', async () => {
  await using b = await twoVersions(2);
  const text = await b.registry.metrics();
  assert.match(text, /fairlead_configurations_agents\{state="current"\} 2/);
  assert.match(text, /fairlead_configurations_puts_total\{outcome="stored"\} 2/);
  assert.ok(b.events.includes('configurations.stored'));
});
