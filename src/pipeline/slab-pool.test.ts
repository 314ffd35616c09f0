import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slabBytes, slabRecords } from './slab.ts';
import { createSlabPool } from './slab-pool.ts';

test('a slab goes back when its last reader lets go of it, and is the next one to be taken', () => {
  const pool = createSlabPool(2);
  const slab = pool.take();
  slab?.hold();
  slab?.release();
  assert.equal(pool.out, 1);
  slab?.release();
  assert.equal(pool.out, 0);
  assert.equal(pool.take(), slab);
});

test('when all slabs are out, waiters are served in order as slabs come back', async () => {
  const pool = createSlabPool(1);
  const slab = pool.take();
  assert.equal(pool.take(), undefined);
  const served: string[] = [];
  const first = pool.available().then(() => served.push('first'));
  const second = pool.available().then(() => served.push('second'));
  slab?.release();
  await first;
  assert.deepEqual(served, ['first']);
  pool.take()?.release();
  await second;
  assert.deepEqual(served, ['first', 'second']);
  assert.equal(pool.out, 0);
});

test('a slab that nobody holds can neither be held nor released', () => {
  const slab = createSlabPool(1).take();
  slab?.release();
  assert.throws(() => slab?.release(), /nobody holds/);
  assert.throws(() => slab?.hold(), /nobody holds/);
});

test('slabs do not overlap', () => {
  const pool = createSlabPool(3);
  const slabs = [pool.take(), pool.take(), pool.take()].filter((slab) => slab !== undefined);
  for (const [index, slab] of slabs.entries()) {
    slab.bytes.fill(index + 1);
    slab.starts.fill(10 + index);
    slab.ends.fill(20 + index);
  }
  for (const [index, slab] of slabs.entries()) {
    assert.equal(slab.bytes.length, slabBytes);
    assert.equal(slab.starts.length, slabRecords);
    assert.ok(slab.bytes.every((byte) => byte === index + 1));
    assert.ok(slab.starts.every((start) => start === 10 + index));
    assert.ok(slab.ends.every((end) => end === 20 + index));
  }
});
