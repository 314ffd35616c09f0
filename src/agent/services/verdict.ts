/** Results of a service's checks → the status that is reported. Pure. */
import type { ServiceStatus } from '../../protocol/services.ts';
import type { Seen } from './checks.ts';

export interface ServiceVerdict extends Seen {
  /** Undefined: no check has ended yet. */
  readonly checked: boolean;
  /** Critical results in a row. */
  readonly failures: number;
  readonly sinceMs: number;
}

export const notChecked = (nowMs: number): ServiceVerdict => ({
  status: 'critical',
  output: 'not checked yet',
  checked: false,
  failures: 0,
  sinceMs: nowMs,
});

/**
 * A passing service becomes critical after `failAfter` critical results in a row, so that one lost check takes nothing out of
 * discovery; everything else holds at once: a service that works again is back, and a first result is all that is known.
 */
export function judgeService(before: ServiceVerdict, seen: Seen, failAfter: number, nowMs: number): ServiceVerdict {
  const failures = seen.status === 'critical' ? before.failures + 1 : 0;
  const held = before.checked && before.status !== 'critical' && seen.status === 'critical' && failures < failAfter;
  const status: ServiceStatus = held ? before.status : seen.status;
  const changed = !before.checked || status !== before.status;
  return { status, output: held ? before.output : seen.output, checked: true, failures, sinceMs: changed ? nowMs : before.sinceMs };
}
