import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

test('passes', () => undefined);
test('is skipped', { skip: 'no engine here' }, () => undefined);
test('fails', () => assert.equal(1, 2, 'one is not two'));
test('a parent', async (context) => {
  await context.test('child passes', () => undefined);
  await context.test('child fails', () => assert.fail('as planted'));
});
describe('a suite', () => test('inside', () => undefined));
