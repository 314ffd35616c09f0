#!/usr/bin/env node
/** Picks the command; the only place that ends the process, and only by setting its exit code: what was printed must drain. */
import type { Io } from './cli/io.ts';
import { processIo } from './cli/io.ts';

const argv = process.argv.slice(2);
const io = processIo(argv);
try {
  process.exitCode = await main(argv, io);
} catch (error) {
  const { failed } = await import('./cli/failed.ts');
  process.exitCode = failed(error, io);
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
