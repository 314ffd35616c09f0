/**
 * Writes what changed, many agents in one commit. A storm (10,000 agents come back at once) marks 10,000 records; what is
 * written is their last state, in commits of `batch` records, one after the other: as many syncs as batches, not as agents.
 */
import type { Clock } from '../../core/clock.ts';
import type { Change, Commit, Store } from '../store/store.ts';

export interface WriterOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** What stands for this uid now; undefined: the record is to be deleted. */
  readonly textOf: (uid: string) => { readonly key: string; readonly value: string | undefined };
  /** The store refused; what was to be written is kept and tried again. */
  readonly onFailure: (error: unknown, waiting: number) => void;
}

export interface Writer {
  /** The record changed; written soon. */
  touch(uid: string): void;
  /** Resolves when everything that was touched before is durable; rejects when the store refuses. */
  flush(): Promise<void>;
  /** Carries out one commit of its own in the order of all others; `apply` runs as soon as it is durable. */
  alone(prepare: () => Commit, apply: () => void): Promise<readonly string[]>;
  readonly waiting: number;
  close(): Promise<void>;
}

/** How long a change may wait for company. */
const lingerMs = 50;
const batch = 500;
/** Between attempts at a store that refuses (a full disk). */
const retryMs = 2_000;

export function createWriter({ store, clock, textOf, onFailure }: WriterOptions): Writer {
  const dirty = new Set<string>();
  let tail: Promise<unknown> = Promise.resolve();
  let cancelTimer: (() => void) | undefined;
  let closed = false;

  /** One after the other: a background write that was computed before must not land after a newer one. */
  function inOrder<T>(step: () => Promise<T>): Promise<T> {
    const result = tail.then(step);
    tail = result.catch(() => {});
    return result;
  }

  async function writeAll(): Promise<void> {
    while (dirty.size > 0) {
      const uids = firstOf(dirty, batch);
      const changes = uids.map((uid): Change => {
        const { key, value } = textOf(uid);
        dirty.delete(uid);
        return value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value };
      });
      try {
        await store.commit({ changes });
      } catch (error) {
        for (const uid of uids) dirty.add(uid);
        throw error;
      }
    }
  }

  function schedule(delayMs: number): void {
    if (cancelTimer !== undefined || closed) return;
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = undefined;
      inOrder(writeAll).catch((error: unknown) => {
        onFailure(error, dirty.size);
        schedule(retryMs);
      });
    });
  }

  return {
    touch(uid) {
      dirty.add(uid);
      schedule(lingerMs);
    },
    flush: () => inOrder(writeAll),
    alone: (prepare, apply) =>
      inOrder(async () => {
        const result = await store.commit(prepare());
        if (!result.ok) return result.conflicts;
        apply();
        return [];
      }),
    get waiting() {
      return dirty.size;
    },
    async close() {
      closed = true;
      cancelTimer?.();
      await inOrder(writeAll).catch((error: unknown) => onFailure(error, dirty.size));
    },
  };
}

function firstOf(uids: Iterable<string>, count: number): readonly string[] {
  const first: string[] = [];
  for (const uid of uids) {
    if (first.length === count) break;
    first.push(uid);
  }
  return first;
}
