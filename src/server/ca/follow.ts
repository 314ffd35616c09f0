/** A part of the store kept in memory: listed once, then watched, for as long as the signal lets it. */
import { type Backoff, backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Entry, Store, StoreEvent } from '../store/store.ts';

export interface Follower {
  /** Everything that is there, at the start and after a watch was lost: what is not among the entries is gone. */
  reset(entries: readonly Entry[]): Promise<void> | void;
  apply(events: readonly StoreEvent[]): Promise<void> | void;
  /** The watch ended although nobody asked it to; it is begun again after `retryInMs`. */
  lost(retryInMs: number, cause: unknown): void;
}

const backoff: Backoff = { firstMs: 500, maxMs: 30_000 };

/** Resolves when the first listing is in; rejects when that one fails. `done` resolves when the following has ended. */
export async function follow(
  store: Store,
  prefix: string,
  clock: Clock,
  signal: AbortSignal,
  follower: Follower,
): Promise<{ readonly done: Promise<void> }> {
  let revision = await listAll(store, prefix, follower);
  const watching = async () => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        for await (const events of store.watch(prefix, revision, signal)) {
          await follower.apply(events);
          revision = events.at(-1)?.revision ?? revision;
          failures = 0;
        }
        if (signal.aborted) return;
        throw new Error('the watch ended');
      } catch (cause) {
        if (signal.aborted) return;
        failures += 1;
        const retryInMs = Math.max(100, backoffMs(backoff, failures, Math.random));
        follower.lost(retryInMs, cause);
        await pause(clock, retryInMs, signal);
        if (signal.aborted) return;
        revision = await listAll(store, prefix, follower).catch(() => revision);
      }
    }
  };
  return { done: watching() };
}

async function listAll(store: Store, prefix: string, follower: Follower): Promise<number> {
  const entries: Entry[] = [];
  let first: number | undefined;
  for (let after: string | undefined; ; after = entries.at(-1)?.key) {
    const page = await store.list(prefix, { limit: 1_000, ...(after === undefined ? {} : { after }) });
    entries.push(...page.entries);
    // What changes while later pages are read is seen again by the watch: applying an event twice does no harm.
    first ??= page.revision;
    if (!page.more || page.entries.length === 0) break;
  }
  await follower.reset(entries);
  return first;
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(delayMs, resolve);
    signal.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
