/**
 * How many requests may be under way at once: more while the receiver answers as fast as before, fewer when it pushes back or slows down (additive increase,
 * multiplicative decrease). Numbers as Vector's adaptive concurrency has them.
 */
export interface Concurrency {
  readonly limit: number;
  /** Exponentially weighted mean and variance of the time of a request; undefined before the first. */
  readonly meanMs?: number;
  readonly variance?: number;
}

export interface Observation {
  readonly tookMs: number;
  /** The receiver asked for less. */
  readonly pushedBack: boolean;
  /** As many requests were under way as were allowed. */
  readonly limitReached: boolean;
}

const weight = 0.4;
const decrease = 0.9;
const deviations = 2.5;
/** Below this no slowness is meant: a loaded machine makes loopback requests vary by so much. */
const noiseMs = 20;

export const startConcurrency: Concurrency = { limit: 1 };

export function observe(before: Concurrency, seen: Observation, max: number): Concurrency {
  if (seen.pushedBack) return { ...before, limit: Math.max(1, before.limit * decrease) };
  const { meanMs, variance = 0 } = before;
  if (meanMs === undefined) return { limit: grown(before, seen, max), meanMs: seen.tookMs, variance: 0 };
  const difference = seen.tookMs - meanMs;
  const slow = difference > Math.max(noiseMs, deviations * Math.sqrt(variance));
  const next = { meanMs: meanMs + weight * difference, variance: (1 - weight) * (variance + weight * difference * difference) };
  if (slow) return { ...next, limit: Math.max(1, before.limit * decrease) };
  return { ...next, limit: difference <= noiseMs / 2 ? grown(before, seen, max) : before.limit };
}

/** One more for a whole round of requests, so that ten at once do not make twenty of it. */
function grown({ limit }: Concurrency, { limitReached }: Observation, max: number): number {
  return limitReached ? Math.min(max, limit + 1 / Math.floor(limit)) : limit;
}
