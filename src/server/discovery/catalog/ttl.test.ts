import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../core/manual-clock.ts';
import { createTtlClock } from './ttl.ts';

test('a check expires once when its time is over, and not while it is renewed', () => {
  const clock = manualClock();
  const expired: string[] = [];
  using ttl = createTtlClock(clock, (key) => expired.push(key));
  ttl.renew('a', 10_000);
  for (let round = 0; round < 5; round++) {
    clock.advance(9_000);
    ttl.renew('a', 10_000);
  }
  assert.deepEqual(expired, []);
  clock.advance(9_999);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, ['a']);
  clock.advance(60_000);
  assert.deepEqual(expired, ['a']);
});

test('a shorter time to live counts from its renewal on', () => {
  const clock = manualClock();
  const expired: string[] = [];
  using ttl = createTtlClock(clock, (key) => expired.push(key));
  ttl.renew('a', 60_000);
  ttl.renew('a', 2_000);
  clock.advance(2_000);
  assert.deepEqual(expired, ['a']);
});

test('time in which the observer was stopped is not silence of the checks', () => {
  const clock = manualClock();
  // A stopped process: the monotonic clock runs on, and timers that fell due fire late, all at once.
  let stoppedMs = 0;
  const stoppable = { ...clock, monotonicMs: () => clock.monotonicMs() + stoppedMs };
  const expired: string[] = [];
  using ttl = createTtlClock(stoppable, (key) => expired.push(key));
  ttl.renew('a', 10_000);
  clock.advance(4_000);
  stoppedMs = 60_000;
  clock.advance(5_000);
  assert.deepEqual(expired, []);
  assert.ok(ttl.observedMs() < 10_000, 'the pause was taken out');
  clock.advance(2_000);
  assert.deepEqual(expired, ['a']);
});
