import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlabPool } from '../../slab-pool.ts';
import { Arena } from './arena.ts';

test('a slab that is full is given back when its last batch lets go, and one slab is always kept', async () => {
  const pool = createSlabPool(2);
  let rooms = 0;
  const arena = new Arena(pool, () => {
    rooms += 1;
  });
  assert.equal(pool.out, 1);
  const first = arena.room();
  first?.hold();
  assert.equal(arena.next(), true);
  assert.equal(pool.out, 2);
  const second = arena.room();
  assert.notEqual(second, first);
  second?.hold();
  assert.equal(arena.next(), false, 'the pool has no third one');
  first?.release();
  assert.equal(pool.out, 1);
  await new Promise(setImmediate);
  assert.ok(rooms > 0, 'it says that there is room');
  assert.equal(arena.next(), true);
  second?.release();
  arena.close();
  assert.equal(pool.out, 0);
});

test('a slab that nobody holds is filled from the front again, also when the pool is empty', () => {
  const pool = createSlabPool(1);
  const arena = new Arena(pool, () => {});
  const slab = arena.room();
  if (slab !== undefined) slab.at = 1_000_000;
  assert.equal(arena.next(), true);
  assert.equal(arena.room()?.at, 0);
  slab?.hold();
  if (slab !== undefined) slab.at = 500;
  assert.equal(arena.next(), false);
  slab?.release();
  assert.equal(arena.room()?.at, 0);
  arena.close();
  assert.equal(pool.out, 0);
});
