/** Exponential backoff with full jitter: after a failure wait a uniformly random time below a ceiling that doubles. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The wait before attempt `failures` + 1, where `failures` counts from 1. `random` gives 0 ≤ x < 1. */
export function backoffMs(backoff: Backoff, failures: number, random: () => number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.floor(random() * ceiling);
}

/**
 * The wait when the peer asked for one: never earlier than it asked, spread over half as much again, so that all who were
 * turned away together do not come back together.
 */
export function askedDelayMs(askedMs: number, random: () => number): number {
  return Math.floor(askedMs * (1 + random() / 2));
}
