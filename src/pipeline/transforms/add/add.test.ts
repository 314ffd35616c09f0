import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outOf, tryOut } from '../try-out.ts';

test('fields are added behind those that are there, which keep their values', () => {
  const steps = [{ type: 'add', fields: { dc: 'fra "1"', shard: { n: [1] } } }];
  assert.deepEqual(outOf(steps, ['{"a": 1.0}', '{}', '{"dc":"ams"}', 'text', '{broken']), [
    '{"a": 1.0,"dc":"fra \\"1\\"","shard":{"n":[1]}}',
    '{"dc":"fra \\"1\\"","shard":{"n":[1]}}',
    '{"dc":"ams","shard":{"n":[1]}}',
    'text',
    '{broken',
  ]);
});

test('replace gives a field its new value in its place', () => {
  assert.deepEqual(outOf([{ type: 'add', fields: { a: 2 }, replace: true }], ['{"a":0,"b":1,"a":1}']), ['{"b":1,"a":2}']);
});

test('fields of lines of text are errors, tags are none', () => {
  const made = tryOut([{ type: 'add', fields: { a: 1 }, tags: ['t'] }]);
  assert.deepEqual(made.run(['x', '{"a":0}'], { format: 'text' }), ['x', '{"a":0}']);
  assert.deepEqual(made.chain.counters[0], { name: 'add', type: 'add', in: 2, out: 2, parsed: 2, errors: 2 });
});
