import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outOf, tryOut } from '../try-out.ts';

test('fields go away at any depth, every one of the name, and the rest stays byte by byte', () => {
  const steps = [{ type: 'remove', fields: ['password', 'user.email', '"a.b"'] }];
  assert.deepEqual(
    outOf(steps, [
      '{"password":"x", "n":12345678901234567890 ,"pass\\u0077ord":1,"z": 1.0}',
      '{"user":{"id":1,"email":"e"},"a.b":1,"a":{"b":2}}',
      '{"user":"none","email":"stays"}',
      ' { "n" : 1 } ',
    ]),
    ['{"n":12345678901234567890,"z": 1.0}', '{"user":{"id":1},"a":{"b":2}}', '{"user":"none","email":"stays"}', ' { "n" : 1 } '],
  );
  assert.deepEqual(outOf([{ type: 'remove', fields: ['a'] }], ['{"a":1}']), ['{}']);
});

test('tags and labels go away', () => {
  const made = tryOut([{ type: 'remove', tags: ['web'], labels: ['env', 'none'] }]);
  const result = made.chain.apply(made.batch(['x']));
  assert.ok(result !== undefined && !(result instanceof Promise));
  assert.deepEqual([result.stream.tags, result.stream.labels], [[], {}]);
});
