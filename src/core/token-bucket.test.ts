import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyedBuckets, tokenBucket } from './token-bucket.ts';

test('a burst goes through, then the rate holds, and the answer says how long to wait', () => {
  const bucket = tokenBucket(10, 3);
  assert.deepEqual(
    [0, 0, 0, 0, 100, 100].map((at) => bucket.take(at)),
    [0, 0, 0, 100, 0, 100],
  );
});

test('a clock that goes back gives nothing away', () => {
  const bucket = tokenBucket(1, 1);
  assert.equal(bucket.take(10_000), 0);
  assert.equal(bucket.take(0), 1_000);
});

test('keys do not share, and only so many are remembered', () => {
  const buckets = keyedBuckets(1, 1, 2);
  assert.deepEqual(
    ['a', 'b', 'a', 'c', 'b'].map((key) => buckets.take(key, 0)),
    [0, 0, 1_000, 0, 0],
  );
});
