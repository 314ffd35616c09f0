/**
 * The store in one file of SQLite, for one server.
 *
 * How a commit becomes durable: it is written to SQLite's write-ahead log inside a transaction (one for all commits that wait), and
 * then the log is synced off the event loop; only after that its promise resolves and watchers hear of it. SQLite itself runs with
 * synchronous=NORMAL, which orders log and checkpoints, so that log plus sync is what FULL does, without holding up heartbeats while
 * the disk is busy. Reads that see what is not synced yet wait for that sync.
 *
 * A sync that fails is final: after it nobody knows what is on the disk, and trying again may report a success that is none
 * (the kernel marks the pages clean). The store then refuses everything until the server starts again and reads what is there.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import { type Log, silentLog } from '../../observe/log.ts';
import { createGroupCommit, type Written } from './group-commit.ts';
import { createHistory } from './history.ts';
import { createLeases } from './leases.ts';
import { checkCommit, checkKey, checkLimit, checkPrefix, checkTtl } from './limits.ts';
import { storeMetrics } from './metrics.ts';
import { failureOf, reasonOf } from './sqlite-failure.ts';
import { openFile, transact } from './sqlite-file.ts';
import { openTables } from './sqlite-tables.ts';
import type { Commit, CommitResult, Entry, Store, StoreEvent } from './store.ts';

export interface SqliteStoreOptions {
  /** The database's file; `:memory:` for one that is gone with the store. Its folder is made when it is missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly log?: Log;
  readonly registry?: Registry;
  /** The database may grow to this size; beyond it commits are refused with FAIRLEAD_STORE_FULL. */
  readonly maxBytes?: number;
  /** How the log reaches the disk; only tests have another one. */
  readonly sync?: (descriptor: number) => Promise<void>;
}

const syncToDisk = promisify(fdatasync);

