/** A rate limit: `ratePerSecond` on average, `burst` at once. */
export interface TokenBucket {
  /** 0: go on. Otherwise nothing was taken, and so many milliseconds have to pass until it would have been. */
  take(nowMs: number): number;
}

export function tokenBucket(ratePerSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let at: number | undefined;
  return {
    take(nowMs) {
      if (at !== undefined) tokens = Math.min(burst, tokens + (Math.max(0, nowMs - at) * ratePerSecond) / 1_000);
      at = nowMs;
      if (tokens < 1) return Math.ceil(((1 - tokens) * 1_000) / ratePerSecond);
      tokens -= 1;
      return 0;
    },
  };
}

/** One bucket for each key (an address, a token's id); full ones are forgotten, and never more than `maxKeys` are kept. */
export interface KeyedBuckets {
  take(key: string, nowMs: number): number;
}

export function keyedBuckets(ratePerSecond: number, burst: number, maxKeys = 10_000): KeyedBuckets {
  const buckets = new Map<string, TokenBucket>();
  return {
    take(key, nowMs) {
      const known = buckets.get(key);
      // Moved to the end: the one that was not used for the longest time is first, and goes when there are too many.
      if (known !== undefined) buckets.delete(key);
      const bucket = known ?? tokenBucket(ratePerSecond, burst);
      buckets.set(key, bucket);
      const oldest = buckets.keys().next();
      if (buckets.size > maxKeys && !oldest.done) buckets.delete(oldest.value);
      return bucket.take(nowMs);
    },
  };
}
