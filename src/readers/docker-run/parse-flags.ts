import type { SourceText } from '../../core/text.ts';
import type { Flag, FlagSet } from './flags.ts';
import { nearest } from './nearest.ts';
import type { Remarks } from './remarks.ts';
import { checkValue } from './values.ts';
import { Text, type Word } from './word.ts';

/** A flag as it was given. */
export interface GivenFlag {
  readonly name: string;
  /** As written, with its dashes: `--net`, `-p`. */
  readonly written: string;
  readonly value: Text;
  /** Index of its first word in the command, and of the last one when the value is a word of its own. */
  readonly firstWord: number;
  readonly lastWord: number;
}

export interface ParsedFlags {
  readonly flags: readonly GivenFlag[];
  readonly operands: readonly Word[];
  /** Index of the first operand among the words. */
  readonly firstOperand: number | undefined;
  /** `--help` was asked for, or it is a synopsis (`docker run [OPTIONS] IMAGE`): nothing is done by such a command. */
  readonly idle: boolean;
  /** The last flag lacks its value, so that what follows from the missing operands is no second fault. */
  readonly incomplete: boolean;
}

/** Names of variables that hold flags rather than an image: `docker run $DOCKER_OPTS image`. */
const HOLDS_FLAGS = /opt|arg|flag|param|extra|env|vol|port|net|mount|label|limit|detach|host|\$\{[@*]\}/i;

/**
 * Reads flags as docker's own parser (pflag) does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, `-abn value`;
 * a boolean takes a value only behind `=`; `--` ends the flags. Without `interspersed` the first operand ends them too.
 */
export function parseFlags(words: readonly Word[], from: number, set: FlagSet, source: SourceText, remarks: Remarks): ParsedFlags {
  const flags: GivenFlag[] = [];
  const operands: Word[] = [];
  let firstOperand: number | undefined;
  let ended = false;
  let idle = false;
  let incomplete = false;
  let at = from;
  const value = (flag: Flag, written: string, start: number, inline: Text | undefined, next: Word | undefined) => {
    const given = inline ?? (flag.kind === 'boolean' ? undefined : next === undefined ? undefined : new Text(source, next));
    if (given === undefined && flag.kind !== 'boolean') {
      incomplete = true;
      remarks.needsValue(new Text(source, words[start] ?? emptyWord), written, set);
      return start;
    }
    const lastWord = inline === undefined && flag.kind !== 'boolean' ? start + 1 : start;
    const text = given ?? new Text(source, words[start] ?? emptyWord, 0, 0);
    if (flag.name === 'help') idle = true;
    if (given === undefined || checkValue(flag, written, given, remarks))
      flags.push({ name: flag.name, written, value: text, firstWord: start, lastWord });
    return lastWord;
  };
  for (; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    if (ended || !text.startsWith('-') || text === '-') {
      if (isSynopsis(word)) idle = true;
      if (
        !ended &&
        word.open &&
        HOLDS_FLAGS.test(text) &&
        (at + 1 < words.length || !set.interspersed) &&
        !(at + 1 === words.length && operands.length === 0 && !/\$\{[@*]\}/.test(text))
      ) {
        remarks.gap(
          'docker-flags-unknown',
          `${text} may hold flags that are not known`,
          'set the variable in the script, or give it in the environment',
          new Text(source, word).origin,
        );
        continue;
      }
      firstOperand ??= at;
      if (!set.interspersed) {
        operands.push(...words.slice(at));
        break;
      }
      operands.push(word);
    } else if (text === '--') ended = true;
    else if (text.startsWith('--')) at = longFlag(at);
    else at = shortFlags(at);
  }
  return { flags, operands, firstOperand, idle, incomplete };

  function longFlag(start: number): number {
    const whole = new Text(source, words[start] ?? emptyWord);
    const { before, after } = whole.slice(2).cut('=');
    const flag = set.byName.get(before.value);
    if (flag !== undefined) return value(flag, `--${before.value}`, start, after, words[start + 1]);
    if (!before.known)
      remarks.gap('docker-flags-unknown', `${whole.value} is a flag that is not known`, 'write the name of the flag', whole.origin);
    else remarks.unknownFlag(whole.slice(0, before.value.length + 2), set, nearest(before.value, [...set.byName.keys()]));
    // Most flags take a value; a value left behind would be taken for the image, and the command would fall apart.
    const next = words[start + 1]?.text;
    return after === undefined && next !== undefined && !next.startsWith('-') && words.length > start + 2 ? start + 1 : start;
  }

  function shortFlags(start: number): number {
    const whole = new Text(source, words[start] ?? emptyWord);
    const letters = whole.value;
    for (let index = 1; index < letters.length; index += 1) {
      const letter = letters[index] ?? '';
      const flag = set.byShort.get(letter);
      if (flag === undefined) {
        const hint = set.byName.has(letters.slice(1)) ? `--${letters.slice(1)}` : undefined;
        remarks.unknownFlag(hint === undefined ? whole.slice(index, index + 1) : whole, set, hint?.slice(2), letters);
        return start;
      }
      const rest = letters.length > index + 1 ? whole.slice(index + 1) : undefined;
      const inline = rest?.value.startsWith('=') ? rest.slice(1) : rest;
      if (flag.kind !== 'boolean') return value(flag, `-${letter}`, start, inline, words[start + 1]);
      if (rest?.value.startsWith('=')) return value(flag, `-${letter}`, start, inline, undefined);
      value(flag, `-${letter}`, start, undefined, undefined);
    }
    return start;
  }
}

const emptyWord: Word = { text: '', pieces: [], start: 0, end: 0, known: true, open: false };

/** `[OPTIONS]`, `[flags]`, `...`, `…`: a description of a command and not a command. */
function isSynopsis(word: Word): boolean {
  return /^(?:\[[A-Za-z_ .|-]+\]?(?:\.\.\.)?|\.\.\.|…|OPTIONS)$/.test(word.text);
}
