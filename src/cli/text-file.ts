/** Reads a text that the user names, `-` for standard input. */
import { FairleadError } from '../core/errors.ts';
import { decode } from '../readers/files.ts';
import type { Io } from './io.ts';

export async function readText(path: string, io: Io): Promise<string> {
  if (path === '-') return io.readStdin();
  const { readFile } = await import('node:fs/promises');
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new FairleadError('FAIRLEAD_INPUT_NOT_FOUND', { path }, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path, reason }, { cause });
  }
  const decoded = decode(path, bytes);
  if (decoded.ok) return decoded.source.text;
  throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path, reason: decoded.message });
}
