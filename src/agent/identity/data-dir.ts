/** The agent's folder: made, checked, locked, and the identity in it read and written. */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FairleadError } from '../../core/errors.ts';
import type { Log } from '../../observe/log.ts';
import { errorCode, readIfThere, reasonOf, removeDurably, writeAtomically } from './atomic-file.ts';
import type { Identity } from './identity.ts';
import { decodeIdentity, encodeIdentity } from './identity.ts';
import { lockDataDir } from './lock.ts';

export interface DataDir extends AsyncDisposable {
  readonly path: string;
  /** Undefined when the agent never joined. Throws FAIRLEAD_AGENT_IDENTITY_UNREADABLE rather than taking a damaged one for none. */
  load(): Promise<Identity | undefined>;
  save(identity: Identity): Promise<void>;
  /** The key with which the agent asks to be enrolled: kept until it is, so that a repeated request is the same request. */
  pendingKey(make: () => Promise<string>): Promise<string>;
  forgetPendingKey(): Promise<void>;
}

const identityFile = 'identity.json';
const pendingKeyFile = 'pending-key.pem';

export async function openDataDir(path: string, log: Log): Promise<DataDir> {
  await make(path);
  const lock = await lockDataDir(path, `process ${process.pid} on ${hostname()} since ${new Date().toISOString()}`);
  const at = (file: string) => join(path, file);
  return {
    path,
    async load() {
      const text = await read(at(identityFile));
      if (text === undefined) return undefined;
      await narrow(at(identityFile), log);
      const decoded = decodeIdentity(text);
      if (!decoded.ok) throw new FairleadError('FAIRLEAD_AGENT_IDENTITY_UNREADABLE', { path: at(identityFile), reason: decoded.reason });
      return decoded.identity;
    },
    save: (identity) => write(at(identityFile), encodeIdentity(identity)),
    async pendingKey(makeKey) {
      const known = await read(at(pendingKeyFile));
      // A torn one was never sent: the request goes out after the key is on disk.
      if (known?.trimEnd().endsWith('-----END PRIVATE KEY-----')) return known;
      const key = await makeKey();
      await write(at(pendingKeyFile), key);
      return key;
    },
    forgetPendingKey: () => removeDurably(at(pendingKeyFile)),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

async function make(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { mode } = await stat(path);
    // A volume that was mounted is often open to all; the key in it must not be.
    if ((mode & 0o077) !== 0) await chmod(path, 0o700);
  } catch (cause) {
    throw new FairleadError('FAIRLEAD_AGENT_DATA_DIR', { path, reason: sentence(cause) }, { cause });
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readIfThere(path);
  } catch (cause) {
    throw new FairleadError('FAIRLEAD_AGENT_IDENTITY_UNREADABLE', { path, reason: sentence(cause) }, { cause });
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeAtomically(path, text);
  } catch (cause) {
    throw new FairleadError('FAIRLEAD_AGENT_DATA_DIR', { path, reason: sentence(cause) }, { cause });
  }
}

/** A key that others can read is narrowed, and said: whoever read it before has it. */
async function narrow(path: string, log: Log): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  log.event('agent.identity.key-was-readable', { path, mode: (mode & 0o777).toString(8) });
  await chmod(path, 0o600);
}

function sentence(cause: unknown): string {
  switch (errorCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read and written by this user';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'it is not a folder';
    default:
      return reasonOf(cause);
  }
}
