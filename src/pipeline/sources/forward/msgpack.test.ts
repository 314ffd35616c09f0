import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Encoder } from '@msgpack/msgpack';
import { JsonWriter } from '../../listening/json-writer.ts';
import { dice } from '../../listening/testing/random.ts';
import { type Entry, parseMessage, readEntry } from './message.ts';
import { broken, endOf, jsonRoom, more, ValueScanner, writeJson } from './msgpack.ts';

const encode = (value: unknown): Buffer => Buffer.from(new Encoder({ useBigInt64: true }).encode(value));

function json(bytes: Buffer): string {
  const end = endOf(bytes, 0, bytes.length);
  assert.equal(end, bytes.length);
  const writer = new JsonWriter();
  writer.bytes = Buffer.alloc(jsonRoom(bytes.length));
  writeJson(writer, bytes, 0, end);
  assert.ok(writer.at <= writer.bytes.length, 'it fits into the room that was asked for');
  return writer.bytes.toString('utf8', 0, writer.at);
}

function randomValue(random: ReturnType<typeof dice>, depth: number): unknown {
  switch (random.below(depth > 4 ? 6 : 8)) {
    case 0:
      return random.pick([0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]);
    case 1:
      return random.pick([-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1]);
    case 2:
      return random.pick([0.5, -1.25e300, 3.14]);
    case 3:
      return random.pick([null, true, false]);
    case 4:
      return 'x'.repeat(random.pick([0, 1, 31, 32, 255, 256]));
    case 5:
      return random.pick(['é"\\\n\u0001', '世界']);
    case 6:
      return Array.from({ length: random.pick([0, 1, 3, 15, 16, 20]) }, () => randomValue(random, depth + 2));
    default:
      return Object.fromEntries(
        Array.from({ length: random.pick([0, 1, 3, 15, 16, 20]) }, (_, index) => [`k${index}`, randomValue(random, depth + 2)]),
      );
  }
}

test('what another library writes becomes the JSON of the same value', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const value = randomValue(dice(seed), 0);
    assert.deepEqual(JSON.parse(json(encode(value))), value, `seed ${seed}`);
  }
});

test('what JSON has no words for is written so that nothing is lost', () => {
  assert.equal(json(encode(2n ** 63n - 1n)), '9223372036854775807');
  assert.equal(json(encode(-(2n ** 63n))), '-9223372036854775808');
  assert.equal(json(Buffer.from([0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])), '18446744073709551615');
  assert.equal(json(encode(Buffer.from('raw "bytes"'))), '"raw \\"bytes\\""');
  assert.equal(json(Buffer.from([0xd4, 0x05, 0x07])), '{"ext":5,"data":"Bw=="}');
  assert.equal(json(encode(Number.NaN)), 'null');
  assert.equal(json(Buffer.from([0x81, 0x07, 0x01])), '{"7":1}'); // a number as a key
  assert.equal(json(Buffer.from([0x81, 0x91, 0x01, 0x02])), '{"kQE=":2}'); // a list as a key
});

test('a value of which bytes come one by one is found when it is whole, and not before', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = encode(randomValue(dice(seed), 0));
    const scanner = new ValueScanner(0);
    for (let size = 0; size < bytes.length; size++) assert.equal(scanner.end(bytes, size), more, `seed ${seed}`);
    assert.equal(scanner.end(bytes, bytes.length), bytes.length, `seed ${seed}`);
  }
});

test('values that are nested too deep, and the byte that is never used, are broken', () => {
  assert.equal(endOf(Buffer.alloc(100, 0x91), 0, 100), broken);
  assert.equal(endOf(Buffer.from([0xc1]), 0, 1), broken);
  assert.equal(endOf(Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]), 0, 5), more);
});

test('random bytes are read within their bounds, and what is whole becomes JSON', () => {
  let whole = 0;
  for (let seed = 1; seed <= 5_000; seed++) {
    const random = dice(seed);
    const bytes = Buffer.from(
      Array.from({ length: 1 + random.below(40) }, () => random.pick([0x81, 0x92, 0xa3, 0xc4, 0xd9, 0xca, 0xd4, 0xc7, random.below(256)])),
    );
    const end = endOf(bytes, 0, bytes.length);
    assert.ok(end === more || end === broken || (end > 0 && end <= bytes.length), `seed ${seed}`);
    if (end > 0) {
      whole += 1;
      JSON.parse(json(bytes.subarray(0, end)));
      parseMessage(bytes, 0, end);
    }
    const entry: Entry = { timeMs: 0, record: 0, to: 0, metadata: -1 };
    if (readEntry(bytes, 0, bytes.length, entry)) assert.ok(entry.to <= bytes.length);
  }
  assert.ok(whole > 100);
});
