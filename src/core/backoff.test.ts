import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedDelayMs, backoffMs } from './backoff.ts';

test('the ceiling doubles with every failure and stays below the maximum', () => {
  const almostOne = () => 0.999_999;
  const waits = [1, 2, 3, 4, 5, 60].map((failures) => backoffMs({ firstMs: 1_000, maxMs: 10_000 }, failures, almostOne));
  assert.deepEqual(waits, [999, 1_999, 3_999, 7_999, 9_999, 9_999]);
  assert.equal(
    backoffMs({ firstMs: 1_000, maxMs: 10_000 }, 3, () => 0),
    0,
  );
});

test('nobody comes earlier than it was asked to', () => {
  assert.equal(
    askedDelayMs(30_000, () => 0),
    30_000,
  );
  assert.equal(
    askedDelayMs(30_000, () => 0.5),
    37_500,
  );
});
