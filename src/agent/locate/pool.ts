/**
 * Which server is tried next. One that failed is pushed back behind all others; only when all have been tried since the last
 * success does the agent wait, by exponential backoff with full jitter. A server that asked for a pause gets it.
 */
import type { Backoff } from '../../core/backoff.ts';
import { askedDelayMs, backoffMs } from '../../core/backoff.ts';
import type { Candidate } from './candidate.ts';

export type Choice = { readonly kind: 'try'; readonly candidate: Candidate } | { readonly kind: 'wait'; readonly ms: number };

export interface Pool {
  /** Those that are there now, the preferred first. What is known of the others is kept for when they come back. */
  update(candidates: readonly Candidate[]): void;
  next(nowMs: number): Choice;
  /** `askedMs`: the server itself asked for a pause. */
  failed(candidate: Candidate, nowMs: number, askedMs?: number): void;
  succeeded(candidate: Candidate): void;
  /** A connection that worked is gone. A short random pause before the next try: a server that dies parts with all of its agents at once. */
  lost(nowMs: number): void;
}

interface Mark {
  /** The round in which it was tried last. */
  round: number;
  notBeforeMs: number;
}

const maxMarks = 1_000;

/** Times are monotonic: a step of the wall clock neither shortens nor lengthens a wait. */
export function createPool(backoff: Backoff, random: () => number): Pool {
  const marks = new Map<string, Mark>();
  let candidates: readonly Candidate[] = [];
  let round = 1;
  let failures = 0;
  let waitUntilMs = 0;
  const markOf = (candidate: Candidate): Mark => marks.get(keyOf(candidate)) ?? { round: 0, notBeforeMs: 0 };
  const mark = (candidate: Candidate, value: Mark) => {
    marks.delete(keyOf(candidate));
    marks.set(keyOf(candidate), value);
    const oldest = marks.keys().next();
    if (marks.size > maxMarks && !oldest.done) marks.delete(oldest.value);
  };
  /** All have failed, or there is none: the next round begins after a pause. */
  const nextRound = (nowMs: number): number => {
    failures += 1;
    round += 1;
    const asked = candidates.length === 0 ? 0 : Math.min(...candidates.map((one) => markOf(one).notBeforeMs)) - nowMs;
    const ms = Math.max(backoffMs(backoff, failures, random), asked);
    waitUntilMs = nowMs + ms;
    return ms;
  };
  return {
    update(list) {
      candidates = list;
    },
    next(nowMs) {
      if (nowMs < waitUntilMs) return { kind: 'wait', ms: waitUntilMs - nowMs };
      const open = candidates.filter((one) => markOf(one).round < round);
      const candidate = open.find((one) => markOf(one).notBeforeMs <= nowMs);
      return candidate === undefined ? { kind: 'wait', ms: nextRound(nowMs) } : { kind: 'try', candidate };
    },
    failed(candidate, nowMs, askedMs) {
      mark(candidate, { round, notBeforeMs: askedMs === undefined ? 0 : nowMs + askedDelayMs(askedMs, random) });
    },
    succeeded(candidate) {
      failures = 0;
      waitUntilMs = 0;
      // The round is over: after a loss every server may be tried at once, this one included.
      round += 1;
      marks.delete(keyOf(candidate));
    },
    lost(nowMs) {
      waitUntilMs = nowMs + backoffMs(backoff, 1, random);
    },
  };
}

/** Tells one server from another: several may share a name. */
export function keyOf({ url, addresses }: Candidate): string {
  return addresses === undefined ? url : `${url} ${addresses.map((one) => one.address).join(' ')}`;
}
