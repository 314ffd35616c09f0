import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outOf, tryOut } from '../try-out.ts';

test('fields keep their place and value under the new name, and another field of that name is gone', () => {
  const steps = [{ type: 'rename', fields: { msg: 'message', 'http.statusCode': 'status' } }];
  assert.deepEqual(
    outOf(steps, [
      '{"a":1,"msg":"x", "b":2}',
      '{"message":"old","msg":"new"}',
      '{"http":{"statusCode":5,"x":1}}',
      '{"msg":1,"msg":2}',
      '{"b":1}',
    ]),
    ['{"a":1,"message":"x","b":2}', '{"message":"new"}', '{"http":{"status":5,"x":1}}', '{"message":2}', '{"b":1}'],
  );
});

test('tags and labels get new names; the renamed label wins', () => {
  const made = tryOut([{ type: 'rename', tags: { web: 'frontend' }, labels: { env: 'stage' } }]);
  const result = made.chain.apply(made.batch(['x'], { tags: ['web', 'frontend'], labels: { env: 'prod', stage: 'old' } }));
  assert.ok(result !== undefined && !(result instanceof Promise));
  assert.deepEqual([result.stream.tags, result.stream.labels], [['frontend'], { stage: 'prod' }]);
});
