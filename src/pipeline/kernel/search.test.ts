import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlabPool } from '../slab-pool.ts';
import { kernelOf } from './kernel.ts';
import { textSearch } from './search.ts';
import { between, seeded } from './testing/random.ts';

test('a text is found where Buffer.indexOf finds it, and only when it ends before the end', (context) => {
  const slab = createSlabPool(1).take();
  assert.ok(slab);
  if (kernelOf(slab.bytes) === undefined) return context.skip('no kernel here');
  const random = seeded(21);
  for (let round = 0; round < 3_000; round++) {
    const length = between(random, 0, 90);
    // Few different bytes, so that there are hits and near misses.
    for (let at = 0; at < 160; at++) slab.bytes[at] = between(random, 97, 99);
    const needle = Buffer.from(Array.from({ length: between(random, 1, between(random, 1, 20)) }, () => between(random, 97, 99)));
    const from = between(random, 0, 60);
    const expected: number = slab.bytes.subarray(0, length).indexOf(needle, from);
    const found: number | undefined = textSearch(slab.bytes, needle)?.find(from, length);
    assert.equal(found, from > length ? -1 : expected, `${needle} from ${from} to ${length} in ${slab.bytes.toString('latin1', 0, 160)}`);
  }
});

test('at the end of a slab nothing behind it is found', () => {
  const pool = createSlabPool(2);
  const [first, second] = [pool.take(), pool.take()];
  assert.ok(first && second);
  first.bytes.fill('-');
  first.bytes.write('need', first.bytes.length - 4);
  first.starts[0] = 0x656c_656c;
  assert.equal(textSearch(first.bytes, Buffer.from('needle'))?.find(0, first.bytes.length) ?? -1, -1);
  const found = textSearch(first.bytes, Buffer.from('need'));
  if (found !== undefined) assert.equal(found.find(0, first.bytes.length), first.bytes.length - 4);
});

test('there is no search for nothing, nor outside of slabs', () => {
  const slab = createSlabPool(1).take();
  assert.equal(slab && textSearch(slab.bytes, Buffer.alloc(0)), undefined);
  assert.equal(textSearch(Buffer.from('abc'), Buffer.from('b')), undefined);
});
