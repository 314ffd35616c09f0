import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LivenessState } from '../fleet/agent.ts';
import { createDetector, type Detector, type DetectorOptions, type Transition } from './detector.ts';
import { livenessPolicy } from './policy.ts';

const s = 1_000;
/** Suspect after 15 s, offline after 35 s. */
const policy = livenessPolicy({ heartbeatIntervalMs: 10 * s, failThreshold: 3, expireAfterMs: 600 * s });

test('an agent that falls silent is suspect after a missed heartbeat, offline after its ttl and expired in the end', () => {
  const run = watch(['a']);
  run.beating(['a'], 100 * s);
  run.ticks(640 * s);
  assert.deepEqual(run.told, [
    '0s a enrolled → online: first heartbeat',
    '105s a online → suspect: no heartbeat for 15s (one was due every 10s)',
    '125s a suspect → offline: no heartbeat for 35s (ttl 35s)',
    '725s a offline → expired: offline for 10m',
  ]);
});

test('one heartbeat brings a suspect, an offline, a stopped and an expired agent back', () => {
  for (const state of ['suspect', 'offline', 'stopped', 'expired'] as const) {
    const run = watch(['a'], state);
    run.ticks(5 * s);
    run.detector.beat('a', run.now());
    run.ticks(1 * s);
    assert.deepEqual(run.told, [`5s a ${state} → online: ${state === 'stopped' ? 'started again' : 'heard again after 5s'}`]);
  }
});

test('a late heartbeat within the allowance for jitter changes nothing', () => {
  const run = watch(['a'], 'online');
  for (const gap of [10, 14, 9, 14.5, 6, 14, 14]) {
    run.ticks(gap * s);
    run.detector.beat('a', run.now());
  }
  assert.deepEqual(run.told, []);
});

test('an agent that says goodbye is stopped at once, and never offline', () => {
  const run = watch(['a'], 'online');
  run.ticks(3 * s);
  run.detector.stopped('a', run.now());
  run.detector.stopped('a', run.now());
  run.ticks(700 * s);
  assert.deepEqual(run.told, ['3s a online → stopped: said goodbye', '603s a stopped → expired: stopped for 10m']);
});

test('an agent that has enrolled and is never heard is not offline, and expires', () => {
  const run = watch(['a']);
  run.ticks(700 * s);
  assert.deepEqual(run.told, ['600s a enrolled → expired: never heard in 10m']);
});

test('a policy that is changed holds at once, shorter or longer', () => {
  const run = watch(['short', 'long'], 'online');
  run.detector.setPolicy('short', livenessPolicy({ heartbeatIntervalMs: 2 * s, failThreshold: 2 }));
  run.detector.setPolicy('long', livenessPolicy({ heartbeatIntervalMs: 60 * s }));
  run.ticks(40 * s);
  assert.deepEqual(run.told.map(brief), ['3s short suspect', '5s short offline']);
});

test('a suspect that was heard is suspected again in time, although its ttl is far away', () => {
  const patient = livenessPolicy({ heartbeatIntervalMs: 10 * s, ttlMs: 3_600 * s });
  const run = watch(['a'], 'online', { policy: patient });
  run.ticks(20 * s);
  run.detector.beat('a', run.now());
  run.ticks(20 * s);
  assert.deepEqual(run.told.map(brief), ['15s a suspect', '20s a online', '35s a suspect']);
});

test('an agent that is gone, or that nobody knows, changes nothing', () => {
  const run = watch(['a', 'b'], 'online');
  run.detector.remove('a');
  run.detector.beat('a', run.now());
  run.detector.stopped('nobody', run.now());
  run.detector.remove('nobody');
  run.ticks(60 * s);
  assert.deepEqual(run.told.map(brief), ['15s b suspect', '35s b offline']);
  assert.deepEqual(run.detector.counts(), { enrolled: 0, online: 0, suspect: 0, offline: 1, stopped: 0, expired: 0 });
});

test('after a start nobody is offline before one whole ttl, however long the server was down', () => {
  const run = watch(['online', 'suspect', 'offline'], 'online');
  run.detector.add('suspect', policy, 'suspect', 0, 30 * s);
  run.detector.add('offline', policy, 'offline', 0, 86_400 * s);
  run.ticks(34 * s);
  assert.deepEqual(run.told.map(brief), ['15s online suspect']);
  run.ticks(2 * s);
  assert.deepEqual(run.told.map(brief).sort(), ['15s online suspect', '35s offline expired', '35s online offline', '35s suspect offline']);
  assert.match(run.told.at(-1) ?? '', /no heartbeat in the 35s since the server looks for it/);
});

test('time that the server did not see is no silence: lag shifts what is due', () => {
  const run = watch(['a'], 'online');
  run.beating(['a'], 20 * s);
  for (let lag = 0; lag < 10; lag += 1) run.jump(7 * s); // each tick five seconds later than its second of noise
  assert.equal(run.detector.unobservedMs, 50 * s);
  run.ticks(60 * s);
  // The last heartbeat came at 10 s: offline at 45 s by the clock. 15 and 50 of the seconds until then do not count.
  assert.deepEqual(run.told.map(brief), ['41s a suspect', '95s a offline']);
});

