import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activated, dueStep, inState, obstacle, type RootRecord, retired } from './roots.ts';

const policy = { learnMs: 10, overlapMs: 100 };

function root(id: string, state: RootRecord['state'], sinceMs: number, more: Partial<RootRecord> = {}): RootRecord {
  return { id, state, pem: `${id}\n`, key: { kind: 'plain', pkcs8: '' }, notBeforeMs: 0, notAfterMs: 1_000, sinceMs, ...more };
}

const active = root('a', 'active', 0);
const prepared = root('b', 'prepared', 800, { crossPem: 'cross' });

test('the steps of a rotation fall due by age, each in its turn', () => {
  const cases: readonly (readonly [readonly RootRecord[], number, string | undefined])[] = [
    [[active], 799, undefined],
    [[active], 800, 'prepare'],
    [[active, prepared], 809, undefined],
    [[active, prepared], 810, 'activate'],
    [[root('a', 'retiring', 810), root('b', 'active', 810)], 909, undefined],
    [[root('a', 'retiring', 810), root('b', 'active', 810)], 910, 'retire'],
    // While one is retired, no other is prepared, however old the active one is.
    [[root('a', 'retiring', 990), root('b', 'active', 810)], 999, undefined],
    // Nothing is gained by waiting with an authority that has ended.
    [[active, root('b', 'prepared', 995)], 1_000, 'activate'],
  ];
  for (const [roots, nowMs, step] of cases) assert.equal(dueStep(roots, nowMs, policy), step, `at ${nowMs}`);
});

test('a step that would break the order is refused with a sentence that names the next one', () => {
  const retiring = [root('a', 'retiring', 810), root('b', 'active', 810)];
  assert.equal(obstacle([active], 'prepare', 0, policy, false), undefined);
  assert.match(obstacle([active, prepared], 'prepare', 0, policy, false) ?? '', /prepared already; activate it/);
  assert.match(obstacle(retiring, 'prepare', 0, policy, false) ?? '', /retire it first/);
  assert.match(obstacle([active], 'activate', 0, policy, false) ?? '', /no authority is prepared/);
  assert.match(obstacle([active], 'retire', 0, policy, true) ?? '', /no former authority/);
  assert.match(obstacle(retiring, 'retire', 909, policy, false) ?? '', /until 1970-01-01T00:00:00.910Z; force it/);
  assert.equal(obstacle(retiring, 'retire', 909, policy, true), undefined);
  assert.equal(obstacle(retiring, 'retire', 910, policy, false), undefined);
});

test('activation swaps the two, and retirement takes the former one and the way to it away', () => {
  const after = activated([active, prepared], 820);
  assert.deepEqual([inState(after, 'retiring')?.id, inState(after, 'active')?.id], ['a', 'b']);
  assert.equal(inState(after, 'active')?.crossPem, 'cross');
  assert.equal(inState(after, 'retiring')?.sinceMs, 820);
  const end = retired(after);
  assert.deepEqual(
    end.map(({ id, state, crossPem }) => ({ id, state, crossPem })),
    [{ id: 'b', state: 'active', crossPem: undefined }],
  );
});
