/**
 * Many commits, one sync: what arrives while the disk is busy goes into the next transaction together. The more callers, the larger
 * the groups, so that the price of a sync is shared by all who wait for it.
 */
import { FairleadError } from '../../core/errors.ts';
import type { StoreEvent } from './store.ts';

/** What a write did; a write without events takes no revision. */
export interface Written<T> {
  readonly value: T;
  readonly events: readonly StoreEvent[];
}

/** Where groups go: all three as one story in sqlite.ts. */
export interface Disk {
  revision(): number;
  /** Runs the work in one transaction whose last revision is the result of the work; undone when it throws. */
  transaction(work: () => number): void;
  /** Resolves when all transactions so far survive a power cut; undefined when there is no disk. */
  readonly sync?: () => Promise<void>;
  /** One durable group, in order. */
  committed(groups: readonly (readonly StoreEvent[])[], writes: number): void;
  /** A write was undone because of this; the result is what its caller gets. */
  refused(thrown: unknown): unknown;
  /** A write was not even taken, because so many wait. */
  overloaded(waiting: number): void;
  /** The disk did not confirm: nobody knows what is on it. The result is what everyone gets from now on. */
  broken(thrown: unknown): unknown;
}

/** Bounds of one group, so that the loop is never held for long, and of what waits. */
const groupWrites = 1_000;
const groupBytes = 8 * 1024 * 1024;
const waitingWrites = 20_000;
const waitingBytes = 64 * 1024 * 1024;

interface Pending {
  readonly bytes: number;
  /** Makes the changes as this revision; `settle` tells the caller once they are durable. */
  readonly run: (revision: number) => { readonly events: readonly StoreEvent[]; readonly settle: () => void };
  readonly reject: (reason: unknown) => void;
}

type Done = ReturnType<Pending['run']> & { readonly pending: Pending };

export interface GroupCommit {
  /** Rejects with FAIRLEAD_STORE_BUSY when too much waits. */
  submit<T>(bytes: number, write: (revision: number) => Written<T>): Promise<T>;
  /** Resolves when everything that a read can see now is durable. */
  settled(): Promise<void>;
  /** Takes nothing more, and resolves when what was taken is done. */
  close(): Promise<void>;
  readonly waiting: number;
}

export function createGroupCommit(disk: Disk): GroupCommit {
  const queue: Pending[] = [];
  let queueBytes = 0;
  /** The sync under way; reads wait for it, so that nobody acts on what a power cut could take back. */
  let syncing: Promise<void> = Promise.resolve();
  let draining: Promise<void> | undefined;
  let refusal: { readonly reason: unknown } | undefined;

  async function drain(): Promise<void> {
    try {
      while (queue.length > 0) await writeGroup();
    } finally {
      draining = undefined; // in the very step that saw the queue empty: a write that comes now starts a drain of its own
    }
  }

  async function writeGroup(): Promise<void> {
    const done = write(takeGroup());
    if (done.length > 0 && disk.sync !== undefined) {
      syncing = disk.sync().catch(giveUp);
      try {
        await syncing;
      } catch (reason) {
        for (const pending of [...done.map((one) => one.pending), ...queue.splice(0)]) pending.reject(reason);
        queueBytes = 0;
        return;
      }
    }
    finish(done);
  }

  function giveUp(thrown: unknown): never {
    refusal = { reason: disk.broken(thrown) };
    throw refusal.reason;
  }

  function takeGroup(): readonly Pending[] {
    let bytes = 0;
    let count = 0;
    for (const pending of queue) {
      if (count > 0 && (count >= groupWrites || bytes + pending.bytes > groupBytes)) break;
      bytes += pending.bytes;
      count += 1;
    }
    queueBytes -= bytes;
    return queue.splice(0, count);
  }

  /** All in one transaction; when that fails, each alone, so that one large commit does not take the small ones with it. */
  function write(group: readonly Pending[]): readonly Done[] {
    try {
      return transact(group);
    } catch (thrown) {
      if (group.length > 1) return group.flatMap((pending) => write([pending]));
      group[0]?.reject(disk.refused(thrown));
      return [];
    }
  }

  function transact(group: readonly Pending[]): readonly Done[] {
    const done: Done[] = [];
    disk.transaction(() => {
      let revision = disk.revision();
      for (const pending of group) {
        const written = pending.run(revision + 1);
        if (written.events.length > 0) revision += 1;
        done.push({ ...written, pending });
      }
      return revision;
    });
    return done;
  }

  function finish(done: readonly Done[]): void {
    if (done.length === 0) return;
    disk.committed(
      done.map(({ events }) => events),
      done.length,
    );
    for (const { settle } of done) settle();
  }

  return {
    submit(bytes, write) {
      if (refusal !== undefined) return Promise.reject(refusal.reason);
      if (queue.length >= waitingWrites || queueBytes + bytes > waitingBytes) {
        disk.overloaded(queue.length);
        return Promise.reject(new FairleadError('FAIRLEAD_STORE_BUSY', { waiting: String(queue.length) }));
      }
      return new Promise((resolve, reject) => {
        queue.push({
          bytes,
          reject,
          run: (revision) => {
            const { value, events } = write(revision);
            return { events, settle: () => resolve(value) };
          },
        });
        queueBytes += bytes;
        // A microtask later, so that commits made in one go are one group from the start.
        draining ??= Promise.resolve().then(drain);
      });
    },
    settled: () => (refusal === undefined ? syncing : Promise.reject(refusal.reason)),
    async close() {
      refusal ??= { reason: new FairleadError('FAIRLEAD_STORE_CLOSED') };
      await draining;
    },
    get waiting() {
      return queue.length;
    },
  };
}
