/** The tables of the store as a few prepared statements. Everything here runs at once and inside the caller's transaction. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Change, Entry } from './store.ts';

export interface Tables {
  /** Of the last commit, durable with it. */
  revision(): number;
  setRevision(revision: number): void;
  get(key: string): Entry | undefined;
  /** 0 when there is no such key. */
  modRevision(key: string): number;
  list(prefix: string, after: string, limit: number): readonly Entry[];
  put(change: Change & { kind: 'put' }, revision: number): Entry;
  /** False: there was no such key. */
  delete(key: string): boolean;
  leases(): readonly { readonly id: string; readonly ttlMs: number }[];
  hasLease(id: string): boolean;
  addLease(id: string, ttlMs: number): void;
  removeLease(id: string): void;
  keysOfLease(id: string): readonly string[];
  bytes(): number;
}

type Row = Record<string, SQLOutputValue>;

export function openTables(database: DatabaseSync): Tables {
  const statement = (sql: string) => database.prepare(sql);
  const columns = 'key, value, create_revision, mod_revision, lease_id';
  const revision = statement("SELECT value FROM state WHERE name = 'revision'");
  const setRevision = statement("UPDATE state SET value = ? WHERE name = 'revision'");
  const get = statement(`SELECT ${columns} FROM entries WHERE key = ?`);
  const modRevision = statement('SELECT mod_revision FROM entries WHERE key = ?');
  // Keys are ASCII below DEL, so DEL ends the range of a prefix.
  const list = statement(`SELECT ${columns} FROM entries WHERE key >= ? AND key > ? AND key < ? || char(127) ORDER BY key LIMIT ?`);
  const put = statement(
    `INSERT INTO entries (${columns}) VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (key) DO UPDATE
     SET value = excluded.value, mod_revision = excluded.mod_revision, lease_id = excluded.lease_id RETURNING create_revision`,
  );
  const remove = statement('DELETE FROM entries WHERE key = ?');
  const leases = statement('SELECT id, ttl_ms FROM leases');
  const hasLease = statement('SELECT 1 FROM leases WHERE id = ?');
  const addLease = statement('INSERT INTO leases VALUES (?, ?)');
  const removeLease = statement('DELETE FROM leases WHERE id = ?');
  const keysOfLease = statement('SELECT key FROM entries WHERE lease_id = ? ORDER BY key');
  const pages = statement('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size');
  return {
    revision: () => Number(revision.get()?.value),
    setRevision: (value) => void setRevision.run(value),
    get(key) {
      const row = get.get(key);
      return row === undefined ? undefined : entryOf(row);
    },
    modRevision: (key) => Number(modRevision.get(key)?.mod_revision ?? 0),
    list: (prefix, after, limit) => list.all(prefix, after, prefix, limit).map(entryOf),
    put({ key, value, leaseId }, at) {
      const createRevision = Number(put.get(key, value, at, leaseId ?? null)?.create_revision);
      return { key, value, createRevision, modRevision: at, ...(leaseId === undefined ? {} : { leaseId }) };
    },
    delete: (key) => Number(remove.run(key).changes) > 0,
    leases: () => leases.all().map((row) => ({ id: String(row.id), ttlMs: Number(row.ttl_ms) })),
    hasLease: (id) => hasLease.get(id) !== undefined,
    addLease: (id, ttlMs) => void addLease.run(id, ttlMs),
    removeLease: (id) => void removeLease.run(id),
    keysOfLease: (id) => keysOfLease.all(id).map((row) => String(row.key)),
    bytes: () => Number(pages.get()?.bytes),
  };
}

function entryOf(row: Row): Entry {
  return {
    key: String(row.key),
    value: String(row.value),
    createRevision: Number(row.create_revision),
    modRevision: Number(row.mod_revision),
    ...(row.lease_id === null ? {} : { leaseId: String(row.lease_id) }),
  };
}
