import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlabPool } from '../slab-pool.ts';
import { crc32c, crcPlainly } from './crc32c.ts';
import { between, seeded } from './testing/random.ts';

/** RFC 3720, appendix B.4 (the CRC there is written with its bytes in the order of the wire), and the check value of the catalogue of CRCs. */
const known: readonly (readonly [string, Uint8Array, number])[] = [
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['counting up', Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
  ['counting down', Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(), 0],
];

test('the known checksums come out', () => {
  for (const [name, bytes, checksum] of known) {
    assert.equal(crc32c(bytes), checksum, name);
    assert.equal(crcPlainly(bytes, 0, bytes.length, 0), checksum, name);
  }
});

test('one bit after the other gives the same as the tables, on lengths around every step', () => {
  const random = seeded(11);
  const bytes = Uint8Array.from({ length: 300 }, () => between(random, 0, 255));
  for (let length = 0; length <= bytes.length; length++) assert.equal(crcPlainly(bytes, 0, length, 0), bitByBit(bytes.subarray(0, length)));
});

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('folding, slicing and plain JavaScript agree, in a slab and on the heap, at any alignment and after any bytes before', () => {
  const slab = createSlabPool(1).take();
  assert.ok(slab);
  const random = seeded(12);
  for (let at = 0; at < 400_000; at++) slab.bytes[at] = between(random, 0, 255);
  const heap = Buffer.from(slab.bytes.subarray(0, 400_000));
  // Four times 209 words of 16 bytes is where folding begins; 1,024 words where its window moves.
  const lengths = [127, 128, 13_375, 13_376, 13_377, 16_383, 16_400, 29_728, 131_071, 131_072, 131_073, 300_001];
  for (const length of [...lengths, ...Array.from({ length: 40 }, () => between(random, 100, 60_000))]) {
    const start = between(random, 0, 99_000);
    const before = between(random, 0, 2 ** 32 - 1);
    const expected = crcPlainly(heap, start, start + length, before);
    assert.equal(crc32c(slab.bytes, start, start + length, before), expected, `slab ${start} ${length}`);
    assert.equal(crc32c(heap, start, start + length, before), expected, `heap ${start} ${length}`);
  }
});

test('the checksum of two parts is that of the whole', () => {
  const random = seeded(13);
  const bytes = Uint8Array.from({ length: 70_000 }, () => between(random, 0, 255));
  for (const cut of [0, 1, 500, 33_333, 69_999, 70_000])
    assert.equal(crc32c(bytes, cut, 70_000, crc32c(bytes, 0, cut)), crc32c(bytes), String(cut));
});

test('a range outside of the bytes is refused', () => {
  assert.throws(() => crc32c(new Uint8Array(10), 0, 11), RangeError);
});
