import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './manual-clock.ts';

test('what falls due runs in order, also what was asked for on the way', () => {
  const clock = manualClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push(`b ${clock.monotonicMs()}`));
  clock.after(10, () => {
    seen.push(`a ${clock.monotonicMs()}`);
    clock.after(5, () => seen.push(`c ${clock.monotonicMs()}`));
  });
  const cancel = clock.after(12, () => seen.push('never'));
  cancel();
  clock.advance(30);
  assert.deepEqual(seen, ['a 10', 'c 15', 'b 20']);
  assert.equal(clock.monotonicMs(), 30);
});

test('a step of the wall clock moves no timer', () => {
  const clock = manualClock(1_000);
  let fired = 0;
  clock.after(10, () => fired++);
  clock.step(-500);
  assert.equal(clock.now(), 500);
  assert.equal(fired, 0);
  clock.advance(10);
  assert.equal(fired, 1);
});
