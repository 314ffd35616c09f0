/**
 * Writes what changed into the store. Whoever needs to be sure waits for `settled`; changes of many requests share a commit, and
 * a key that changed twice in the meantime is written once.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Change, Store } from '../../store/store.ts';

export interface Journal extends AsyncDisposable {
  /** `undefined` deletes the key. */
  put(key: string, value: string | undefined): void;
  /** Resolves when everything that was put so far is durable; rejects with the store's error when it could not be written now. */
  settled(): Promise<void>;
}

/** A store's commit takes at most so many changes. */
const changesPerCommit = 1_000;
/** What could not be written (a full disk) is tried again after this time, and with the next change. */
const retryAfterMs = 2_000;

export interface JournalParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly failed: (cause: unknown) => void;
}

export function createJournal({ store, clock, failed }: JournalParts): Journal {
  const dirty = new Map<string, string | undefined>();
  let next: PromiseWithResolvers<void> | undefined;
  let running: Promise<void> | undefined;
  let current: Promise<void> | undefined;
  let cancelRetry: (() => void) | undefined;

  /** Nobody may be waiting for this round; a failure is reported by `failed` in any case. */
  const nextRound = (): Promise<void> => {
    if (next === undefined) {
      next = Promise.withResolvers<void>();
      next.promise.catch(() => undefined);
    }
    return next.promise;
  };

  const write = async (entries: readonly (readonly [string, string | undefined])[]) => {
    for (let at = 0; at < entries.length; at += changesPerCommit) {
      const changes = entries
        .slice(at, at + changesPerCommit)
        .map(([key, value]): Change => (value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value }));
      await store.commit({ changes });
    }
  };

  const round = async () => {
    await Promise.resolve(); // everything that changes in the same turn belongs to one commit
    cancelRetry?.();
    cancelRetry = undefined;
    const waiting = next;
    next = undefined;
    current = waiting?.promise;
    const entries = [...dirty];
    dirty.clear();
    try {
      await write(entries);
      waiting?.resolve();
    } catch (cause) {
      for (const [key, value] of entries) if (!dirty.has(key)) dirty.set(key, value);
      failed(cause);
      waiting?.reject(cause);
      cancelRetry = clock.after(retryAfterMs, start);
    }
    running = undefined;
    current = undefined;
    if (next !== undefined) start();
  };

  const start = () => {
    running ??= round();
  };

  return {
    put(key, value) {
      dirty.set(key, value);
      void nextRound();
      start();
    },
    settled() {
      if (dirty.size === 0) return current ?? Promise.resolve();
      const promise = nextRound();
      start();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      while (running !== undefined) await running;
      if (dirty.size > 0) await write([...dirty]).catch(failed);
      cancelRetry?.();
    },
  };
}
