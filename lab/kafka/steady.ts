/**
 * Pushes batches one after the other at a pace, until it is stopped. Not more than is needed: a mock broker keeps 5 MB and 100,000 records of each partition
 * and drops the oldest ones beyond.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Feed } from './feed.ts';

export interface Steady {
  /** Everything that was pushed. */
  stop(): Promise<readonly string[]>;
}

export function steady(feed: Feed, { lines = 20, everyMs = 5 }: { readonly lines?: number; readonly everyMs?: number } = {}): Steady {
  const pushed: string[] = [];
  let stopped = false;
  const run = async () => {
    for (let next = 0; !stopped; ) {
      const batch = Array.from({ length: lines }, () => `{"n":${next++},"text":"the quick brown fox jumps over the lazy dog"}`);
      pushed.push(...batch);
      await feed.push(batch);
      await sleep(everyMs);
    }
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
      return pushed;
    },
  };
}
