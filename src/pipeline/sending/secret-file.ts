/** Secrets lie in files, which others replace while we run. */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import type { AuthSettings } from './settings.ts';

const freshMs = 10_000;

/** The first line of a file, without white space around it; read again when what is known is older than 10 s. */
export function secretFile(path: string, clock: Clock): () => Promise<string> {
  let known: { readonly text: string; readonly atMs: number } | undefined;
  return async () => {
    const nowMs = clock.monotonicMs();
    if (known !== undefined && nowMs - known.atMs < freshMs) return known.text;
    const text = (await readFile(path, 'utf8')).split('\n', 1)[0]?.trim() ?? '';
    known = { text, atMs: nowMs };
    return text;
  };
}

/** The value of the Authorization header. */
export function authorization(auth: AuthSettings | undefined, clock: Clock): () => Promise<string | undefined> {
  if (auth === undefined) return () => Promise.resolve(undefined);
  if (auth.type === 'bearer') {
    const token = secretFile(auth.tokenFile, clock);
    return async () => `Bearer ${await token()}`;
  }
  const password = secretFile(auth.passwordFile, clock);
  return async () => `Basic ${Buffer.from(`${auth.user}:${await password()}`).toString('base64')}`;
}
