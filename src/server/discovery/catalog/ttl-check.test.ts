import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckStatus, TtlDefinition } from './model.ts';
import { judge, noCounters } from './ttl-check.ts';

const plain: TtlDefinition = { ttlMs: 10_000, successBeforePassing: 0, failuresBeforeWarning: 0, failuresBeforeCritical: 0 };

function statuses(definition: TtlDefinition, from: CheckStatus, results: readonly CheckStatus[]): readonly CheckStatus[] {
  let [status, counters] = [from, noCounters];
  return results.map((result) => {
    ({ status, counters } = judge(definition, status, result, counters));
    return status;
  });
}

const rows: readonly (readonly [string, Partial<TtlDefinition>, CheckStatus, readonly CheckStatus[], readonly CheckStatus[]])[] = [
  ['without thresholds every result counts', {}, 'critical', ['passing', 'warning', 'critical'], ['passing', 'warning', 'critical']],
  [
    'three successes in a row are needed when three are asked for',
    { successBeforePassing: 3 },
    'critical',
    ['passing', 'passing', 'critical', 'passing', 'passing', 'passing'],
    ['critical', 'critical', 'critical', 'critical', 'critical', 'passing'],
  ],
  [
    'failures below the threshold leave the status as it is',
    { failuresBeforeWarning: 3, failuresBeforeCritical: 3 },
    'passing',
    ['critical', 'critical', 'critical'],
    ['passing', 'passing', 'critical'],
  ],
  [
    'a lower threshold for warning warns first',
    { failuresBeforeWarning: 1, failuresBeforeCritical: 3 },
    'passing',
    ['critical', 'critical', 'critical', 'passing'],
    ['warning', 'warning', 'critical', 'passing'],
  ],
];

for (const [name, fields, from, results, wanted] of rows)
  test(name, () => assert.deepEqual(statuses({ ...plain, ...fields }, from, results), wanted));
