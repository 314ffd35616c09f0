import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Concurrency, observe, startConcurrency } from './concurrency.ts';

const run = (from: Concurrency, times: readonly number[], more: { pushedBack?: boolean; limitReached?: boolean } = {}, max = 200) =>
  times.reduce((state, tookMs) => observe(state, { tookMs, pushedBack: false, limitReached: true, ...more }, max), from);
const steady = (count: number, ms = 50) => Array.from({ length: count }, () => ms);

test('it begins with one, and grows by one for each round while the receiver keeps up', () => {
  assert.equal(startConcurrency.limit, 1);
  assert.equal(Math.floor(run(startConcurrency, steady(3)).limit), 3);
  assert.equal(Math.floor(run(startConcurrency, steady(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9)).limit), 10);
});

test('it does not grow beyond the maximum, nor when nobody wanted more', () => {
  assert.equal(run(startConcurrency, steady(1_000), {}, 4).limit, 4);
  assert.equal(run(startConcurrency, steady(100), { limitReached: false }).limit, 1);
});

test('push-back takes a tenth each time, and never the last one', () => {
  const ten: Concurrency = { limit: 10, meanMs: 50, variance: 0 };
  assert.equal(run(ten, [1, 1], { pushedBack: true }).limit, 8.1);
  assert.equal(run(ten, steady(100), { pushedBack: true }).limit, 1);
});

test('answers that become much slower are push-back too; noise is not', () => {
  const calm = run(startConcurrency, steady(60));
  assert.ok(run(calm, [2_000]).limit < calm.limit);
  assert.ok(run(calm, [55]).limit >= calm.limit);
});

test('a receiver that is slow from now on is the new usual', () => {
  const before = run(startConcurrency, steady(60, 20));
  const after = run(before, steady(200, 400));
  assert.ok((after.meanMs ?? 0) > 390);
  assert.ok(after.limit > 3);
});
