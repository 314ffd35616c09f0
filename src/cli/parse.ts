/** argv → arguments of one command, or what is wrong with them and what was probably meant. */
import { parseArgs } from 'node:util';
import { FairleadError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Arguments, CommandPage, Option } from './command.ts';

export const commonOptions: readonly Option[] = [
  { name: 'help', short: 'h', description: 'show this page' },
  { name: 'no-color', description: 'no colour, as NO_COLOR=1; FORCE_COLOR=1 colours pipes too' },
];

function optionsOf(page: CommandPage): readonly Option[] {
  return [...page.options.flatMap((group) => group.options), ...commonOptions];
}

export function parseArguments(page: CommandPage, argv: readonly string[]): Arguments {
  const options = optionsOf(page);
  const byName = new Map(options.map((option) => [option.name, option]));
  const { tokens, positionals } = parseArgs({
    args: joinOptionalValues(argv, options),
    // Not strict: the messages for what is wrong are ours.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      options.map(({ name, short, placeholder }) => [
        name,
        { type: placeholder === undefined ? ('boolean' as const) : ('string' as const), ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = byName.get(token.name);
    if (option === undefined) throw unknownOption(page, token.rawName, options);
    assertValue(option, token.rawName, token.value, token.inlineValue === true);
    given.set(option.name, [...(given.get(option.name) ?? []), token.value ?? '']);
  }
  return {
    positionals,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
  };
}

/** `--engine SOCKET` where the value may be left out: only what looks like a value is one, the rest are paths. */
function joinOptionalValues(argv: readonly string[], options: readonly Option[]): string[] {
  const optional = new Map(options.filter((option) => option.optionalValue === true).map((option) => [`--${option.name}`, option]));
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const next = argv[index + 1];
    if (word === '--') return [...joined, ...argv.slice(index)];
    const option = optional.get(word);
    if (option === undefined) joined.push(word);
    else if (next !== undefined && option.looksLike?.test(next) === true) {
      joined.push(`${word}=${next}`);
      index += 1;
    } else joined.push(`${word}=`);
  }
  return joined;
}

function assertValue(option: Option, written: string, value: string | undefined, inline: boolean): void {
  if (option.placeholder === undefined) {
    if (inline) throw usage(`${written} takes no value`, `write ${written} alone`);
    return;
  }
  if (option.optionalValue === true) return;
  // `--format --fix`: the next option was not meant as the value.
  if (value === undefined || value === '' || (!inline && value.startsWith('-') && value !== '-'))
    throw usage(`${written} needs a value`, `write ${written} ${option.placeholder}`);
}

function unknownOption(page: CommandPage, written: string, options: readonly Option[]): FairleadError {
  const names = options.map((option) => `--${option.name}`);
  return usage(`fairlead ${page.name} has no option ${written}`, didYouMean(written, names, `see fairlead help ${page.name}`));
}

export function usage(problem: string, hint: string): FairleadError {
  return new FairleadError('FAIRLEAD_USAGE', { problem, hint });
}