/** Opens the store; rejects with FAIRLEAD_STORE_IN_USE, _NEWER, _FOREIGN, _CORRUPT or _UNREADABLE, and has then changed nothing. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, clock, log = silentLog, registry = new Registry(), sync = syncToDisk } = options;
  const file = openFile(path, options.maxBytes, log);
  const { database } = file;
  const tables = openTables(database);
  const walDescriptor = file.walPath === undefined ? undefined : openSync(file.walPath, 'r');
  const history = createHistory(tables.revision());
  const closing = new AbortController();
  let troubled = false;

  const group = createGroupCommit({
    revision: tables.revision,
    transaction: (work) => transact(database, () => tables.setRevision(work())),
    ...(walDescriptor === undefined ? {} : { sync: () => sync(walDescriptor) }),
    committed(commits, writes) {
      metrics.groupCommits.observe(writes);
      if (troubled) log.event('store.recovered', { path });
      troubled = false;
      for (const events of commits) history.publish(events);
    },
    refused(thrown) {
      const failure = failureOf(thrown, path);
      const full = failure instanceof FairleadError && failure.code === 'FAIRLEAD_STORE_FULL';
      if (!troubled) log.event(full ? 'store.full' : 'store.failed', { path, reason: reasonOf(thrown) }, thrown);
      troubled = true;
      return failure;
    },
    overloaded(waiting) {
      if (!troubled) log.event('store.busy', { path, waiting });
      troubled = true;
    },
    broken(thrown) {
      const reason = reasonOf(thrown);
      log.event('store.broken', { path, reason }, thrown);
      const outcome = 'whether the last changes are on it is unknown';
      return new FairleadError('FAIRLEAD_STORE_FAILED', { path, reason, outcome }, { cause: thrown });
    },
  });
  const metrics = storeMetrics(registry, {
    revision: () => reading(() => tables.revision(), 0),
    waiting: () => group.waiting,
    watchers: () => history.watchers,
    bytes: () => reading(() => tables.bytes(), 0),
  });
  const leases = createLeases(clock, async (id, why) => {
    const keys = await group.submit(0, (revision) => endLease(id, revision));
    if (why === 'expired') log.event('store.lease-expired', { lease: id, keys });
  });
  for (const { id, ttlMs } of tables.leases()) leases.start(id, ttlMs);
  log.event('store.opened', { path, revision: tables.revision() });

  function endLease(id: string, revision: number): Written<number> {
    const keys = tables.keysOfLease(id);
    for (const key of keys) tables.delete(key);
    tables.removeLease(id);
    return { value: keys.length, events: keys.map((key) => ({ kind: 'delete', key, revision })) };
  }

  /** Inside the transaction: conditions first, then the changes. */
  function write({ conditions = [], changes }: Commit, revision: number): Written<CommitResult | FairleadError> {
    for (const change of changes)
      if (change.kind === 'put' && change.leaseId !== undefined && !tables.hasLease(change.leaseId))
        return { value: new FairleadError('FAIRLEAD_STORE_LEASE_GONE', { lease: change.leaseId }), events: [] };
    const conflicts = conditions.filter(({ key, modRevision }) => tables.modRevision(key) !== modRevision).map(({ key }) => key);
    if (conflicts.length > 0) return { value: { ok: false, conflicts }, events: [] };
    const events: StoreEvent[] = [];
    for (const change of changes) {
      const { key } = change;
      if (change.kind === 'put') events.push({ kind: 'put', key, entry: tables.put(change, revision), revision });
      else if (tables.delete(key)) events.push({ kind: 'delete', key, revision });
    }
    return { value: { ok: true, revision: events.length > 0 ? revision : revision - 1 }, events };
  }

  /** What the database says, once it is sure to stay. */
  async function read<T>(what: () => T): Promise<T> {
    if (closing.signal.aborted) throw new FairleadError('FAIRLEAD_STORE_CLOSED');
    let seen: T;
    try {
      seen = what();
    } catch (thrown) {
      throw failureOf(thrown, path);
    }
    await group.settled();
    return seen;
  }

  function reading(what: () => number, otherwise: number): number {
    return closing.signal.aborted ? otherwise : what();
  }

  return {
    async get(key): Promise<Entry | undefined> {
      checkKey(key);
      return read(() => tables.get(key));
    },
    async list(prefix, { after = '', limit } = {}) {
      checkPrefix(prefix);
      checkLimit(limit);
      return read(() => {
        // One more than asked for tells whether there is more; -1 is no limit.
        const found = tables.list(prefix, after, limit === undefined ? -1 : limit + 1);
        const entries = limit === undefined ? found : found.slice(0, limit);
        return { entries, revision: tables.revision(), more: entries.length < found.length };
      });
    },
    async commit(commit) {
      const bytes = checkCommit(commit);
      const start = clock.monotonicMs();
      try {
        const result = await group.submit(bytes, (revision) => write(commit, revision));
        if (result instanceof FairleadError) throw result;
        metrics.commits.inc({ result: result.ok ? 'made' : 'conflict' });
        return result;
      } catch (thrown) {
        metrics.commits.inc({ result: 'failed' });
        throw thrown;
      } finally {
        metrics.durationSeconds.observe((clock.monotonicMs() - start) / 1_000);
      }
    },
    watch(prefix, after, signal) {
      checkPrefix(prefix);
      return history.watch(prefix, after, signal);
    },
    async lease(ttlMs) {
      checkTtl(ttlMs);
      const id = randomUUID();
      await group.submit(0, () => {
        tables.addLease(id, ttlMs);
        return { value: undefined, events: [] };
      });
      leases.start(id, ttlMs);
      return {
        id,
        keepAlive: () => leases.keepAlive(id),
        [Symbol.asyncDispose]: () => leases.revoke(id),
      };
    },
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return;
      leases.close();
      await group.close();
      closing.abort();
      history.close();
      if (walDescriptor !== undefined) closeSync(walDescriptor);
      file.close();
    },
  };
}
