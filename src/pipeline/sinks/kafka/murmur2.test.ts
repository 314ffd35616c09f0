import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOfKey } from './murmur2.ts';

/** From the tests of Kafka's Java client (UtilsTest.testMurmur2). */
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
];

for (const [text, hash] of vectors)
  test(`murmur2 of "${text}" is that of the Java client`, () => {
    assert.equal(murmur2(Buffer.from(text)), hash);
    assert.equal(murmur2(Buffer.from(`xx${text}yy`), 2, 2 + text.length), hash, 'inside of other bytes');
  });

test('a key is placed by the hash without its sign', () => {
  assert.equal(partitionOfKey(-973_932_308, 8), (-973_932_308 & 0x7fff_ffff) % 8);
  for (const [, hash] of vectors) assert.ok(partitionOfKey(hash, 7) >= 0 && partitionOfKey(hash, 7) < 7);
});
