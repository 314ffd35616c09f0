import { didYouMean } from '../core/nearest.ts';
import { commands } from './commands.ts';
import { commandHelp, programHelp } from './help.ts';
import type { Io } from './io.ts';
import { parseArguments, usage } from './parse.ts';
import { version } from './version.ts';

/** Runs the command that `word` names; returns the exit code. */
export async function runCommand(word: string | undefined, args: readonly string[], io: Io): Promise<number> {
  if (word === undefined || word === 'help' || word === '--help' || word === '-h') return help(args[0], io);
  const entry = commands.find((one) => one.name === word);
  if (entry === undefined) throw unknownCommand(word);
  const command = await entry.load();
  // Asked for help, the rest of the line does not matter, right or wrong.
  const before = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (before.includes('--help') || before.includes('-h')) return help(word, io);
  return command.run(parseArguments(command.page, args), io);
}

async function help(word: string | undefined, io: Io): Promise<number> {
  const entry = commands.find((one) => one.name === word);
  if (word !== undefined && entry === undefined && !word.startsWith('-')) throw unknownCommand(word);
  const text = entry === undefined ? programHelp(commands, version(), io.colour) : commandHelp((await entry.load()).page, io.colour);
  await io.print(text);
  return 0;
}

function unknownCommand(word: string) {
  const names = [...commands.map((one) => one.name), 'help', '--version'];
  const problem = word.startsWith('-') ? `fairlead has no option ${word} before the command` : `fairlead has no command "${word}"`;
  return usage(problem, didYouMean(word, names, `commands are ${commands.map((one) => one.name).join(', ')}; see fairlead --help`));
}
