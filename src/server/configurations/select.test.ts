import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stage } from './configurations.ts';
import { rankOf, stageOf, thresholdOf } from './select.ts';

const uids = Array.from({ length: 1_000 }, (_, at) => `agent-${at}`);
const ranks = uids.map((uid) => rankOf('7', uid));
const takenBy = (threshold: number) => new Set(uids.filter((uid) => rankOf('7', uid) < threshold));

test('a share takes exactly its number of agents, at least one, and a larger share contains the smaller one', () => {
  let before = new Set<string>();
  for (const [percent, count] of [
    [0.01, 1],
    [1, 10],
    [25, 250],
    [33.3, 333],
    [99.99, 1_000],
    [100, 1_000],
  ] as const) {
    const taken = takenBy(thresholdOf({ kind: 'percent', percent }, ranks));
    assert.equal(taken.size, count);
    assert.ok([...before].every((uid) => taken.has(uid)));
    before = taken;
  }
});

test('a number takes so many agents, and all when there are fewer', () => {
  assert.equal(takenBy(thresholdOf({ kind: 'count', count: 5 }, ranks)).size, 5);
  assert.equal(takenBy(thresholdOf({ kind: 'count', count: 5_000 }, ranks)).size, 1_000);
});

test('ranks are even, and another rollout has other canaries', () => {
  const inTenth = Array.from({ length: 10 }, (_, tenth) => ranks.filter((rank) => Math.floor(rank * 10) === tenth).length);
  assert.ok(
    inTenth.every((count) => count > 60 && count < 140),
    inTenth.join(),
  );
  const first = (id: string) => new Set(uids.toSorted((a, b) => rankOf(id, a) - rankOf(id, b)).slice(0, 10));
  assert.ok([...first('7')].filter((uid) => first('8').has(uid)).length < 5);
});

test('a rank is the same for ever: running rollouts must not choose anew after an update of the program', () => {
  // The first 12 digits of `printf 7/agent-0 | sha256sum`.
  assert.equal(rankOf('7', 'agent-0'), 0x3baf2727e1c2 / 2 ** 48);
});

const stages: readonly Stage[] = [{ kind: 'canary', selector: 'role=edge' }, { kind: 'percent', percent: 20 }, { kind: 'all' }];
const cases: readonly (readonly [stage: number, labels: Record<string, string>, uid: string, taken: number | undefined])[] = [
  [0, { role: 'edge' }, 'agent-0', 0],
  [0, {}, 'agent-0', undefined],
  [1, { role: 'edge' }, 'agent-0', 0],
  [1, {}, 'agent-0', undefined],
  [2, {}, 'agent-0', 2],
];
for (const [stage, labels, uid, taken] of cases)
  test(`in stage ${stage} ${uid} with ${JSON.stringify(labels)} is taken by ${taken ?? 'none'}`, () => {
    const thresholds = [0, 0.2, 1].slice(0, stage + 1);
    assert.equal(stageOf({ id: '7', stages: [...stages], stage, thresholds }, uid, labels), taken);
  });
