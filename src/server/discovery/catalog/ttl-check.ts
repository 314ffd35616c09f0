/** One result of a TTL check and what it makes of the status: Consul's counters (agent/checks, StatusHandler). */
import type { CheckStatus, TtlDefinition } from './model.ts';

export interface Counters {
  readonly successes: number;
  readonly failures: number;
}

export const noCounters: Counters = { successes: 0, failures: 0 };

export interface Judged {
  readonly status: CheckStatus;
  readonly counters: Counters;
}

/**
 * Passing and warning both count as success: the check was answered. A failure that has not reached a threshold leaves the status
 * as it is; below the one for critical but at or above the one for warning, it warns.
 */
export function judge(definition: TtlDefinition, status: CheckStatus, result: CheckStatus, counters: Counters): Judged {
  if (result !== 'critical') {
    const successes = counters.successes + 1;
    return { status: successes >= definition.successBeforePassing ? result : status, counters: { successes, failures: 0 } };
  }
  const failures = counters.failures + 1;
  const next = { successes: 0, failures };
  if (failures >= definition.failuresBeforeCritical) return { status: 'critical', counters: next };
  if (failures >= definition.failuresBeforeWarning) return { status: 'warning', counters: next };
  return { status, counters: next };
}
