import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrake, defaultBrake } from './brake.ts';

const s = 1_000;

test('single failures pass, and so do all of a fleet that is too small for a mass', () => {
  const brake = createBrake();
  assert.ok(brake.admit({ silent: 1, alive: 3 }, 0, 0));
  assert.ok(brake.admit({ silent: 4, alive: 4 }, 0, 0));
  assert.ok(brake.admit({ silent: 150, alive: 1_000 }, 300 * s, 300 * s));
  assert.equal(brake.engaged, false);
});

test('more than 15 % silent at once engages the brake, which says so', () => {
  const brake = createBrake();
  assert.equal(brake.admit({ silent: 312, alive: 1_000 }, 50 * s, 70 * s), false);
  brake.update({ silent: 320, alive: 1_000 }, 110 * s);
  assert.deepEqual(brake.state(), {
    sinceMs: 70 * s,
    sentence:
      '320 of 1000 agents (32 %) are silent at once, more than 15 %: more likely the network or this server than all of them, so none is declared offline for the next 9m',
  });
});

test('agents that have just gone count as silent, so that a wave that is spread out is seen as one', () => {
  const brake = createBrake();
  let admitted = 0;
  for (let gone = 0; gone < 100; gone += 1) if (brake.admit({ silent: 5, alive: 100 - gone }, 1_000 * s + gone * 100, 0)) admitted += 1;
  assert.ok(admitted >= 10 && admitted <= 16, `${admitted} of 100`);
});

test('the same failures spread over an hour are no wave', () => {
  const brake = createBrake();
  for (let gone = 0; gone < 90; gone += 1) assert.ok(brake.admit({ silent: 5, alive: 200 - gone }, gone * 40 * s, 0), `agent ${gone}`);
});

test('it is released at half the share, not at the share that engaged it', () => {
  const brake = createBrake();
  brake.admit({ silent: 500, alive: 1_000 }, 0, 0);
  assert.equal(brake.update({ silent: 140, alive: 1_000 }, 10 * s), false);
  assert.equal(brake.update({ silent: 76, alive: 1_000 }, 20 * s), false);
  assert.equal(brake.update({ silent: 74, alive: 1_000 }, 30 * s), true);
  assert.equal(brake.state(), undefined);
  assert.ok(brake.admit({ silent: 74, alive: 1_000 }, 31 * s, 31 * s), 'and does not engage again at once');
});

test('it ends by itself: after its time evictions go through at the stated rate', () => {
  const brake = createBrake();
  const weights = { silent: 4_000, alive: 10_000 };
  brake.admit(weights, 0, 0);
  let admitted = 0;
  for (let seconds = 1; seconds <= 660; seconds += 1) {
    brake.update(weights, seconds * s);
    while (brake.admit(weights, seconds * s, seconds * s)) admitted += 1;
    if (seconds * s < defaultBrake.holdMs) assert.equal(admitted, 0, `held at ${seconds} s`);
  }
  // 0.1 % of 10,000 in each of the 61 seconds from the 600th on.
  assert.equal(admitted, 610);
  assert.match(brake.state()?.sentence ?? '', /have been for over 10m: they are declared offline little by little$/);
});

test('a fleet of any size is let go in the end', () => {
  const brake = createBrake();
  let silent = 6;
  brake.admit({ silent, alive: 6 }, 0, 0);
  for (let seconds = 1; seconds < 700 && silent > 0; seconds += 1) {
    brake.update({ silent, alive: silent }, seconds * s);
    while (silent > 0 && brake.admit({ silent, alive: silent }, seconds * s, seconds * s)) silent -= 1;
  }
  assert.equal(silent, 0);
  assert.equal(brake.update({ silent: 0, alive: 0 }, 700 * s), true);
});
