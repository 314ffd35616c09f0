import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observedTime } from './observed-time.ts';

test('while ticks come in time, observed time is time', () => {
  const time = observedTime(1_000, 1_000);
  for (const now of [2_000, 3_100, 4_900, 5_000]) {
    assert.equal(time.at(now), now);
    assert.equal(time.tick(now), 0);
  }
});

test('observed time stands still when a tick is late, and the late tick tells for how long', () => {
  const time = observedTime(0, 1_000);
  time.tick(1_000);
  assert.equal(time.at(2_900), 2_900);
  assert.equal(time.at(3_000), 3_000);
  assert.equal(time.at(40_000), 3_000);
  assert.equal(time.tick(61_000), 58_000);
  assert.equal(time.at(61_000), 3_000);
  assert.equal(time.at(61_500), 3_500);
  assert.equal(time.lostMs, 58_000);
});

test('observed time never goes back, whatever the lag', () => {
  const time = observedTime(0, 1_000);
  let now = 0;
  let before = 0;
  for (let step = 0; step < 2_000; step += 1) {
    now += (step * 7_919) % 4_001;
    assert.ok(time.at(now) >= before, `at ${now}`);
    before = time.at(now);
    if (step % 3 === 0) time.tick(now);
    assert.equal(time.at(now), before);
  }
});
