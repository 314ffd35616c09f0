import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { manualClock } from '../../core/manual-clock.ts';
import type { EventName } from '../../observe/events/index.ts';
import type { Log } from '../../observe/log.ts';
import { type Subject, storeContract } from './contract.ts';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite.ts';
import type { Store } from './store.ts';

storeContract('SQLite in memory', async () => subject(':memory:'));
storeContract('SQLite in a file', async () => {
  const folder = scratch();
  return subject(join(folder.path, 'data', 'fairlead.db'), folder);
});

/** A commit's expiry runs in microtasks in memory and behind a sync in a file: a turn of the loop and a read wait for both. */
async function subject(path: string, folder?: Disposable): Promise<Subject> {
  const clock = manualClock();
  let store = await openSqliteStore({ path, clock });
  return {
    store,
    root: 'test/',
    leaseTtlMs: 2_000,
    async pass(ms) {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
      await store.get('test/none');
    },
    ...(folder === undefined
      ? {}
      : {
          async reopen() {
            await store[Symbol.asyncDispose]();
            store = await openSqliteStore({ path, clock });
            return store;
          },
        }),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      folder?.[Symbol.dispose]();
    },
  };
}

test('a database and its log are for their owner alone, and so is the folder that was made for them', async () => {
  await using opened = await openInScratch();
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  assert.equal(mode(opened.folder), '700');
  assert.deepEqual(
    readdirSync(opened.folder).map((name) => [name, mode(join(opened.folder, name))]),
    [
      ['fairlead.db', '600'],
      ['fairlead.db-wal', '600'],
      ['fairlead.db.pid', '600'],
    ],
  );
});

test('a second store on the same file is refused with the owner, and the first goes on', async () => {
  await using opened = await openInScratch();
  await assert.rejects(openSqliteStore({ path: opened.path, clock: manualClock() }), {
    code: 'FAIRLEAD_STORE_IN_USE',
    message: `${opened.path}: the database is used by another server (process ${process.pid})`,
  });
  await putMany(opened.store, 3);
  assert.equal((await opened.store.list('k/')).entries.length, 3);
});

test('a database of a newer version is refused and stays as it is, byte for byte', async () => {
  using folder = scratch();
  const path = join(folder.path, 'fairlead.db');
  await (await openSqliteStore({ path, clock: manualClock() }))[Symbol.asyncDispose]();
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 7; CREATE TABLE something_new (a)');
  newer.close();
  const before = readFileSync(path);
  await assert.rejects(openSqliteStore({ path, clock: manualClock() }), {
    code: 'FAIRLEAD_STORE_NEWER',
    message: `${path}: the database was written by a newer version (format 7, this version knows 1); nothing was changed`,
  });
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(folder.path), ['fairlead.db']);
});

test('a database of another program is refused and stays as it is', async () => {
  using folder = scratch();
  const path = join(folder.path, 'photos.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE photos (name)');
  other.close();
  const before = readFileSync(path);
  await assert.rejects(openSqliteStore({ path, clock: manualClock() }), { code: 'FAIRLEAD_STORE_FOREIGN' });
  assert.deepEqual(readFileSync(path), before);
});

test('a file that is no database is called damaged', async () => {
  using folder = scratch();
  const path = join(folder.path, 'fairlead.db');
  writeFileSync(path, 'not a database at all\n'.repeat(400));
  await assert.rejects(openSqliteStore({ path, clock: manualClock() }), {
    code: 'FAIRLEAD_STORE_CORRUPT',
    message: `${path}: the database is damaged: file is not a database`,
  });
});

test('a database with overwritten pages is found damaged when it is opened', async () => {
  using folder = scratch();
  const path = join(folder.path, 'fairlead.db');
  {
    await using store = await openSqliteStore({ path, clock: manualClock() });
    await putMany(store, 500);
  }
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 8_192, 8_192 + 3 * 4_096);
  writeFileSync(path, bytes);
  await assert.rejects(openSqliteStore({ path, clock: manualClock() }), { code: 'FAIRLEAD_STORE_CORRUPT' });
});

test('a path that cannot be a database says why', async () => {
  using folder = scratch();
  writeFileSync(join(folder.path, 'file'), '');
  for (const path of [folder.path, join(folder.path, 'file', 'fairlead.db')])
    await assert.rejects(openSqliteStore({ path, clock: manualClock() }), { code: 'FAIRLEAD_STORE_UNREADABLE' });
});

test('when there is no room, a change is refused, what is there stays, and later ones get through once there is room', async () => {
  const told: string[] = [];
  await using opened = await openInScratch({ maxBytes: 400_000, log: logTo(told) });
  const { store } = opened;
  const value = 'v'.repeat(20_000);
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, at) => store.commit({ changes: [{ kind: 'put', key: `k/${String(at).padStart(2, '0')}`, value }] })),
  );
  const made = results.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(made > 5 && made < 40, `${made} of 40 fit`);
  for (const result of results)
    if (result.status === 'rejected') assert.equal(result.reason.code, 'FAIRLEAD_STORE_FULL', String(result.reason));
  assert.equal((await store.list('k/')).entries.length, made);
  await store.commit({ changes: [{ kind: 'delete', key: 'k/00' }] });
  assert.equal((await store.commit({ changes: [{ kind: 'put', key: 'k/new', value }] })).ok, true);
  assert.deepEqual(told, ['store.opened', 'store.full', 'store.recovered']);
});

