#!/usr/bin/env node
/** The agent alone: `fairlead agent` without the rest of the program, for hosts that run nothing else. */
import { agent } from './cli/agent.ts';
import { commandHelp } from './cli/help.ts';
import { processIo } from './cli/io.ts';
import { parseArguments } from './cli/parse.ts';
import { version } from './cli/version.ts';

const argv = process.argv.slice(2);
const io = processIo(argv);
try {
  if (argv.includes('--version') || argv.includes('-V')) await io.print(`fairlead-agent ${version()}\n`);
  else if (argv.includes('--help') || argv.includes('-h')) await io.print(commandHelp(agent.page, io.colour));
  else process.exitCode = await agent.run(parseArguments(agent.page, argv), io);
} catch (error) {
  const { failed } = await import('./cli/failed.ts');
  process.exitCode = failed(error, io);
}
