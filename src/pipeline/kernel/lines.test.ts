import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slab } from '../slab.ts';
import { slabRecords } from '../slab.ts';
import { createSlabPool } from '../slab-pool.ts';
import { indexLines, indexPlainly } from './lines.ts';
import { between, seeded } from './testing/random.ts';

function slab(): Slab {
  const taken = createSlabPool(1).take();
  assert.ok(taken);
  return taken;
}

function found(index: typeof indexLines, into: Slab, from: number, to: number): readonly (readonly [number, number])[] {
  into.starts.fill(7);
  into.ends.fill(7);
  const count = index(into, from, to);
  // Entries behind the last line stay as they were.
  if (count < slabRecords) assert.equal(into.starts[count], 7);
  return Array.from(into.starts.subarray(0, count), (start, line) => [start, into.ends[line] ?? -1]);
}

test('lines end at byte 10, and what follows the last one is not a line yet', () => {
  const into = slab();
  into.bytes.write('one\n\nthree\nrest');
  for (const index of [indexLines, indexPlainly]) {
    assert.deepEqual(found(index, into, 0, 15), [
      [0, 3],
      [4, 4],
      [5, 10],
    ]);
    assert.deepEqual(found(index, into, 1, 4), [[1, 3]]);
    assert.deepEqual(found(index, into, 0, 3), []);
    assert.deepEqual(found(index, into, 4, 4), []);
  }
});

test('a newline in every place of a block of 64 is found, and none behind the end', () => {
  const into = slab();
  into.bytes.fill(120, 0, 256);
  for (let at = 0; at < 200; at++) {
    into.bytes[at] = 10;
    for (const to of [at, at + 1, at + 17, at + 40])
      assert.deepEqual(found(indexLines, into, 0, to), at < to ? [[0, at]] : [], `${at} ${to}`);
    into.bytes[at] = 120;
  }
});

test('more lines than the index has room for: the first are found, with the kernel as without', () => {
  const into = slab();
  into.bytes.fill(10, 0, slabRecords + 100);
  for (const index of [indexLines, indexPlainly]) {
    const lines = found(index, into, 3, slabRecords + 100);
    assert.equal(lines.length, slabRecords);
    assert.deepEqual(lines.at(-1), [slabRecords + 2, slabRecords + 2]);
  }
});

test('the kernel finds in random bytes what JavaScript finds', () => {
  const into = slab();
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const rarity = between(random, 2, 400);
    const length = between(random, 0, 40_000);
    for (let at = 0; at < length; at++) into.bytes[at] = between(random, 0, rarity) === 0 ? 10 : between(random, 0, 255);
    const from = between(random, 0, length);
    assert.deepEqual(found(indexLines, into, from, length), found(indexPlainly, into, from, length), `seed ${seed}`);
  }
});

test('a range outside of the slab is refused', () => {
  const into = slab();
  if (into.bytes.buffer === into.starts.buffer) assert.throws(() => indexLines(into, 0, into.bytes.length + 1), RangeError);
});
