/**
 * When the next request may start. A receiver that cannot be reached is tried by one request at a time, often; one that asks for less is left alone for as long as it
 * asks. After the first success everything is allowed again at once.
 */
import type { Backoff } from '../../core/backoff.ts';
import { askedDelayMs, backoffMs } from '../../core/backoff.ts';
import type { Outcome } from './outcome.ts';

/** Back at full rate within 2 s after a receiver returns: the longest wait, and a connection. */
export const unreachableBackoff: Backoff = { firstMs: 100, maxMs: 1_500 };
export const busyBackoff: Backoff = { firstMs: 500, maxMs: 30_000 };
/** Nothing that was asked keeps us away for longer: a receiver may have been wrong about itself. */
const longestAskedMs = 30_000;

export type Trouble = Exclude<Outcome['kind'], 'delivered' | 'refused' | 'partly'>;

export interface Gate {
  /** Troubles in a row. */
  readonly failures: number;
  readonly trouble?: Trouble;
  /** No request before this (monotonic); then one at a time until one succeeds. */
  readonly closedUntilMs: number;
  readonly sinceMs: number;
}

export const openGate: Gate = { failures: 0, closedUntilMs: 0, sinceMs: 0 };

/** May one more start, with so many under way and so many allowed? */
export function mayStart(gate: Gate, nowMs: number, underWay: number, allowed: number): boolean {
  if (gate.trouble === undefined) return underWay < allowed;
  return underWay === 0 && nowMs >= gate.closedUntilMs;
}

export interface Attempt {
  readonly startedMs: number;
  readonly endedMs: number;
}

/** What an outcome makes of the gate. Several requests that fail together are one trouble, not many. */
export function afterOutcome(gate: Gate, seen: Outcome, { startedMs, endedMs }: Attempt, random: () => number): Gate {
  // A receiver that took only some of it, and the rest not now, asks for less.
  const outcome: Outcome = seen.kind === 'partly' && seen.again.length > 0 ? { kind: 'busy', reason: seen.reason } : seen;
  if (outcome.kind === 'delivered' || outcome.kind === 'refused' || outcome.kind === 'partly') {
    // An answer to a request from before the trouble says nothing about now.
    return gate.trouble !== undefined && startedMs < gate.sinceMs ? gate : openGate;
  }
  const together = gate.trouble !== undefined && startedMs < gate.sinceMs;
  const failures = together ? gate.failures : gate.failures + 1;
  const closedUntilMs = Math.max(together ? gate.closedUntilMs : 0, endedMs + waitMs(outcome, failures, endedMs - startedMs, random));
  return { failures, trouble: outcome.kind, closedUntilMs, sinceMs: together ? gate.sinceMs : endedMs };
}

function waitMs(outcome: Outcome & { readonly kind: Trouble }, failures: number, tookMs: number, random: () => number): number {
  switch (outcome.kind) {
    case 'unreachable':
      // An attempt that hung has waited already: the next one follows at once, or a network that returns would be noticed late.
      return Math.max(0, backoffMs(unreachableBackoff, failures, random) - tookMs);
    case 'busy':
      return outcome.askedMs === undefined
        ? backoffMs(busyBackoff, failures, random)
        : Math.min(longestAskedMs * 1.5, askedDelayMs(Math.min(longestAskedMs, outcome.askedMs), random));
    case 'denied':
      return backoffMs(busyBackoff, failures, random);
    default:
      return outcome satisfies never;
  }
}
