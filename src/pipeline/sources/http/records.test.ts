import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordRanges } from '../../listening/cut.ts';
import { dice } from '../../listening/testing/random.ts';
import { formatOf, jsonRecordsOf, linesOf } from './records.ts';

const texts = (body: Buffer, ranges: RecordRanges): readonly string[] =>
  Array.from({ length: ranges.count }, (_, record) => body.toString('utf8', ranges.starts[record], ranges.ends[record]));

function jsonTexts(text: string): readonly string[] | string {
  const body = Buffer.from(text);
  const found = jsonRecordsOf(body);
  return found.ok ? texts(body, found.ranges) : found.reason;
}

test('lines lose their endings, and empty ones are left out', () => {
  const body = Buffer.from('a\r\n\n  b \nc\r\r\n\r\nlast');
  assert.deepEqual(texts(body, linesOf(body)), ['a', '  b ', 'c\r', 'last']);
  assert.equal(linesOf(Buffer.alloc(0)).count, 0);
});

test('elements of an array are records, in one line each', () => {
  assert.deepEqual(jsonTexts('[{"a":1}, {"b":[1,2]} ,"x",null]'), ['{"a":1}', '{"b":[1,2]}', '"x"', 'null']);
  assert.deepEqual(jsonTexts('[\n  {\n    "a": "}]\\"\\\\",\r\n "b": 2\n  }\n]\n'), ['{     "a": "}]\\"\\\\",   "b": 2   }']);
  assert.deepEqual(jsonTexts('[]'), []);
  assert.deepEqual(jsonTexts(' \n'), []);
});

test('a single value is one record', () => {
  assert.deepEqual(jsonTexts(' {"a":\n1} '), ['{"a": 1}']);
});

test('what is not JSON is refused with its place', () => {
  for (const text of ['[1,]', '[1', '[1] x', '{"a":}', '[{"a":1}{"b":2}]', 'nonsense', '[1,,2]', '["\u0001"]'])
    assert.equal(typeof jsonTexts(text), 'string', text);
});

function randomValue(random: ReturnType<typeof dice>, depth: number): unknown {
  switch (random.below(depth > 3 ? 4 : 6)) {
    case 0:
      return random.below(1_000) / 8;
    case 1:
      return random.pick(['', 'a"b', '[{,}]', '\\', 'é\n\t', '🚢']);
    case 2:
      return null;
    case 3:
      return random.below(2) === 1;
    case 4:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(4) }, (_, index) => [`k${index}}`, randomValue(random, depth + 1)]));
  }
}

test('any array of JSON, however it is laid out, gives the values that JSON.parse gives', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = dice(seed);
    const values = Array.from({ length: random.below(6) }, () => randomValue(random, 0));
    const found = jsonTexts(JSON.stringify(values, undefined, random.below(3)));
    assert.ok(Array.isArray(found), `seed ${seed}: ${found}`);
    assert.deepEqual(
      found.map((text: string) => JSON.parse(text)),
      values,
      `seed ${seed}`,
    );
    assert.ok(
      found.every((text: string) => !text.includes('\n')),
      `seed ${seed}`,
    );
  }
});

test('bytes that were damaged are taken only when all of them are JSON', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = dice(seed);
    const body = Buffer.from(JSON.stringify([{ a: [1, { b: 'x' }] }, 'y', 3]));
    for (let hit = 0; hit < 1 + random.below(3); hit++) body[random.below(body.length)] = random.below(256);
    const before = Buffer.from(body);
    const found = jsonRecordsOf(body);
    let valid = true;
    try {
      JSON.parse(before.toString());
    } catch {
      valid = false;
    }
    assert.equal(found.ok, valid, `seed ${seed}: ${before}`);
  }
});

test('content types tell the format, and others tell nothing', () => {
  assert.equal(formatOf('application/json; charset=utf-8'), 'json');
  assert.equal(formatOf('Application/X-NDJSON'), 'ndjson');
  assert.equal(formatOf('text/plain'), 'text');
  assert.equal(formatOf('application/octet-stream'), undefined);
  assert.equal(formatOf(undefined), undefined);
});
