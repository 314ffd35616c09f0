import type { Span } from '../../core/origin.ts';
import type { SourceText, TextEdit } from '../../core/text.ts';
import { applyEdits } from '../../core/text.ts';
import type { DockerCommandKind } from './flags.ts';
import type { Call } from './interpreter.ts';
import type { ParsedFlags } from './parse-flags.ts';
import { wordSpan } from './word.ts';

/** A word of a command: its value, and its place with quotes and expansions as written. */
interface CommandWord {
  readonly text: string;
  readonly span: Span;
  /** False when the word, or a part of it, comes out of a variable or a command: replacing it changes more than its text. */
  readonly literal: boolean;
}

export interface CommandFlag {
  /** Canonical: `network` for `--net`, `publish` for `-p`. */
  readonly name: string;
  /** As written, with dashes. */
  readonly written: string;
  readonly value: string;
  /** Indexes into `words`; both are the same for `--name=value`, `-p80:80` and booleans. */
  readonly firstWord: number;
  readonly lastWord: number;
}

/** A docker command as it stands in a text, with what a fix has to know to rewrite it. */
export interface DockerCommand {
  readonly kind: DockerCommandKind;
  readonly file: string;
  /** From the first word (`sudo`, `docker`) to the end of the last. */
  readonly span: Span;
  readonly words: readonly CommandWord[];
  readonly flags: readonly CommandFlag[];
  /** Index of the first operand: the image of `run`, the network of `network create`. Flags go in front of it. */
  readonly firstOperand: number | undefined;
  /** The container that it makes, or that it puts on a network. */
  readonly workloadId?: string;
  /** The network that it makes, or that it puts a container on. */
  readonly networkId?: string;
}

export function describeCommand(kind: DockerCommandKind, call: Call, parsed: ParsedFlags, source: SourceText): DockerCommand {
  return {
    kind,
    file: source.file,
    span: source.span(call.start, call.end),
    words: call.words.map((word) => ({
      text: word.text,
      span: wordSpan(source, word),
      literal: word.pieces.every((piece) => piece.via.length === 0 && piece.known),
    })),
    flags: parsed.flags.map(({ name, written, value, firstWord, lastWord }) => ({
      name,
      written,
      value: value.value,
      firstWord,
      lastWord,
    })),
    firstOperand: parsed.firstOperand,
  };
}

/**
 * Puts `flag value` in front of the first operand. Where that operand begins a line, the flag gets a line of its own,
 * indented (and prompted) alike.
 */
export function renderWithFlag(command: DockerCommand, source: SourceText, flag: string, value: string): TextEdit {
  const operand = command.firstOperand === undefined ? undefined : command.words[command.firstOperand];
  const at = operand?.span.start ?? command.span.end;
  const text = value === '' ? flag : `${flag} ${quoteWord(value)}`;
  if (operand === undefined) return { file: command.file, start: at, end: at, text: ` ${text}` };
  const lineStart = source.text.lastIndexOf('\n', at - 1) + 1;
  const indent = source.text.slice(lineStart, at);
  const ownLine = lineStart > command.span.start && /^[ \t]*(?:> ?[ \t]*)?$/.test(indent);
  const newline = ownLine && source.text[lineStart - 2] === '\r' ? '\r\n' : '\n';
  return { file: command.file, start: at, end: at, text: ownLine ? `${text} \\${newline}${indent}` : `${text} ` };
}

/** Takes a flag with its value and the blanks (and line continuation) behind it out of a command. */
export function renderWithoutFlag(command: DockerCommand, source: SourceText, flag: CommandFlag): TextEdit | undefined {
  const first = command.words[flag.firstWord];
  const last = command.words[flag.lastWord];
  // `-dp 80:80`: the word holds other flags too.
  if (first === undefined || last === undefined || !first.literal || !last.literal || !isAlone(first.text, flag)) return undefined;
  const behind = /^(?:[ \t]+|\\\r?\n)*/.exec(source.text.slice(last.span.end, command.span.end))?.[0] ?? '';
  return { file: command.file, start: first.span.start, end: last.span.end + behind.length, text: '' };
}

function isAlone(word: string, flag: CommandFlag): boolean {
  return (
    word === flag.written ||
    word.startsWith(`${flag.written}=`) ||
    (!flag.written.startsWith('--') && word === `${flag.written}${flag.value}`)
  );
}

/** The text of a command with edits carried out that lie inside of it. */
export function correctedCommand(source: SourceText, command: DockerCommand, edits: readonly TextEdit[]): string {
  const { start, end } = command.span;
  const inside = edits.filter((edit) => edit.file === command.file && edit.start >= start && edit.end <= end);
  return applyEdits(
    source.text.slice(start, end),
    inside.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start })),
  );
}

/** A word as a POSIX shell has to be given it. */
export function quoteWord(text: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
