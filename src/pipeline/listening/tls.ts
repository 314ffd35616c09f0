/** Certificate, key and authorities of a listener, read again when the files change: certificates are renewed while the agent runs. */
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import type { Log } from '../../observe/log.ts';
import type { TlsSettings } from './settings.ts';

const lookEveryMs = 10_000;

export interface ListenerTls extends SecureContextOptions {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2';
}

/** Throws FAIRLEAD_INPUT_UNREADABLE for a file that cannot be read or used. */
export async function readTls(settings: TlsSettings): Promise<ListenerTls> {
  const [cert, key, ca] = await Promise.all([
    read(settings.certFile),
    read(settings.keyFile),
    settings.clientCaFile === undefined ? undefined : read(settings.clientCaFile),
  ]);
  try {
    createSecureContext({ cert, key, ca });
  } catch (cause) {
    const reason = `${cause instanceof Error ? cause.message : String(cause)} (with the key in ${settings.keyFile})`;
    throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path: settings.certFile, reason }, { cause });
  }
  const authorities = ca === undefined ? {} : { ca };
  return { cert, key, ...authorities, requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined, minVersion: 'TLSv1.2' };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new FairleadError(
      'FAIRLEAD_INPUT_UNREADABLE',
      { path, reason: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}

/** Until the returned function is called. Files that cannot be used leave the old ones in use, and that is said. */
export function followTls(settings: TlsSettings, server: Pick<Server, 'setSecureContext'>, clock: Clock, log: Log): () => void {
  let cancel = () => {};
  let closed = false;
  const state = async () => {
    const files = [settings.certFile, settings.keyFile, ...(settings.clientCaFile === undefined ? [] : [settings.clientCaFile])];
    const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
    return stats.map((one) => `${one?.ino} ${one?.mtimeMs}`).join();
  };
  let known = state();
  const look = async () => {
    const now = await state();
    if (now !== (await known)) {
      known = Promise.resolve(now);
      await readTls(settings).then(
        (options) => server.setSecureContext(options),
        (error: Error) => log.event('pipeline.source.certificate-unusable', { reason: error.message }),
      );
    }
    if (!closed) cancel = clock.after(lookEveryMs, () => void look());
  };
  cancel = clock.after(lookEveryMs, () => void look());
  return () => {
    closed = true;
    cancel();
  };
}
