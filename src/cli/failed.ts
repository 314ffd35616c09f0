/** The last word of a program that could not go on. */
import { FairleadError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** What users can cause has a code and a hint. Anything else is our bug, and says so in one line. Returns the exit code. */
export function failed(error: unknown, streams: Io): number {
  if (error instanceof FairleadError) {
    streams.say(`fairlead: ${error.message}\n${error.hint === '' ? '' : `  ${error.hint}\n`}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  streams.say(`fairlead: internal error, please report it: ${text} (FAIRLEAD_DEBUG=1 shows where)\n`);
  if (streams.env.FAIRLEAD_DEBUG && error instanceof Error) streams.say(`${error.stack ?? ''}\n`);
  return 3;
}
