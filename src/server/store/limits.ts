/** What every store refuses, whoever keeps the bytes: checked before anything is sent or written. */
import { FairleadError } from '../../core/errors.ts';
import type { Commit } from './store.ts';

const maxValueBytes = 1024 * 1024;
const maxChanges = 1_000;
/** Printable ASCII without the space, so that every store sorts keys alike, whatever its collation. */
const keyForm = /^[\x21-\x7e]{1,512}$/;
const prefixForm = /^[\x21-\x7e]{0,512}$/;

/** Throws FAIRLEAD_STORE_INVALID when the commit breaks the contract. The result is about its size in bytes. */
export function checkCommit({ conditions = [], changes }: Commit): number {
  if (changes.length > maxChanges) throw invalid(`${changes.length} changes in one commit; ${maxChanges} are the most`);
  for (const { key, modRevision } of conditions) {
    checkKey(key);
    if (!Number.isSafeInteger(modRevision) || modRevision < 0) throw invalid(`${modRevision} is no revision`);
  }
  const keys = new Set<string>();
  let bytes = 0;
  for (const change of changes) {
    checkKey(change.key);
    if (keys.has(change.key)) throw invalid(`${change.key} stands twice in one commit`);
    keys.add(change.key);
    bytes += change.key.length + (change.kind === 'put' ? checkValue(change.key, change.value) : 0);
  }
  return bytes;
}

export function checkKey(key: string): void {
  if (!keyForm.test(key)) throw invalid(`"${key.slice(0, 80)}" is no key`);
}

export function checkPrefix(prefix: string): void {
  if (!prefixForm.test(prefix)) throw invalid(`"${prefix.slice(0, 80)}" is no prefix of keys`);
}

export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) throw invalid(`${limit} is no limit of a listing`);
}

export function checkTtl(ttlMs: number): void {
  if (!Number.isSafeInteger(ttlMs) || ttlMs <= 0) throw invalid(`${ttlMs} ms is no time to live`);
}

function checkValue(key: string, value: string): number {
  // Half of a surrogate pair has no UTF-8: it would come back as another text.
  if (!value.isWellFormed()) throw invalid(`the value of ${key} is no Unicode text`);
  const bytes = Buffer.byteLength(value);
  if (bytes > maxValueBytes) throw invalid(`the value of ${key} has ${bytes} bytes; ${maxValueBytes} are the most`);
  return bytes;
}

function invalid(problem: string): FairleadError {
  return new FairleadError('FAIRLEAD_STORE_INVALID', { problem });
}
