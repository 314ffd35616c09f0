/** Opens the database's file: permissions, the lock against a second server, the format's version, damage. */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FairleadError } from '../../core/errors.ts';
import type { Log } from '../../observe/log.ts';
import { isOutOfSharedMemory, openFailureOf } from './sqlite-failure.ts';

/** Grows with every change of the tables that an older version could not read. */
export const formatVersion = 1;
/** `FLST`: tells our databases from those of others (sqlite.org/fileformat2.html, offset 68). */
const applicationId = 0x464c5354;
const pageBytes = 4_096;

const schema = `
  CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES ('revision', 1);
  CREATE TABLE entries (
    key TEXT PRIMARY KEY, value TEXT NOT NULL,
    create_revision INTEGER NOT NULL, mod_revision INTEGER NOT NULL, lease_id TEXT
  ) STRICT;
  CREATE INDEX entries_by_lease ON entries (lease_id) WHERE lease_id IS NOT NULL;
  CREATE TABLE leases (id TEXT PRIMARY KEY, ttl_ms INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

export interface OpenFile {
  readonly database: DatabaseSync;
  /** Where the write-ahead log is; undefined in memory. */
  readonly walPath?: string;
  /** Closes the database and gives the lock back. */
  close(): void;
}

/** Opens or makes the database; throws FAIRLEAD_STORE_* and has then changed nothing that was there. */
export function openFile(path: string, maxBytes: number | undefined, log: Log): OpenFile {
  if (path === ':memory:') {
    const database = new DatabaseSync(path);
    prepare(database, path, maxBytes);
    return { database, close: () => database.close() };
  }
  const pidPath = `${path}.pid`;
  let database: DatabaseSync | undefined;
  try {
    makePrivate(path, log);
    lookWithoutTouching(path);
    chmodSync(path, 0o600);
    database = new DatabaseSync(path);
    prepare(database, path, maxBytes);
    leavePid(pidPath);
    syncFolder(path);
  } catch (thrown) {
    database?.close();
    throw openFailureOf(thrown, path, () => ownerOf(pidPath));
  }
  const opened = database;
  return {
    database: opened,
    walPath: `${path}-wal`,
    close() {
      rmSync(pidPath, { force: true });
      opened.close();
    },
  };
}

/** The file holds keys and secrets' hashes: for this user alone. SQLite gives its other files the same permissions. */
function makePrivate(path: string, log: Log): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o022) !== 0) log.event('store.folder-writable', { folder });
  // Only ever for a new file: closing any descriptor of a database takes away the locks that this process has on it (fcntl(2)).
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
  else if (!statSync(path).isFile()) throw new FairleadError('FAIRLEAD_STORE_UNREADABLE', { path, reason: 'it is no file' });
}

/**
 * Looks at the file without the right to write, so that a database of somebody else or of a newer version stays as it is, byte for
 * byte, with the write-ahead log that a killed server left behind.
 */
function lookWithoutTouching(path: string): void {
  const left = [`${path}-shm`, `${path}-wal`].filter((name) => !existsSync(name));
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    refuseStrangers(database, path);
  } catch (thrown) {
    // A full disk has no room for the index of the log that this look needs. The other one, below, needs none.
    if (!isOutOfSharedMemory(thrown)) throw thrown;
  } finally {
    database.close();
    // Nobody else has these open, or we would have been busy.
    for (const name of left) rmSync(name, { force: true });
  }
}

function refuseStrangers(database: DatabaseSync, path: string): void {
  const version = number(database, 'PRAGMA user_version');
  const id = number(database, 'PRAGMA application_id');
  const tables = number(database, 'SELECT count(*) FROM sqlite_schema');
  if (id !== applicationId && (tables > 0 || version > 0)) throw new FairleadError('FAIRLEAD_STORE_FOREIGN', { path });
  if (version > formatVersion)
    throw new FairleadError('FAIRLEAD_STORE_NEWER', { path, found: String(version), known: String(formatVersion) });
}

function prepare(database: DatabaseSync, path: string, maxBytes: number | undefined): void {
  // Exclusive, and set before the first read: one server only, and no shared memory. The lock ends with the process, however it ends.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
  refuseStrangers(database, path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000');
  // NORMAL: SQLite syncs at checkpoints; what makes each commit durable is our own sync after each group (sqlite.ts), which does not
  // hold up the event loop as FULL would. The promise is that of FULL.
  database.exec('PRAGMA synchronous = NORMAL');
  // Nothing is written where nothing has to be: a server must be able to start on a full disk.
  if (number(database, 'SELECT count(*) FROM sqlite_schema') === 0) transact(database, () => database.exec(schema));
  if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(maxBytes / pageBytes))}`);
  const [problem] = database
    .prepare('PRAGMA quick_check(1)')
    .all()
    .map((row) => String(Object.values(row)[0]));
  if (problem !== 'ok') throw new FairleadError('FAIRLEAD_STORE_CORRUPT', { path, reason: problem ?? 'no answer to a check' });
}

/** All of the work, or nothing. */
export function transact(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (thrown) {
    // Some failures (a full disk) have ended the transaction already (sqlite.org/lang_transaction.html).
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}

/** For the sentence that a second server says. Without room it is left out. */
function leavePid(pidPath: string): void {
  try {
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    rmSync(pidPath, { force: true });
  }
}

/** A file whose name a power cut takes away is as good as never written. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** ` (process 4711)`, as the server that has the lock wrote it; nothing when that cannot be read. */
function ownerOf(pidPath: string): string {
  try {
    const pid = readFileSync(pidPath, 'utf8').trim();
    return /^\d{1,10}$/.test(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}

function number(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}