test('a commit resolves, a read shows it and a watch tells of it only after the disk has confirmed', async () => {
  const disk = slowDisk();
  await using opened = await openInScratch({ sync: disk.sync });
  const { store } = opened;
  const told: string[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const [event] of store.watch('', 1, stop.signal)) told.push(`watch ${event?.key}`);
  })();
  const commit = store.commit({ changes: [{ kind: 'put', key: 'a', value: '1' }] }).then(() => told.push('commit'));
  await disk.asked();
  const read = store.get('a').then((entry) => told.push(`read ${entry?.value}`));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told, []);
  disk.confirm();
  await Promise.all([commit, read]);
  assert.deepEqual(told.sort(), ['commit', 'read 1', 'watch a']);
  stop.abort();
  await watching;
});

test('commits that arrive while the disk is busy share the next sync', async () => {
  const disk = slowDisk();
  await using opened = await openInScratch({ sync: disk.sync });
  const first = putMany(opened.store, 1);
  await disk.asked();
  const rest = putMany(opened.store, 200);
  disk.confirm();
  await disk.asked();
  disk.confirm();
  await Promise.all([first, rest]);
  assert.equal(disk.count(), 2);
});

test('when the disk does not keep up, what is too much is refused, and what was taken is done', async () => {
  const told: string[] = [];
  const disk = slowDisk();
  await using opened = await openInScratch({ sync: disk.sync, log: logTo(told) });
  const first = putMany(opened.store, 1);
  await disk.asked();
  const codes = new Map<string, number>();
  const count = (what: string) => codes.set(what, (codes.get(what) ?? 0) + 1);
  const one = (at: number) =>
    opened.store.commit({ changes: [{ kind: 'put', key: `k/${at}`, value: '' }] }).then(
      () => count('made'),
      (thrown) => count(thrown.code),
    );
  const many = Promise.all(Array.from({ length: 20_100 }, (_, at) => one(at)));
  disk.confirmAll();
  await Promise.all([first, many]);
  assert.deepEqual(Object.fromEntries(codes), { FAIRLEAD_STORE_BUSY: 100, made: 20_000 });
  assert.deepEqual(told, ['store.opened', 'store.busy', 'store.recovered']);
});

test('after a sync that failed nobody is told a success, and nothing more is taken', async () => {
  const told: string[] = [];
  const disk = slowDisk();
  await using opened = await openInScratch({ sync: disk.sync, log: logTo(told) });
  const { store } = opened;
  const writing = putMany(store, 2);
  await disk.asked();
  const waiting = store.commit({ changes: [{ kind: 'put', key: 'later', value: 'x' }] });
  const unknown = { code: 'FAIRLEAD_STORE_FAILED', message: /EIO.*whether the last changes are on it is unknown/ };
  const all = Promise.all([writing, waiting, store.get('k/0')].map((call) => assert.rejects(call, (thrown) => hasCode(thrown))));
  disk.fail(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
  await all;
  await assert.rejects(store.commit({ changes: [{ kind: 'put', key: 'never', value: 'x' }] }), unknown);
  await assert.rejects(store.get('k/0'), unknown);
  assert.deepEqual(told, ['store.opened', 'store.broken']);
});

test('a watch from before the restart is told to list again', async () => {
  await using opened = await openInScratch();
  await putMany(opened.store, 5);
  const { revision } = await opened.store.list('k/');
  await opened.store[Symbol.asyncDispose]();
  await using again = await openSqliteStore({ path: opened.path, clock: manualClock() });
  const next = (after: number) => again.watch('k/', after, new AbortController().signal)[Symbol.asyncIterator]().next();
  await assert.rejects(next(revision - 1), { code: 'FAIRLEAD_STORE_COMPACTED' });
  const waiting = next(revision);
  await putMany(again, 1);
  assert.equal((await waiting).done, false);
});

test('the metrics count commits by result and show the groups', async () => {
  const registry = new Registry();
  await using store = await openSqliteStore({ path: ':memory:', clock: manualClock(), registry });
  await putMany(store, 10);
  await store.commit({ conditions: [{ key: 'k/0', modRevision: 0 }], changes: [] });
  const text = await registry.metrics();
  for (const line of [
    'fairlead_store_commits_total{result="made"} 10',
    'fairlead_store_commits_total{result="conflict"} 1',
    'fairlead_store_revision 11',
    'fairlead_store_waiting_commits 0',
    'fairlead_store_group_commits_count 2',
  ])
    assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
});

function scratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function openInScratch(options: Partial<SqliteStoreOptions> = {}) {
  const base = scratch();
  const folder = join(base.path, 'data');
  const path = join(folder, 'fairlead.db');
  const store = await openSqliteStore({ path, clock: manualClock(), ...options });
  return {
    store,
    path,
    folder,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      base[Symbol.dispose]();
    },
  };
}

async function putMany(store: Store, count: number): Promise<void> {
  const one = (at: number) => store.commit({ changes: [{ kind: 'put', key: `k/${at}`, value: 'v'.repeat(300) }] });
  await Promise.all(Array.from({ length: count }, (_, at) => one(at)));
}

function logTo(names: string[]): Log {
  const log: Log = { event: (name: EventName) => void names.push(name), with: () => log };
  return log;
}

/** A disk that confirms when it is told to. */
function slowDisk() {
  let count = 0;
  let pending = Promise.withResolvers<void>();
  let asked = Promise.withResolvers<void>();
  let quick = false;
  return {
    sync(): Promise<void> {
      count += 1;
      if (quick) return Promise.resolve();
      pending = Promise.withResolvers();
      asked.resolve();
      return pending.promise;
    },
    /** Resolves when a sync is under way. */
    async asked(): Promise<void> {
      await asked.promise;
      asked = Promise.withResolvers();
    },
    confirm: () => pending.resolve(),
    confirmAll(): void {
      quick = true;
      pending.resolve();
    },
    fail: (error: Error) => pending.reject(error),
    count: () => count,
  };
}

function hasCode(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'FAIRLEAD_STORE_FAILED';
}
