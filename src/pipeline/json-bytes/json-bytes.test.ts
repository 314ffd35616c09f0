import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapedLength, writeEscaped } from './escape.ts';
import { FieldFinder } from './field-finder.ts';
import { damaged, randomJson, seeded } from './random-json.ts';
import { closingBrace, valueEnd } from './scan.ts';
import { isObject } from './validate.ts';

const seed = 20260807;
const frame = Buffer.from('{"level":"outside","level":');

/** The record between other bytes, as it lies in a slab. */
function between(record: string | Buffer): { readonly bytes: Buffer; readonly start: number; readonly end: number } {
  const inner = Buffer.from(record);
  return { bytes: Buffer.concat([frame, inner, frame]), start: frame.length, end: frame.length + inner.length };
}

function found(finder: FieldFinder, record: string | Buffer): unknown {
  const { bytes, start, end } = between(record);
  finder.begin(bytes);
  if (!finder.find(bytes, start, end)) return undefined;
  return JSON.parse(bytes.toString('utf8', finder.valueStart, finder.valueEnd));
}

test('a field is found as JSON.parse finds it', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['{"level":"debug"}', 'debug'],
    [' {\t"a" : {"level":1} , "level" : [1, {"level":2}] } ', [1, { level: 2 }]],
    ['{"level":1,"level":2}', 2],
    ['{"l\\u0065vel":1}', 1],
    ['{"level":1,"\\u006cevel":2}', 2],
    ['{"a":"\\"level\\":5"}', undefined],
    ['{"a":"x\\"level":5}', undefined],
    ['{"a":{"level":5}}', undefined],
    ['[{"level":5}]', undefined],
    ['{}', undefined],
    ['{"level":null}', null],
  ];
  for (const [record, value] of cases) assert.deepEqual(found(new FieldFinder('level'), record), value, record);
});

test('a field of any name is found in random objects as JSON.parse finds it', () => {
  const random = seeded(seed);
  const json = randomJson(random);
  let present = 0;
  for (let round = 0; round < 10_000; round++) {
    const record = json.object();
    const name = json.name();
    // Random objects are objects.
    const parsed = JSON.parse(record) as Record<string, unknown>;
    const value = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
    assert.deepEqual(found(new FieldFinder(name), record), value, `seed ${seed}: ${name} in ${record}`);
    if (value !== undefined) present += 1;
  }
  assert.ok(present > 1_000, `only ${present} had the field`);
});

test('one finder serves many records of one buffer, in any order', () => {
  const random = seeded(seed);
  const json = randomJson(random);
  const finder = new FieldFinder('level');
  for (let round = 0; round < 200; round++) {
    const records = Array.from({ length: 20 }, () => Buffer.from(json.object()));
    const bytes = Buffer.concat(records);
    const starts = records.map((_, index) => records.slice(0, index).reduce((sum, one) => sum + one.length, 0));
    finder.begin(bytes);
    for (let question = 0; question < 60; question++) {
      const index = question < 20 ? question : Math.floor(random() * 20);
      const start = starts[index] ?? 0;
      const record = records[index] ?? Buffer.alloc(0);
      // Random objects are objects.
      const value = (JSON.parse(record.toString()) as Record<string, unknown>).level;
      const has = finder.find(bytes, start, start + record.length);
      const text = has ? bytes.toString('utf8', finder.valueStart, finder.valueEnd) : undefined;
      assert.deepEqual(text === undefined ? undefined : JSON.parse(text), value, `seed ${seed}: ${record}`);
    }
  }
});

function isParsedObject(record: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(record.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

test('what counts as an object is exactly what JSON.parse gives one for', () => {
  const random = seeded(seed);
  const json = randomJson(random);
  const counts = [0, 0];
  for (let round = 0; round < 15_000; round++) {
    const whole = Buffer.from(random() < 0.8 ? json.object() : json.value());
    const record = random() < 0.3 ? whole : damaged(whole, random);
    const { bytes, start, end } = between(record);
    const expected = isParsedObject(record);
    assert.equal(isObject(bytes, start, end), expected, `seed ${seed}: ${record}`);
    if (expected) assert.equal(bytes[closingBrace(bytes, start, end)], 0x7d);
    counts[expected ? 1 : 0] = (counts[expected ? 1 : 0] ?? 0) + 1;
  }
  assert.ok(Math.min(...counts) > 1_500, String(counts));
});

test('objects that are deeper than our stack should be are left to JSON.parse', () => {
  const deep = (open: number, close: number) => Buffer.from(`${'{"a":'.repeat(open)}1${'}'.repeat(close)}`);
  for (const record of [deep(5_000, 5_000), deep(300, 300), deep(300, 299), deep(200, 200)])
    assert.equal(isObject(record, 0, record.length), isParsedObject(record));
});

test('random bytes never throw and nothing outside of the record is looked at', () => {
  const random = seeded(seed);
  const alphabet = '{}[]":,\\ u0level\n'.split('').map((one) => one.charCodeAt(0));
  const finder = new FieldFinder('level');
  for (let round = 0; round < 20_000; round++) {
    const record = Buffer.from(
      Array.from({ length: Math.floor(random() * 24) }, () => alphabet[Math.floor(random() * alphabet.length)] ?? 0),
    );
    const answers = ['', '"}', '\\u0065":1}'].map((behind) => {
      const bytes = Buffer.concat([record, Buffer.from(behind)]);
      finder.begin(bytes);
      const has = finder.find(bytes, 0, record.length);
      const range = has ? [finder.valueStart, finder.valueEnd] : [];
      for (const place of range) assert.ok(place >= 0 && place <= record.length);
      return JSON.stringify([
        range,
        valueEnd(bytes, 0, record.length),
        isObject(bytes, 0, record.length),
        closingBrace(bytes, 0, record.length),
      ]);
    });
    assert.deepEqual([...new Set(answers)].length, 1, `seed ${seed}: ${JSON.stringify(record.toString())}`);
  }
});

test('escaped text is read back as it was', () => {
  const random = seeded(seed);
  for (let round = 0; round < 2_000; round++) {
    const text = String.fromCharCode(
      ...Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * (random() < 0.5 ? 0x80 : 0xd000))),
    );
    const { bytes, start, end } = between(text);
    const target = Buffer.alloc(500, 0x7e);
    const behind = writeEscaped(target, 3, bytes, start, end);
    assert.equal(behind - 3, escapedLength(bytes, start, end));
    assert.equal(JSON.parse(`"${target.toString('utf8', 3, behind)}"`), text);
    assert.equal(target[behind], 0x7e);
  }
});
