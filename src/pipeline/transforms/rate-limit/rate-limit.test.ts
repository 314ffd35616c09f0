import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryOut } from '../try-out.ts';

const many = (count: number, key = 'a') => Array.from({ length: count }, (_, n) => `{"k":"${key}","n":${n}}`);

test('a burst goes through, then so many per second; the rest counts as delivered', () => {
  const made = tryOut([{ type: 'rate-limit', perSecond: 10, burst: 20 }]);
  assert.equal(made.run(many(50)).length, 20);
  made.clock.advance(500);
  assert.equal(made.run(many(50)).length, 5);
  made.clock.advance(60_000);
  assert.equal(made.run(many(50)).length, 20);
  assert.deepEqual(made.settled, [true, true, true]);
  assert.equal(tryOut([{ type: 'rate-limit', perSecond: 0.5 }]).run(many(3)).length, 1);
});

test('each key has a limit of its own, and records without one share one', () => {
  const made = tryOut([{ type: 'rate-limit', perSecond: 2, key: 'k' }]);
  assert.deepEqual(made.run([...many(3, 'a'), ...many(3, 'b'), '{}', '{}', '{}']).length, 6);
});

test('of what is over the limit a part can go on, the same part every time', () => {
  const over = () => tryOut([{ type: 'rate-limit', perSecond: 1, over: 'sample', ratio: 0.2 }]).run(many(1_000));
  assert.ok(over().length > 140 && over().length < 270, String(over().length));
  assert.deepEqual(over(), over());
});
