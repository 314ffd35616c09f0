import type { Arguments, Workload } from '../../../network/model.ts';
import type { Resolve, Value } from './value.ts';
import { expand, givenOnCommandLine, inexact, shellStyle, slice, toValue, trim } from './value.ts';

/** More words than this are not looked at: no command line that people write is near it. */
const MAX_WORDS = 10_000;

const SHELL = /(?:^|\/)(?:sh|bash|ash|dash|zsh)$/;

/**
 * The words that the container's process is started with: entrypoint, then command. A script given to `sh -c` is taken
 * apart into its words, with the variables of the workload's own environment replaced.
 */
export function wordsOf(workload: Workload, resolve: Resolve): readonly Value[] {
  const given = [...argumentWords(workload.entrypoint, resolve), ...argumentWords(workload.command, resolve)];
  const words = workload.declaredBy === 'docker-run' ? given.map(givenOnCommandLine) : given;
  return unwrapShell(words, resolve).slice(0, MAX_WORDS);
}

function argumentWords(given: Arguments | undefined, resolve: Resolve): readonly Value[] {
  if (given === undefined) return [];
  const values = given.values.map(toValue);
  const [only] = values;
  return given.form === 'shell' && values.length === 1 && only !== undefined ? splitWords(only, resolve) : values;
}

function unwrapShell(words: readonly Value[], resolve: Resolve): readonly Value[] {
  const at = words.findIndex((word, index) => SHELL.test(word.text) && /^-\w*c$/.test(words[index + 1]?.text ?? ''));
  const script = words[at + 2];
  if (at === -1 || script === undefined) return words;
  return [...words.slice(0, at), ...splitWords(script, resolve, 'script'), ...words.slice(at + 3)];
}

/**
 * Splits a script into words as POSIX.1-2017 XCU §2.3 does, as far as reading flags needs it: quotes group, a backslash
 * escapes, operators end a word and are words of their own. In a script the end of a line is the operator `;`; in a list of
 * words, which Compose splits, it is a blank.
 */
export function splitWords(script: Value, resolve: Resolve, kind: 'script' | 'list' = 'list'): readonly Value[] {
  const words: Value[] = [];
  for (const match of script.text.matchAll(/(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\;&|()])+|&&|\|\||[;&|()]|\n/g)) {
    if (words.length >= MAX_WORDS) break;
    if (match[0] === '\n') {
      if (kind === 'script' && words.length > 0) words.push({ text: ';', origin: inexact(script.origin) });
      continue;
    }
    const word = unquote(slice(script, match.index, match.index + match[0].length));
    // The line continuation between two words is no word.
    if (word.text.trim() !== '')
      words.push(match[0].startsWith("'") || match[0].includes('\\$') ? word : expand(word, shellStyle, resolve));
  }
  return words;
}

/** Quotes around the whole word, or around the whole of a flag's value, keep the place exact. */
function unquote(word: Value): Value {
  const { text } = word;
  if (!/['"\\]/.test(text)) return word;
  const whole = /^(['"])([^'"\\]*)\1$/.exec(text);
  if (whole !== null) return slice(word, 1, text.length - 1);
  const plain = text.replaceAll(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_, single, double, escaped) =>
    String(
      single ?? (typeof double === 'string' ? double.replaceAll(/\\(["\\$`])/g, '$1') : undefined) ?? (escaped === '\n' ? '' : escaped),
    ),
  );
  return { text: plain, origin: inexact(word.origin) };
}

/** A flag as given: `--name=value`, `-name value`, or without a value. */
export interface Flag {
  /** With its dashes. */
  readonly name: string;
  /** The value behind `=`, else the next word when that is no flag. */
  readonly value: Value | undefined;
  readonly word: Value;
  /** Indices of the words it takes. */
  readonly indices: readonly number[];
}

export function flagsOf(words: readonly Value[]): readonly Flag[] {
  const flags: Flag[] = [];
  for (const [index, word] of words.entries()) {
    // In a list of Compose, `- --flag value` is one word; several programs take it apart themselves.
    const match = /^(--?[A-Za-z][\w.:-]*?|-[A-Za-z])(?:[=\s]([\s\S]*))?$/.exec(word.text);
    const name = match?.[1];
    if (match === null || name === undefined) continue;
    if (match[2] !== undefined) {
      flags.push({ name, value: unquote(trim(slice(word, name.length + 1, word.text.length))), word, indices: [index] });
      continue;
    }
    const next = words[index + 1];
    const taken = next !== undefined && !/^(?:-{1,2}[A-Za-z]|&&|\|\||[;&|()]$)/.test(next.text);
    flags.push({ name, value: taken ? next : undefined, word, indices: taken ? [index, index + 1] : [index] });
  }
  return flags;
}
