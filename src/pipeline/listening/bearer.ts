/** A token that clients have to know. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';

const readEveryMs = 10_000;

export interface Bearer {
  /** Whether this is the header `Authorization: Bearer <token>`; takes the same time whatever is wrong with it. */
  admits(authorization: string | undefined): boolean;
  close(): void;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Throws FAIRLEAD_INPUT_UNREADABLE; later, a file that cannot be read leaves the old token in force. */
export async function openBearer(path: string, clock: Clock): Promise<Bearer> {
  let wanted = digest(await readToken(path));
  let cancel = () => {};
  let closed = false;
  const again = async () => {
    const token = await readToken(path).catch(() => undefined);
    if (token !== undefined) wanted = digest(token);
    if (!closed) cancel = clock.after(readEveryMs, () => void again());
  };
  cancel = clock.after(readEveryMs, () => void again());
  return {
    admits: (authorization) => timingSafeEqual(digest(/^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''), wanted),
    close() {
      closed = true;
      cancel();
    },
  };
}

/** A secret in a file: without the line break that editors put at its end. Empty counts as unreadable, else everybody would know it. */
export async function readToken(path: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new FairleadError(
      'FAIRLEAD_INPUT_UNREADABLE',
      { path, reason: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
  if (text === '') throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path, reason: 'it is empty' });
  return text;
}
