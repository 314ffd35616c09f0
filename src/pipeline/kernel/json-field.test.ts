import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldFinder } from '../json-bytes/field-finder.ts';
import { randomJson } from '../json-bytes/random-json.ts';
import { createSlabPool } from '../slab-pool.ts';
import { fieldWalker } from './json-field.ts';
import { kernelOf } from './kernel.ts';
import { between, seeded } from './testing/random.ts';

const names = ['a', 'level', 'é', 'x y', '', 'status', 'naïve'];

/** What stands in a field according to JavaScript: the text, or nothing. */
function expected(finder: FieldFinder, heap: Buffer): string | undefined {
  finder.begin(heap);
  return finder.find(heap, 0, heap.length) ? heap.toString('latin1', finder.valueStart, finder.valueEnd) : undefined;
}

function check(records: readonly string[]): number {
  const slab = createSlabPool(1).take();
  assert.ok(slab);
  if (kernelOf(slab.bytes) === undefined) return 0;
  let decided = 0;
  // Behind and before the record lies what would change the answer.
  const before = '{"a":0,"level":"x",';
  for (const record of records) {
    const length = slab.bytes.write(record, before.length);
    slab.bytes.write(before);
    slab.bytes.write('"}],"a":1,"level":2}', before.length + length);
    for (const name of names) {
      const walker = fieldWalker(slab.bytes, Buffer.from(name));
      assert.ok(walker);
      const found = walker.find(before.length, before.length + length);
      if (found === undefined) continue;
      const [start, end] = walker.value;
      const got: string | undefined = found ? slab.bytes.toString('latin1', start, end) : undefined;
      assert.equal(got, expected(new FieldFinder(name), Buffer.from(record)), `${name} in ${record}`);
      decided += 1;
    }
  }
  return decided;
}

test('fields are found where FieldFinder finds them: the last of a name, at the top level, whatever stands around', (context) => {
  const decided = check([
    '{"a":1}',
    ' { "a" : [1,{"a":2}] , "level":"in\\"fo" }\r',
    '{"a":1,"b":{"a":3},"a":2}',
    '{"x":"\\"a\\":1"}',
    '{"a":"0123456789abcdef","level":"0123456789abcde\\\\"}',
    '{"0123456789abcdef0123456789":true,"level":null,"é":"ü"}',
    '{}',
    '{"":5}',
    '[{"a":1}]',
    '',
    '{',
    '}',
    'plain text',
    '{"a":1',
    '{"a":1}}',
    '{"a"1}',
    '{"a":}',
    '{"a":1 "level":2}',
    '{"a":"no end}',
    '{"a":{"b":[}',
    '{"a":NaN,"level":-1e9}',
  ]);
  if (decided === 0) context.skip('no kernel here');
});

test('a name that is written with an escape is left to be decoded', () => {
  const slab = createSlabPool(1).take();
  const walker = slab && fieldWalker(slab.bytes, Buffer.from('a'));
  if (slab === undefined || walker === undefined) return;
  const length = slab.bytes.write('{"\\u0061":1}');
  assert.equal(walker.find(0, length), undefined);
  assert.equal(walker.find(0, slab.bytes.write('{"b":"\\u0061"}')), false);
});

test('random pieces of JSON, most of them broken: the same answers', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    ' ',
    '1',
    'a',
    'level',
    '"a":',
    '"level":"',
    '","',
    '{"a":',
    '}',
    '\n',
    '"x y":[]',
    'é',
  ];
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const piece = () => pieces[between(random, 0, pieces.length - 1)] ?? '';
    const whole = randomJson(random);
    check(Array.from({ length: 20 }, () => whole.object()));
    check(Array.from({ length: 100 }, () => `{"a":${Array.from({ length: between(random, 0, 14) }, piece).join('')}}`));
  }
});

test('there is room for many names, and none for any number of them', () => {
  const slab = createSlabPool(1).take();
  if (slab === undefined || kernelOf(slab.bytes) === undefined) return;
  const made = Array.from({ length: 5_000 }, (_, index) => fieldWalker(slab.bytes, Buffer.from(`name-${index}`)) !== undefined);
  assert.ok(made.indexOf(false) > 500, String(made.indexOf(false)));
  assert.notEqual(fieldWalker(slab.bytes, Buffer.from('name-0')), undefined);
});
