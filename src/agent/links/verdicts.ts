/** Results of checks → whether a link is up, with hysteresis. Pure. */
import type { Moment } from '../journal/elapsed.ts';

export interface LinkVerdict {
  readonly kind: 'unknown' | 'up' | 'down';
  /** Of the results in a row that speak against `kind`. */
  readonly against: number;
  /** The first of them: where the outage began, or where it ended. */
  readonly since?: Moment;
  readonly lastError: string;
}

export interface Thresholds {
  readonly downAfter: number;
  readonly upAfter: number;
}

export const unknownLink: LinkVerdict = { kind: 'unknown', against: 0, lastError: '' };

/** `went` is set when the verdict turned; `at`, when that began: the first failure, or the first success. */
export interface Turn {
  readonly verdict: LinkVerdict;
  readonly went?: 'up' | 'down';
  readonly at?: Moment;
}

/** `error` undefined: the check succeeded. The first result of all decides at once: there is nothing that it could contradict. */
export function judge(verdict: LinkVerdict, error: string | undefined, now: Moment, { downAfter, upAfter }: Thresholds): Turn {
  const lastError = error ?? verdict.lastError;
  const speaks = error === undefined ? 'up' : 'down';
  if (verdict.kind === speaks) return { verdict: { kind: speaks, against: 0, lastError: speaks === 'up' ? '' : lastError } };
  const against = verdict.against + 1;
  const since = verdict.since ?? now;
  const needed = verdict.kind === 'unknown' ? 1 : speaks === 'up' ? upAfter : downAfter;
  if (against < needed) return { verdict: { kind: verdict.kind, against, since, lastError } };
  return { verdict: { kind: speaks, against: 0, lastError: speaks === 'up' ? '' : lastError }, went: speaks, at: since };
}
