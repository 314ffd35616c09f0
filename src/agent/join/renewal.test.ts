import assert from 'node:assert/strict';
import test from 'node:test';
import { phase, renewalDueMs } from './renewal.ts';

const hour = 3_600_000;
const day = { notBeforeMs: 0, notAfterMs: 24 * hour };

test('renewal is at two thirds, a twentieth earlier or later', () => {
  assert.equal(renewalDueMs(day, 0.5), 16 * hour);
  assert.equal(renewalDueMs(day, 0), 14.8 * hour);
  assert.ok(renewalDueMs(day, 0.999) < 17.2 * hour);
});

const phases: readonly (readonly [string, number, string])[] = [
  ['before it is due', 10 * hour, 'good'],
  ['when it is due', 16 * hour, 'due'],
  ['at its last moment', 24 * hour, 'due'],
  ['after its end', 25 * hour, 'expired'],
  ['after the window', 24 * hour + 7 * 24 * hour + 1, 'lost'],
  ['on a clock that is behind', -5 * hour, 'good'],
];

for (const [when, nowMs, kind] of phases)
  test(`${when} a certificate is ${kind}`, () => assert.equal(phase(day, 0.5, 7 * 24 * hour, nowMs).kind, kind));
