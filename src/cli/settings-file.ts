/** Reads a settings file for a command that runs with it: everything that is wrong is said before anything is opened. */
import type * as z from 'zod';
import { readSettings } from '../config/read.ts';
import { FairleadError } from '../core/errors.ts';
import { formatOrigin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import { SourceText } from '../core/text.ts';
import { decode } from '../readers/files.ts';
import type { Io } from './io.ts';

/** The settings; undefined when they are wrong, which has been said then. Without a file, all defaults. */
export async function settingsFrom<Schema extends z.ZodType>(
  schema: Schema,
  file: string | undefined,
  io: Io,
): Promise<z.output<Schema> | undefined> {
  const source = file === undefined ? new SourceText('(no settings file)', '') : await readSource(file);
  const read = readSettings(schema, source);
  if (read.ok) return read.value;
  io.say(problemLines(read.problems));
  return undefined;
}

export async function readSource(file: string): Promise<SourceText> {
  const { readFile } = await import('node:fs/promises');
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') throw new FairleadError('FAIRLEAD_INPUT_NOT_FOUND', { path: file }, { cause });
    throw new FairleadError(
      'FAIRLEAD_INPUT_UNREADABLE',
      { path: file, reason: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
  const decoded = decode(file, bytes);
  if (decoded.ok) return decoded.source;
  throw new FairleadError('FAIRLEAD_INPUT_UNREADABLE', { path: file, reason: decoded.message });
}

/** `fairlead.yaml:12:5 unknown key "lisen"` and the hint below, as everywhere. */
export function problemLines(problems: readonly Problem[]): string {
  return problems.map(({ origin, message, hint }) => `${formatOrigin(origin)} ${message}\n${hint === '' ? '' : `  ${hint}\n`}`).join('');
}
