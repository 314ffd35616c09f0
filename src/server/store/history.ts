/**
 * The last revisions, and who watches them. Kept in memory: with one server nobody outlives the process who could ask for more,
 * and a durable history would double what is written. After a restart the history starts anew: older revisions are compacted.
 */
import { FairleadError } from '../../core/errors.ts';
import type { StoreEvent } from './store.ts';

export interface HistoryLimits {
  readonly revisions: number;
  /** Characters of keys and values; when they are large, fewer revisions are kept. */
  readonly characters: number;
}

export const defaultHistory: HistoryLimits = { revisions: 10_000, characters: 64 * 1024 * 1024 };

interface Waiting {
  readonly prefix: string;
  /** Everything up to this revision was seen. */
  after: number;
  readonly wake: () => void;
}

export interface History {
  /** Events of one commit; the revision is greater than that of the commit before. */
  publish(events: readonly StoreEvent[]): void;
  watch(prefix: string, after: number, signal: AbortSignal): AsyncGenerator<readonly StoreEvent[], void, undefined>;
  /** Ends every watch. */
  close(): void;
  readonly watchers: number;
  readonly revisions: number;
}

export function createHistory(openedAt: number, limits: HistoryLimits = defaultHistory): History {
  const commits: (readonly StoreEvent[])[] = [];
  /** Commits before this index were dropped; they are cut off in large pieces. */
  let head = 0;
  let characters = 0;
  /** The newest revision that is no longer kept. */
  let compacted = openedAt;
  let newest = openedAt;
  let watchers = 0;
  let closed = false;
  const waiting = new Set<Waiting>();

  function trim(): void {
    while (commits.length - head > limits.revisions || (characters > limits.characters && commits.length - head > 1)) {
      const oldest = commits[head++] ?? [];
      characters -= sizeOf(oldest);
      compacted = oldest[0]?.revision ?? compacted;
    }
    if (head > 4_096 && head * 2 > commits.length) {
      commits.splice(0, head);
      head = 0;
    }
  }

  /** Index of the first commit after the revision. */
  function indexAfter(revision: number): number {
    let low = head;
    let high = commits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((commits[middle]?.[0]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Sleeps until a commit after `after` has the prefix; the result is the revision up to which there is nothing to see. */
  function change(prefix: string, after: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      const one: Waiting = { prefix, after, wake };
      function wake(): void {
        waiting.delete(one);
        signal.removeEventListener('abort', wake);
        resolve(one.after);
      }
      waiting.add(one);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  return {
    publish(events) {
      const revision = events[0]?.revision;
      if (revision === undefined) return;
      commits.push(events);
      newest = revision;
      characters += sizeOf(events);
      for (const one of waiting) {
        if (one.after >= revision) continue;
        if (events.some(({ key }) => key.startsWith(one.prefix))) one.wake();
        else one.after = revision; // so that an idle watch of a quiet prefix is never behind the history
      }
      trim();
    },
    async *watch(prefix, after, signal) {
      watchers += 1;
      try {
        let seen = after;
        while (!signal.aborted && !closed) {
          if (seen < compacted) throw new FairleadError('FAIRLEAD_STORE_COMPACTED', { after: String(seen), oldest: String(compacted) });
          const next = commits[indexAfter(seen)];
          if (next === undefined) {
            seen = Math.max(seen, await change(prefix, Math.max(seen, newest), signal));
            continue;
          }
          seen = next[0]?.revision ?? seen;
          const ours = next.filter(({ key }) => key.startsWith(prefix));
          if (ours.length > 0) yield ours;
        }
      } finally {
        watchers -= 1;
      }
    },
    close() {
      closed = true;
      for (const one of [...waiting]) one.wake();
    },
    get watchers() {
      return watchers;
    },
    get revisions() {
      return commits.length - head;
    },
  };
}

function sizeOf(events: readonly StoreEvent[]): number {
  let size = 0;
  for (const { key, entry } of events) size += key.length + (entry?.value.length ?? 0);
  return size;
}
