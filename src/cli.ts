#!/usr/bin/env node
/** Picks the command; the only place that ends the process, and only by setting its exit code: what was printed must drain. */
import type { Io } from './cli/io.ts';
import { processIo } from './cli/io.ts';

const argv = process.argv.slice(2);
const io = processIo(argv);
try {
  process.exitCode = await main(argv, io);
} catch (error) {
  process.exitCode = await failed(error, io);
}

async function main(args: readonly string[], streams: Io): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-V') {
    const { version } = await import('./cli/version.ts');
    await streams.print(`fairlead ${version()}\n`);
    return 0;
  }
  const { runCommand } = await import('./cli/run.ts');
  return runCommand(first, rest, streams);
}

/** What users can cause has a code and a hint. Anything else is our bug, and says so in one line. */
async function failed(error: unknown, streams: Io): Promise<number> {
  const { FairleadError } = await import('./core/errors.ts');
  if (error instanceof FairleadError) {
    streams.say(`fairlead: ${error.message}\n${error.hint === '' ? '' : `  ${error.hint}\n`}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  streams.say(`fairlead: internal error, please report it: ${text} (FAIRLEAD_DEBUG=1 shows where)\n`);
  if (streams.env.FAIRLEAD_DEBUG && error instanceof Error) streams.say(`${error.stack ?? ''}\n`);
  return 3;
}
