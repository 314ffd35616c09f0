import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldTable, fieldName } from './field-table.ts';
import { damaged, randomJson, seeded } from './random-json.ts';
import { isObject } from './validate.ts';

function written(table: FieldTable): string {
  const target = Buffer.alloc(table.length + 8, 0x7e);
  const end = table.write(target, 4);
  assert.ok(end - 4 <= table.length, 'no more than was said');
  return target.toString('utf8', 4, end);
}

/** Numbers as they are written, so that none is damaged by the comparison; undefined for what cannot be parsed. */
const asParsed = (text: string): Record<string, unknown> => JSON.parse(text);

test('random changes of random objects give what the same changes of the parsed object give', () => {
  const seed = 20260807;
  const random = seeded(seed);
  const json = randomJson(random);
  const table = new FieldTable();
  for (let round = 0; round < 6_000; round++) {
    const record = json.object();
    const bytes = Buffer.from(`{}${record}{}`);
    assert.ok(table.load(bytes, 2, bytes.length - 2), record);
    const expected = new Map(Object.entries(asParsed(record)));
    const said: string[] = [];
    for (let change = Math.floor(random() * 5); change > 0; change--) {
      const kind = random();
      const [name, other] = [json.name(), json.name()];
      const has = expected.has(name);
      if (kind < 0.35) {
        said.push(`remove ${name}`);
        assert.equal(table.remove(fieldName(name)), has);
        expected.delete(name);
      } else if (kind < 0.6) {
        said.push(`rename ${name} ${other}`);
        assert.equal(table.rename(fieldName(name), fieldName(other)), has);
        if (has && name !== other) {
          expected.set(other, expected.get(name));
          expected.delete(name);
        }
      } else if (kind < 0.8) {
        said.push(`set ${name}`);
        table.set(fieldName(name), Buffer.from(' [1,{}]'), 1);
        expected.set(name, [1, {}]);
      } else {
        const text = json.text().toWellFormed();
        said.push(`text ${name}`);
        table.setText(fieldName(name), Buffer.from(`-${text}-`), 1, Buffer.byteLength(text) + 1);
        expected.set(name, text);
      }
    }
    const result = written(table);
    assert.deepEqual(asParsed(result), Object.fromEntries(expected), `seed ${seed}: ${said.join()} of ${record} gave ${result}`);
    for (const name of ['level', 'message', 'path/to', ''])
      assert.equal(table.find(fieldName(name)), expected.has(name), `seed ${seed}: find ${name} after ${said.join()} of ${record}`);
  }
});

test('what is strict takes exactly what JSON.parse gives an object for', () => {
  const random = seeded(4);
  const json = randomJson(random);
  const table = new FieldTable();
  const counts = [0, 0];
  for (let round = 0; round < 10_000; round++) {
    const whole = Buffer.from(json.object());
    const record = random() < 0.3 ? whole : damaged(whole, random);
    const expected = isObject(record, 0, record.length);
    const bytes = Buffer.concat([record, Buffer.from('"}')]);
    assert.equal(table.loadStrictly(bytes, 0, record.length), expected, record.toString());
    if (expected) assert.ok(table.load(bytes, 0, record.length));
    counts[expected ? 1 : 0] = (counts[expected ? 1 : 0] ?? 0) + 1;
  }
  assert.ok(Math.min(...counts) > 1_500, String(counts));
});

test('fields that nobody touches stay as they were written, whitespace between neighbours included', () => {
  const table = new FieldTable();
  const bytes = Buffer.from(' { "a" : 1.0 ,\t"b":12345678901234567890 , "c" : [ 1e400 ] , "d":"\\u00e9" } ');
  assert.ok(table.load(bytes, 0, bytes.length));
  table.remove(fieldName('c'));
  table.setJson(fieldName('e'), '5');
  assert.equal(written(table), '{"a" : 1.0 ,\t"b":12345678901234567890,"d":"\\u00e9","e":5}');
});

test('values that outgrow the memory of the table stay true until they are written', () => {
  const table = new FieldTable();
  table.clear();
  const long = Buffer.from('x"'.repeat(3_000));
  for (const name of ['a', 'b', 'c']) table.setText(fieldName(name), long, 0, long.length);
  assert.deepEqual(asParsed(written(table)), { a: long.toString(), b: long.toString(), c: long.toString() });
});
