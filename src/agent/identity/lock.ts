/**
 * A data directory belongs to one running agent. Node has no file locks of its own, and a file with a process id in it cannot be
 * judged from another container; SQLite holds a lock of the kernel, which ends with the process and is seen by all who share the disk.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FairleadError } from '../../core/errors.ts';
import { errorCode, reasonOf } from './atomic-file.ts';

/** Throws FAIRLEAD_AGENT_DATA_DIR_IN_USE, naming the holder, when another agent has it. */
export async function lockDataDir(path: string, holder: string): Promise<AsyncDisposable> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(path, 'lock'));
  try {
    // No journal and no page is ever written: the lock is all that is wanted of it.
    database.exec('PRAGMA journal_mode=MEMORY; PRAGMA cache_size=1; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw await failure(path, cause);
  }
  // Only for the sentence that the next one reads; the lock does not depend on it.
  await writeFile(join(path, 'lock.holder'), `${holder}\n`, { mode: 0o600 });
  return {
    async [Symbol.asyncDispose]() {
      database.close();
    },
  };
}

async function failure(path: string, cause: unknown): Promise<FairleadError> {
  if (!/locked|busy/i.test(reasonOf(cause)))
    return new FairleadError('FAIRLEAD_AGENT_DATA_DIR', { path, reason: reasonOf(cause) }, { cause });
  const holder = await readFile(join(path, 'lock.holder'), 'utf8').catch((error) => errorCode(error) || 'unknown');
  return new FairleadError('FAIRLEAD_AGENT_DATA_DIR_IN_USE', { path, holder: holder.trim() }, { cause });
}
