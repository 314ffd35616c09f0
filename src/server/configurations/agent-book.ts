/**
 * What is remembered of single agents: which versions they were well with, and which they failed with. Counts at once in memory
 * and is written a moment later in batches, because a new version reaches ten thousand agents within seconds. What a crash
 * takes with it comes back from what the agents report.
 */
import type { Clock } from '../../core/clock.ts';
import { putChange, unchanged } from './context.ts';
import type { Mirror } from './mirror.ts';
import { type AgentRecord, keys } from './records.ts';

/** Must come to the same when it is applied twice. */
type Update = (record: AgentRecord) => AgentRecord;

export interface AgentBook extends AsyncDisposable {
  get(uid: string): AgentRecord | undefined;
  /** `soon`: must not get lost, so it is written at once; the rest waits for company. */
  update(uid: string, update: Update, soon?: boolean): void;
  forget(uid: string): void;
  all(): Iterable<AgentRecord>;
  /** Resolves when everything so far is written, or could not be and waits for its next attempt. */
  flush(): Promise<void>;
}

const writeAfterMs = 500;
const retryAfterMs = 2_000;
/** Below the number of operations that etcd takes in one transaction by default (128). */
const batchSize = 100;

export function createAgentBook(mirror: Mirror, clock: Clock, failed: (thrown: unknown) => void): AgentBook {
  /** What is not written yet: applied to what is stored, so that another server's word in between is kept. Undefined: forget. */
  const waiting = new Map<
    string,
    { readonly updates: readonly Update[]; readonly stored: AgentRecord | undefined; readonly now: AgentRecord | undefined }
  >();
  let cancel: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;

  const fresh = (uid: string): AgentRecord => ({ uid, good: [], bad: [] });
  const applied = (uid: string, updates: readonly Update[]) =>
    updates.reduce((record, update) => update(record), mirror.agents.get(uid) ?? fresh(uid));

  function later(delayMs: number): void {
    if (closed) return;
    cancel ??= clock.after(delayMs, () => {
      cancel = undefined;
      void write();
    });
  }

  function write(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeAll(): Promise<void> {
    const uids = [...waiting.keys()];
    for (let at = 0; at < uids.length; at += batchSize) {
      const batch = uids.slice(at, at + batchSize).flatMap((uid) => {
        const entry = waiting.get(uid);
        return entry === undefined ? [] : [{ uid, entry, key: keys.agent(uid), next: entry.now && applied(uid, entry.updates) }];
      });
      try {
        const made = await mirror.commit(
          unchanged(mirror, ...batch.map(({ key }) => key)),
          batch.map(({ key, next }) => (next === undefined ? { kind: 'delete', key } : putChange(key, next))),
        );
        // What came in while it was written waits for the next turn, with all before it: updates may be applied twice.
        if (made) for (const { uid, entry } of batch) if (waiting.get(uid)?.updates === entry.updates) waiting.delete(uid);
      } catch (thrown) {
        failed(thrown);
        later(retryAfterMs);
        return;
      }
    }
    if (waiting.size > 0) later(writeAfterMs);
  }

  function current(uid: string): AgentRecord | undefined {
    const entry = waiting.get(uid);
    if (entry === undefined) return mirror.agents.get(uid);
    if (entry.stored === mirror.agents.get(uid) || entry.now === undefined) return entry.now;
    const now = applied(uid, entry.updates);
    waiting.set(uid, { updates: entry.updates, stored: mirror.agents.get(uid), now });
    return now;
  }

  return {
    get: current,
    update(uid, update, soon = false) {
      const updates = [...(waiting.get(uid)?.updates ?? []), update];
      waiting.set(uid, { updates, stored: mirror.agents.get(uid), now: applied(uid, updates) });
      if (soon) void write();
      else later(writeAfterMs);
    },
    forget(uid) {
      if (mirror.agents.get(uid) === undefined) return void waiting.delete(uid);
      waiting.set(uid, { updates: [], stored: undefined, now: undefined });
      later(writeAfterMs);
    },
    *all() {
      for (const [uid, record] of mirror.agents) if (!waiting.has(uid)) yield record;
      for (const uid of [...waiting.keys()]) {
        const record = current(uid);
        if (record !== undefined) yield record;
      }
    },
    flush: async () => {
      await writing;
      await write();
    },
    async [Symbol.asyncDispose]() {
      cancel?.();
      closed = true;
      await writing;
      await write();
    },
  };
}
