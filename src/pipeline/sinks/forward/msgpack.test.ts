import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '@msgpack/msgpack';
import { Writer } from '../../proto/writer.ts';
import { packBinary, packBytes, packEventTime, packJson } from './msgpack.ts';

const packed = (write: (to: Writer) => void): Buffer => {
  const to = new Writer(1);
  write(to);
  return to.written();
};

test('every number reads back as itself, in the shortest form', () => {
  const numbers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 1.5, -0.25, 1e300];
  for (const number of [...numbers, ...numbers.map((one) => -one), -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1]) {
    assert.equal(Object.is(decode(packed((to) => packJson(to, number))), number), true, String(number));
  }
  assert.equal(packed((to) => packJson(to, -32)).length, 1);
  assert.equal(packed((to) => packJson(to, 200)).length, 2);
  for (const big of [2n ** 64n - 1n, -(2n ** 63n), 2n ** 53n + 1n])
    assert.equal(
      decode(
        packed((to) => packJson(to, big)),
        { useBigInt64: true },
      ),
      big,
    );
});

test('text, lists and maps of every length read back', () => {
  for (const length of [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
    const text = 'é'.repeat(length);
    assert.equal(decode(packed((to) => packJson(to, text))), text);
    const list = Array.from({ length }, () => null);
    assert.deepEqual(decode(packed((to) => packJson(to, list))), list);
    const bytes = Buffer.alloc(length, 0xff);
    assert.deepEqual(decode(packed((to) => packBinary(to, bytes))), bytes);
  }
  const map = Object.fromEntries(Array.from({ length: 70_000 }, (_, key) => [`k${key}`, { nested: [true, false] }]));
  assert.deepEqual(decode(packed((to) => packJson(to, map))), map);
});

test('what is no UTF-8 is binary, and everything else text', () => {
  assert.deepEqual(decode(packed((to) => packBytes(to, Buffer.from([0xc3]), 0, 1))), Buffer.of(0xc3));
  assert.equal(decode(packed((to) => packBytes(to, Buffer.from('xé\0y'), 1, 4))), 'é\0');
});

test('an EventTime is an extension of type 0 with seconds and nanoseconds', () => {
  assert.equal(
    packed((to) => packEventTime(to, 1_700_000_000_123.25)).toString('hex'),
    `d700${(1_700_000_000).toString(16)}${(123_250_000).toString(16).padStart(8, '0')}`,
  );
});
