/** Random fleets, random failures, operators and restarts in the middle: what must hold whatever happens. Seeds are in the names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { createConfigurations } from './center.ts';
import type { ConfigurationCenter, GateLimits, Stage } from './configurations.ts';
import { type Fleet, type Outcome, simulatedFleet } from './simulation.ts';

/** mulberry32: small, seeded, good enough to shuffle with. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const files = (body: string) => [{ name: 'agent.yaml', contentType: 'text/yaml', body }];
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const ended = (center: ConfigurationCenter) => !['running', 'paused'].includes(center.rollout('1')?.state ?? '');

/** A server's way to its store, until the server is killed: what was sent arrives, what comes later does not, nothing is answered. */
function killable(store: Store): { readonly store: Store; kill(): void } {
  let dead = false;
  const refused = () => Promise.reject(new Error('killed'));
  const answer = async <T>(call: () => Promise<T>): Promise<T> => {
    if (dead) return refused();
    const result = await call();
    return dead ? refused() : result;
  };
  return {
    kill: () => {
      dead = true;
    },
    store: {
      get: (key) => answer(() => store.get(key)),
      list: (prefix, options) => answer(() => store.list(prefix, options)),
      commit: (commit) => answer(() => store.commit(commit)),
      watch: (prefix, after, signal) => store.watch(prefix, after, signal),
      lease: (ttlMs) => answer(() => store.lease(ttlMs)),
      [Symbol.asyncDispose]: async () => {},
    },
  };
}

/** Hashes desired by agents without a quarantine of their own: two at most, and none in the fleet's quarantine. */
function checkDesired(center: ConfigurationCenter, fleet: Fleet, allowed: ReadonlySet<string>): ReadonlySet<string> {
  const banned = new Set(center.quarantine().map(({ hash, uid }) => `${uid ?? ''} ${hash}`));
  const seen = new Set<string>();
  for (const facts of fleet.all()) {
    const hash = center.desired(facts)?.config.hash;
    if (hash === undefined) continue;
    assert.ok(allowed.has(hash), 'a version outside of the rollout');
    assert.ok(!banned.has(` ${hash}`) && !banned.has(`${facts.uid} ${hash}`), 'a version in quarantine');
    seen.add(hash);
  }
  return seen;
}

async function simulate(seed: number): Promise<string> {
  const random = seeded(seed);
  const pick = <T>(choices: readonly [T, ...T[]]): T => choices[Math.floor(random() * choices.length)] ?? choices[0];
  const clock = manualClock();
  await using store = await openSqliteStore({ path: ':memory:', clock });
  const fleet = simulatedFleet();
  const size = 5 + Math.floor(random() * 40);
  for (let index = 0; index < size; index++)
    fleet.add(`agent-${index}`, { zone: String(index % 4) }, random() < 0.1 ? 'offline' : 'online');
  let power = killable(store);
  const open = () => createConfigurations({ store: power.store, agents: fleet, clock, log: silentLog, registry: new Registry() });
  let center = await open();
  await center.put({ name: 'edge', files: files('version: 1') }, 'seed');
  await center.assign(
    { name: 'everyone', selector: '', priority: 0, configuration: 'edge', version: pick<'latest' | number>(['latest', 1]) },
    'seed',
  );
  await center.put({ name: 'edge', files: files('version: 2'), release: false }, 'seed');
  for (let turn = 0; turn < 5; turn++) fleet.step(center, () => 'works');
  const [next, before] = center.versions('edge').map(({ hash }) => hash);
  const pair = new Set([next ?? '', before ?? '']);

  const failing = pick([0, 0, 0, 0.02, 0.1, 0.5]);
  const fate = new Map<string, Outcome>();
  const outcomeOf = (uid: string, hash: string): Outcome => {
    if (hash !== next) return 'works';
    const known = fate.get(uid) ?? (random() < failing ? pick<Outcome>(['fails', 'ill', 'dies', 'hangs', 'reverts']) : 'works');
    fate.set(uid, known);
    return known;
  };
  const stages: Stage[] = [
    { kind: 'canary', selector: 'zone=1' },
    { kind: 'percent', percent: 20 },
    { kind: 'percent', percent: 60 },
    { kind: 'all' },
  ];
  const gate: GateLimits = { minHealthyMs: 30_000, applyTimeoutMs: 60_000, maxFailed: pick([0, 0, 2]), maxUnhealthy: pick([0, 0, 2]) };
  const started = await center.startRollout({ configuration: 'edge', toVersion: 2, stages, gate }, 'seed');
  assert.ok(started.ok);

  const taken = new Set<string>();
  for (let round = 0; round < 400 && !ended(center); round++) {
    fleet.step(center, outcomeOf);
    const dice = random();
    const uid = `agent-${Math.floor(random() * size)}`;
    if (dice < 0.03) {
      // Whatever it was about to write reaches the store or does not.
      power.kill();
      power = killable(store);
      center = await open();
    } else if (dice < 0.06) {
      await center[Symbol.asyncDispose]();
      center = await open();
    } else if (dice < 0.08) await center.pause('1', 'seed');
    else if (dice < 0.2) await center.resume('1', 'seed');
    else if (dice < 0.22) await center.promote('1', 'seed');
    else if (dice < 0.225) await center.abort('1', 'seed');
    else if (dice < 0.26) {
      fleet.add(`late-${round}`, { zone: String(round % 4) });
      center.observed(`late-${round}`);
    } else if (dice < 0.4) {
      // Comes back after a while, as it was: what killed it once kills it again only if that was its fate.
      fleet.set(uid, { liveness: 'online' });
      center.observed(uid);
    }
    clock.advance(Math.floor(random() * 15_000));
    await settle();
    checkDesired(center, fleet, pair);
    // Agents that a stage took keep the version until the rollout ends, unless it is their own that failed.
    const own = new Set(center.quarantine().flatMap((entry) => entry.uid ?? []));
    if (ended(center)) break;
    for (const facts of fleet.all()) if (center.desired(facts)?.config.hash === next) taken.add(facts.uid);
    for (const one of taken) {
      const facts = fleet.get(one);
      if (facts !== undefined && !own.has(one)) assert.equal(center.desired(facts)?.config.hash, next, `${one} lost the version`);
    }
  }
  const state = center.rollout('1')?.state ?? '';
  assert.ok(ended(center), `still ${state}: ${center.rollout('1')?.reason}`);
  const own = new Set(center.quarantine().flatMap(({ uid }) => uid ?? []));
  const rest = [...fleet.all()].filter(({ uid }) => !own.has(uid)).map((facts) => center.desired(facts)?.config.hash);
  assert.deepEqual(new Set(rest), new Set([state === 'completed' ? next : before]), 'all new or all old');
  assert.deepEqual(
    center.versions('edge').map(({ version }) => version),
    [2, 1],
  );
  await center[Symbol.asyncDispose]();
  center = await open();
  assert.equal(center.rollout('1')?.state, state);
  checkDesired(center, fleet, pair);
  await center[Symbol.asyncDispose]();
  return state;
}

test('whatever fails, rollouts end all new or all old, and nothing in quarantine is desired (seeds 1 to 60)', async () => {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= 60; seed++) {
    const state = await simulate(seed).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause });
    });
    ends.set(state, (ends.get(state) ?? 0) + 1);
  }
  // A simulation in which nothing ever fails, or nothing ever works, shows nothing.
  assert.ok((ends.get('completed') ?? 0) >= 10 && (ends.get('rolled-back') ?? 0) >= 10, JSON.stringify([...ends]));
});
