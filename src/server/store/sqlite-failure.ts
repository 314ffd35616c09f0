/** What SQLite says when it cannot go on, as our errors. */
import { FairleadError } from '../../core/errors.ts';

/** Result codes of SQLite (sqlite.org/rescode.html); the extended ones keep the primary one in their low byte. */
const codes = { busy: 5, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;

/** The primary result code; undefined when SQLite did not throw this. */
function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return undefined;
  return thrown.errcode & 0xff;
}

/** SQLITE_IOERR_SHMOPEN, _SHMSIZE, _SHMLOCK and _SHMMAP: the index of the log that several connections share could not be made. */
export function isOutOfSharedMemory(thrown: unknown): boolean {
  const kind = thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number' ? thrown.errcode >> 8 : 0;
  return resultCode(thrown) === codes.ioerr && kind >= 18 && kind <= 21;
}

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const detail = 'errstr' in thrown && typeof thrown.errstr === 'string' ? thrown.errstr : '';
  return detail === '' || thrown.message.includes(detail) ? thrown.message : `${thrown.message} (${detail})`;
}

/**
 * The error for a call that failed while the database was open. SQLite has undone the transaction (or we did), so nothing was
 * changed. What SQLite did not throw comes back as it is: it is ours.
 */
export function failureOf(thrown: unknown, path: string): unknown {
  const code = resultCode(thrown);
  if (code === undefined) return thrown;
  if (code === codes.full) return new FairleadError('FAIRLEAD_STORE_FULL', { path }, { cause: thrown });
  if (code === codes.corrupt || code === codes.notadb)
    return new FairleadError('FAIRLEAD_STORE_CORRUPT', { path, reason: reasonOf(thrown) }, { cause: thrown });
  return new FairleadError('FAIRLEAD_STORE_FAILED', { path, reason: reasonOf(thrown), outcome: 'nothing was changed' }, { cause: thrown });
}

/** The error for a database that could not be opened; `owner` names who holds it, when that is known. */
export function openFailureOf(thrown: unknown, path: string, owner: () => string): unknown {
  const code = resultCode(thrown);
  if (code === codes.busy) return new FairleadError('FAIRLEAD_STORE_IN_USE', { path, owner: owner() }, { cause: thrown });
  if (code === codes.cantopen || code === codes.readonly || (thrown instanceof Error && 'syscall' in thrown))
    return new FairleadError('FAIRLEAD_STORE_UNREADABLE', { path, reason: reasonOf(thrown) }, { cause: thrown });
  return failureOf(thrown, path);
}
