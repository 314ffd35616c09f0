import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outOf } from '../try-out.ts';
import { filterSettings } from './settings.ts';

const records = ['{"level":"debug"}', '{"level":"warn"}', 'debug'];

test('keep lets through what the condition holds for, drop the others', () => {
  assert.deepEqual(outOf([{ type: 'filter', keep: 'level == "warn"' }], records), [records[1]]);
  assert.deepEqual(outOf([{ type: 'filter', drop: 'level == "warn"' }], records), [records[0], records[2]]);
  assert.deepEqual(outOf([{ type: 'filter', keep: 'tag "web"' }], records), records);
  assert.deepEqual(outOf([{ type: 'filter', drop: 'label.env == "prod"' }], records), []);
});

test('a filter has one condition, and its mistakes have a place', () => {
  const problem = (more: Readonly<Record<string, unknown>>) =>
    filterSettings.safeParse({ type: 'filter', ...more }).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  assert.deepEqual(problem({}), [' a filter has either keep or drop']);
  assert.deepEqual(problem({ keep: 'a == 1', drop: 'b == 1' }), [' a filter has either keep or drop']);
  assert.deepEqual(problem({ keep: 'a = 1' }), ['keep 1:3 one = compares nothing; write ==']);
});
