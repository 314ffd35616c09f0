/** Commands whose first word says what to do: `fairlead agents show NAME`. */
import { didYouMean } from '../core/nearest.ts';
import type { Arguments, CommandPage } from './command.ts';
import { contextGroup } from './context.ts';
import type { Io } from './io.ts';
import { usage } from './parse.ts';

export interface Action {
  /** Names of what follows, in order; in brackets when it may be left out, with dots when it repeats: `AGENT`, `[FILE]`, `FILE…`. */
  readonly takes: readonly string[];
  /** Names of the page's options that this action reads; any other one is refused rather than ignored. */
  readonly options?: readonly string[];
  run(rest: readonly string[], args: Arguments, io: Io): Promise<number>;
}

export type Actions = Readonly<Record<string, Action>>;

/** Without a word, the action `list`. */
export async function runAction(
  { name: command, options: groups }: CommandPage,
  actions: Actions,
  args: Arguments,
  io: Io,
): Promise<number> {
  const [word = 'list', ...rest] = args.positionals;
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  const names = Object.keys(actions);
  if (action === undefined)
    throw usage(`${command} has no "${word}"`, didYouMean(word, names, `it has ${names.join(', ')}; see fairlead help ${command}`));
  const write = `write fairlead ${command} ${word} ${action.takes.join(' ')}`.trimEnd();
  const needed = action.takes.filter((name) => !name.startsWith('['));
  const many = action.takes.at(-1)?.includes('…') === true;
  const [tooMany] = many ? [] : rest.slice(action.takes.length);
  if (rest.length < needed.length) throw usage(`${command} ${word} needs ${needed[rest.length]}`, write);
  if (tooMany !== undefined) throw usage(`${command} ${word} takes no "${tooMany}"`, write);
  const own = action.options ?? [];
  const stray = groups
    .filter((group) => group !== contextGroup)
    .flatMap(({ options }) => options)
    .find((option) => args.has(option.name) && !own.includes(option.name));
  if (stray !== undefined)
    throw usage(
      `${command} ${word} takes no --${stray.name}`,
      own.length === 0 ? `leave it out; see fairlead help ${command}` : `it takes --${own.join(', --')}; see fairlead help ${command}`,
    );
  return action.run(rest, args, io);
}

/** `a=b`, repeated. */
export function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts
      .flatMap((text) => text.split(','))
      .map((pair): [string, string] => {
        const at = pair.indexOf('=');
        if (at < 1) throw usage(`"${pair}" is no label`, 'write KEY=VALUE, for example env=prod');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
  );
}

/** `--uses 10`; undefined when it was not given. */
export function wholeNumber(args: Arguments, option: string, example: number): number | undefined {
  const text = args.value(option);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw usage(`--${option}: "${text}" is no whole number`, `write --${option} ${example}`);
  return Number(text);
}

export const doneExitCodes: CommandPage['exitCodes'] = [
  { code: 0, meaning: 'done' },
  { code: 2, meaning: 'wrong usage, or the server refused' },
  { code: 3, meaning: 'the server does not answer' },
];