test('a server that was stopped for a minute gives everyone a whole ttl to come back', () => {
  const uids = Array.from({ length: 100 }, (_, at) => `a${at}`);
  const run = watch(uids, 'online', { brake: false });
  run.beating(uids, 30 * s);
  run.jump(60 * s);
  run.ticks(33 * s);
  run.beating(uids, 60 * s);
  assert.equal(run.told.filter((line) => line.includes('→ offline')).length, 0);
});

test('a heartbeat that is read after the stop and before the first tick counts from the stop on, not longer', () => {
  const run = watch(['a'], 'online');
  run.beating(['a'], 20 * s);
  run.skip(60 * s);
  run.detector.beat('a', run.now());
  run.ticks(60 * s);
  const offline = run.told.find((line) => line.includes('→ offline')) ?? '';
  assert.match(offline, /^1(?:15|16|17)s /);
});

test('an agent that flaps stays suspect until ten heartbeats came without a gap', () => {
  const run = watch(['a'], 'online');
  for (let outage = 0; outage < 8; outage += 1) {
    run.beating(['a'], 10 * s);
    run.ticks(40 * s);
  }
  const flapping = run.told.length;
  assert.equal(run.detector.state('a'), 'offline');
  run.beating(['a'], 130 * s);
  assert.deepEqual(
    run.told.slice(flapping).map((line) => line.replace(/^\d+s /, '')),
    ['a offline → suspect: came back too often: suspect until it is steady for 1m40s', 'a suspect → online: steady for 1m40s'],
  );
});

test('an agent whose heartbeats come too rarely ends as a suspect and makes no more transitions', () => {
  const run = watch(['a'], 'online');
  const slow = () => {
    for (let beat = 0; beat < 60; beat += 1) {
      run.ticks(20 * s);
      run.detector.beat('a', run.now());
    }
  };
  slow();
  assert.equal(run.detector.state('a'), 'suspect');
  const settled = run.told.length;
  assert.ok(settled < 20, `${settled} transitions`);
  slow();
  assert.equal(run.told.length, settled);
});

test('a loss now and then is no flapping', () => {
  const run = watch(['a'], 'online');
  for (let hour = 0; hour < 5; hour += 1) {
    run.beating(['a'], 300 * s);
    run.ticks(16 * s);
  }
  run.beating(['a'], 20 * s);
  assert.equal(run.detector.state('a'), 'online');
});

test('when the server is cut off from its agents nobody is offline, and it says why', () => {
  const uids = Array.from({ length: 200 }, (_, at) => `a${at}`);
  const run = watch(uids, 'online');
  run.beating(uids, 60 * s);
  run.ticks(300 * s);
  assert.equal(run.detector.counts().offline, 0);
  assert.match(run.detector.brake()?.sentence ?? '', /^200 of 200 agents \(100 %\) are silent at once/);
  run.beating(uids.slice(0, 190), 30 * s);
  assert.equal(run.detector.brake(), undefined);
  // The last ten come half a minute later than the brake was released: still nobody is offline.
  run.beating(uids, 60 * s);
  assert.deepEqual(run.detector.counts(), { enrolled: 0, online: 200, suspect: 0, offline: 0, stopped: 0, expired: 0 });
  assert.equal(run.told.filter((line) => line.includes('→ offline')).length, 0);
});

test('agents that are dead in masses are told in the end, and nobody with them', () => {
  const uids = Array.from({ length: 1_000 }, (_, at) => `a${at}`);
  const alive = uids.slice(400);
  const run = watch(uids, 'online', { policy: { ...policy, expireAfterMs: 86_400 * s } });
  run.beating(uids, 60 * s);
  run.beating(alive, 620 * s);
  assert.equal(run.detector.counts().offline, 0);
  run.beating(alive, 500 * s);
  assert.deepEqual([run.detector.counts().offline, run.detector.brake()], [400, undefined]);
  assert.equal(run.told.filter((line) => /a[4-9]\d\d .*→ (?:offline|suspect)/.test(line)).length, 0);
});

/** Agents at one detector, time that moves by ticks of a second, and what was told on the way as lines. */
function watch(
  uids: readonly string[],
  state: LivenessState = 'enrolled',
  { policy: own = policy, ...options }: DetectorOptions & { readonly policy?: typeof policy } = {},
) {
  const detector: Detector = createDetector(options);
  const told: string[] = [];
  let now = 0;
  for (const uid of uids) detector.add(uid, own, state, 0);
  const tick = () => {
    for (const one of detector.tick(now)) told.push(lineOf(one));
  };
  const step = (ms: number) => {
    now += ms;
    tick();
  };
  const ticks = (ms: number) => {
    for (let left = ms; left > 0; left -= s) step(Math.min(s, left));
  };
  return {
    detector,
    told,
    now: () => now,
    ticks,
    /** One late tick. */
    jump: step,
    /** Time passes, and nobody ticks. */
    skip: (ms: number) => {
      now += ms;
    },
    /** Heartbeats every ten seconds, the first one at once. */
    beating(agents: readonly string[], ms: number) {
      for (let left = ms; left > 0; left -= 10 * s) {
        for (const uid of agents) detector.beat(uid, now);
        ticks(Math.min(10 * s, left));
      }
    },
  };
}

const lineOf = ({ uid, from, to, reason, atMs }: Transition): string => `${Math.round(atMs / s)}s ${uid} ${from} → ${to}: ${reason}`;
const brief = (line: string): string => line.replace(/ \w+ → (\w+):.*/, ' $1');
