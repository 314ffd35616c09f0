/** What a command is: its page (help and docs/reference/cli.md are printed from it) and what it does. */
import type { Io } from './io.ts';

/** What a command belongs to: a heading of `fairlead --help`. */
export const parts = ['doctor', 'control plane and agent', 'operators'] as const;
export type Part = (typeof parts)[number];

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value; undefined for a switch. */
  readonly placeholder?: string;
  /** The value may be left out: `--engine` and `--engine=SOCKET`. */
  readonly optionalValue?: boolean;
  /** With `optionalValue`: a word behind the option that looks so is its value, any other is a path. */
  readonly looksLike?: RegExp;
  readonly multiple?: boolean;
  readonly description: string;
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly Option[];
}

export interface CommandPage {
  readonly name: string;
  /** One line for the list of commands, lower case, no full stop. */
  readonly summary: string;
  readonly usage: readonly string[];
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly options: readonly OptionGroup[];
  readonly examples: readonly { readonly command: string; readonly text: string }[];
  readonly exitCodes: readonly { readonly code: number; readonly meaning: string }[];
}

export interface Arguments {
  readonly positionals: readonly string[];
  has(option: string): boolean;
  /** The last value that was given. */
  value(option: string): string | undefined;
  values(option: string): readonly string[];
}

export interface Command {
  readonly page: CommandPage;
  /** Returns the exit code. Throws FairleadError for what stops it; everything else that it throws is a bug of ours. */
  run(args: Arguments, io: Io): Promise<number>;
}
