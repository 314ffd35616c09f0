/** What the lexer makes of a shell text: commands of words of parts, each with its place. Nothing is expanded yet. */

export type Part =
  /** Characters that stand for themselves. `exact`: the text between start and end is `text` character by character. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly start: number;
      readonly end: number;
      readonly exact: boolean;
      readonly quoted: boolean;
    }
  /** `$name`, `${name}`, `${name:-word}`, `${name[@]}`. */
  | {
      readonly kind: 'parameter';
      readonly name: string;
      /** `:-`, `-`, `:=`, `=`, `:?`, `?`, `:+`, `+`. */
      readonly operator?: string;
      readonly word?: readonly Part[];
      readonly list: boolean;
      readonly quoted: boolean;
      readonly start: number;
      readonly end: number;
    }
  /** `$(…)`, backticks and `<(…)`. */
  | {
      readonly kind: 'substitution';
      readonly items: readonly Item[];
      readonly quoted: boolean;
      readonly start: number;
      readonly end: number;
    }
  /** What has a value that only a running shell knows: arithmetic, `${x%.*}`, a placeholder such as `<image>`. */
  | { readonly kind: 'opaque'; readonly quoted: boolean; readonly start: number; readonly end: number };

export interface RawWord {
  readonly parts: readonly Part[];
  readonly start: number;
  readonly end: number;
  /** The elements of `name=(…)`. */
  readonly elements?: readonly RawWord[];
}

/** What stands before or behind a simple command. */
export type Operator = 'start' | 'end' | '\n' | ';' | ';;' | '&' | '&&' | '|' | '||' | '(' | ')';

/** A simple command, possibly without words: `(` and `)` on their own make such. */
export interface Item {
  readonly words: readonly RawWord[];
  readonly before: Operator;
  readonly after: Operator;
}

export interface Lexed {
  /** Made while they are asked for; can be walked once. */
  readonly items: Iterable<Item>;
  /** Where a quote or a parenthesis was opened that is never closed; known when all items were walked. */
  readonly unclosed: { readonly at: number; readonly what: string } | undefined;
}

/** The text of a word without quoting or expansion in it, as a reserved word or a command's name must be; else undefined. */
export function literal(word: RawWord | undefined): string | undefined {
  if (word === undefined) return undefined;
  const [part] = word.parts;
  if (word.parts.length !== 1 || part?.kind !== 'text' || part.quoted || !part.exact) return undefined;
  return part.text;
}
