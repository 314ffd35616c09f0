import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterOutcome, type Gate, mayStart, openGate } from './gate.ts';
import type { Outcome } from './outcome.ts';

const down: Outcome = { kind: 'unreachable', reason: 'ECONNREFUSED' };
const busy = (askedMs?: number): Outcome => ({ kind: 'busy', reason: '429', ...(askedMs === undefined ? {} : { askedMs }) });
const fine: Outcome = { kind: 'delivered' };
const most = () => 0.999_999;
const at = (startedMs: number, endedMs = startedMs) => ({ startedMs, endedMs });

test('an open gate lets as many through as are allowed', () => {
  assert.equal(mayStart(openGate, 0, 2, 3), true);
  assert.equal(mayStart(openGate, 0, 3, 3), false);
});

test('after trouble there is a wait, and then one at a time', () => {
  const gate = afterOutcome(openGate, busy(), at(1_000), most);
  assert.equal(mayStart(gate, 1_400, 0, 9), false);
  assert.equal(mayStart(gate, 1_500, 0, 9), true);
  assert.equal(mayStart(gate, 1_500, 1, 9), false);
});

test('a receiver that cannot be reached is asked at least every 1.5 s, however long it is away', () => {
  let gate: Gate = openGate;
  let now = 0;
  for (let attempt = 0; attempt < 50; attempt++) {
    gate = afterOutcome(gate, down, at(now), most);
    assert.ok(gate.closedUntilMs - now <= 1_500);
    now = gate.closedUntilMs;
  }
});

test('an attempt that hung has waited already', () => {
  let gate: Gate = openGate;
  for (let attempt = 0; attempt < 9; attempt++) gate = afterOutcome(gate, down, at(10_000 * attempt, 10_000 * attempt + 3_000), most);
  assert.equal(gate.closedUntilMs, 83_000);
});

test('what is asked for is honoured, up to 30 s, and spread', () => {
  const wait = (askedMs: number, random: () => number) => afterOutcome(openGate, busy(askedMs), at(0), random).closedUntilMs;
  assert.equal(
    wait(5_000, () => 0),
    5_000,
  );
  assert.equal(Math.round(wait(5_000, most)), 7_499);
  assert.equal(
    wait(3_600_000, () => 0),
    30_000,
  );
  assert.ok(wait(3_600_000, most) <= 45_000);
});

test('a busy receiver that asks for nothing is left alone longer and longer, up to 30 s', () => {
  let gate: Gate = openGate;
  const waits = Array.from({ length: 9 }, () => {
    gate = afterOutcome(gate, busy(), at(gate.closedUntilMs), most);
    return Math.round(gate.closedUntilMs - gate.sinceMs);
  });
  assert.deepEqual(waits, [499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999]);
});

test('requests that fail together are one trouble', () => {
  let gate = afterOutcome(openGate, down, at(0, 100), most);
  for (let other = 0; other < 20; other++) gate = afterOutcome(gate, down, at(other, 100), most);
  assert.equal(gate.failures, 1);
  assert.ok(gate.closedUntilMs <= 200);
});

test('the first success opens everything; an answer to an older request does not', () => {
  const gate = afterOutcome(openGate, down, at(0, 100), most);
  assert.equal(afterOutcome(gate, fine, at(50, 120), most), gate);
  assert.equal(afterOutcome(gate, fine, at(300, 320), most), openGate);
  assert.equal(afterOutcome(gate, { kind: 'refused', reason: '400' }, at(300), most), openGate);
});

test('a receiver that took a part and asks for the rest later is busy', () => {
  const partly: Outcome = { kind: 'partly', refused: [], again: [1], reason: '429' };
  assert.equal(afterOutcome(openGate, partly, at(0), most).trouble, 'busy');
  assert.equal(afterOutcome(openGate, { ...partly, again: [] }, at(0), most), openGate);
});
