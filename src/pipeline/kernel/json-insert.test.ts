import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import { createSlabPool } from '../slab-pool.ts';
import type { Stream } from '../stream.ts';
import { type Insertion, insertable, insertionOf } from './json-insert.ts';
import { indexLines } from './lines.ts';

const stream: Stream = { source: 'app', generation: '00', labels: { env: 'prod' }, tags: ['a', 'é"'], format: 'json' };

/** The same lines in a slab and on the heap: the kernel answers for one, JavaScript for the other. */
function answers(lines: readonly string[], insertion: Insertion): readonly boolean[] {
  const slab = createSlabPool(1).take();
  assert.ok(slab);
  // What lies around the records belongs to others.
  slab.bytes.write('tags"\n');
  const length = slab.bytes.write(`${lines.join('\n')}\n`, 6) + 6;
  const count = indexLines(slab, 6, length);
  const { starts, ends } = slab;
  slab.bytes.write('{"tags":1}', length + 64);
  return [slab.bytes, Buffer.from(slab.bytes.subarray(0, length))].map((bytes) => {
    const receipt = new Receipt(() => {});
    return insertable(new LogBatch({ stream, bytes, starts, ends, count, base: 0, readAtMs: 0, receipt }), insertion);
  });
}

test('what is inserted are the tags and labels of a stream; nothing where there are none', () => {
  const { bytes } = insertionOf(stream) ?? { bytes: Buffer.alloc(0) };
  assert.equal(bytes.toString(), ',"tags":["a","é\\""],"labels":{"env":"prod"}');
  assert.deepEqual(JSON.parse(`{"x":1${bytes.toString()}}`), { x: 1, tags: stream.tags, labels: stream.labels });
  assert.equal(insertionOf({ ...stream, labels: {} })?.bytes.toString(), ',"tags":["a","é\\""]');
  assert.equal(insertionOf({ ...stream, labels: {}, tags: [] }), undefined);
});

const cases: readonly (readonly [why: string, line: string, insertable: boolean])[] = [
  ['an object', '{"a":1}', true],
  ['an object that ends in another', '{"a":{"b":2}}', true],
  ['tags as a part of another name', '{"a-tag":"tag"}', true],
  ['an object without fields', '{}', false],
  ['an object that begins with a space', '{ "a":1}', false],
  ['a carriage return behind it', '{"a":1}\r', false],
  ['an array', '["a",1]', false],
  ['text', 'GET / 200', false],
  ['nothing', '', false],
  ['two bytes', '{"', false],
  ['the field is there', '{"a":1,"tags":[]}', false],
  ['the other field is there', '{"labels":null,"a":1}', false],
  ['the name of a field as a value', '{"a":"tags"}', false],
  ['a name that may be written by numbers', '{"\\u0074ags":1}', false],
];

test('records get fields only where that surely means the same as to write them anew', () => {
  const insertion = insertionOf(stream);
  assert.ok(insertion);
  for (const [why, line, expected] of cases)
    for (const lines of [[line], ['{"x":0}', line], [...Array<string>(40).fill('{"message":"something long"}'), line, '{"x":0}']])
      assert.deepEqual(answers(lines, insertion), [expected, expected], `${why}, one of ${lines.length}`);
});
