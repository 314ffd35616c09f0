import { resolve } from 'node:path/posix';
import type { Hop } from '../../core/origin.ts';
import type { SourceText } from '../../core/text.ts';
import type { Scope, Variable } from './scope.ts';
import { knownSubstitution } from './substitution.ts';
import type { Item, Part, RawWord } from './syntax.ts';
import { makeWord, type Piece, type Word } from './word.ts';

export interface Expansion {
  readonly source: SourceText;
  readonly scope: Scope;
  /** Carries out the commands of a `$(…)`, in which `docker run` is at home: `id=$(docker run -d …)`. Gives the container whose id they print. */
  readonly substitute: (items: readonly Item[]) => string | undefined;
}

/** Text of unknown expansions is cut here: it only serves to name them. */
const MAX_NAME = 80;
/** Words that one word may become: `$(seq 1 100000)` and doubling variables have to stay harmless. */
const MAX_FIELDS = 4096;
const MAX_TEXT = 65_536;

/** A field under construction. */
interface Field {
  pieces: Piece[];
  present: boolean;
}

/** Expands parameters and command substitutions and splits unquoted results at blanks (POSIX 2.6.2, 2.6.5). */
export function expandWord(raw: RawWord, expansion: Expansion): readonly Word[] {
  const [only] = raw.parts;
  if (raw.parts.length === 1 && only?.kind === 'text') return [makeWord([pieceOf(only)], raw.start, raw.end)];
  const fields: Field[] = [{ pieces: [], present: false }];
  for (const part of raw.parts) append(fields, expandPart(part, expansion));
  const open = raw.parts.length === 1 && only !== undefined && only.kind !== 'text' && !only.quoted;
  return fields
    .filter((field) => field.present)
    .map(({ pieces }) => makeWord(pieces, raw.start, raw.end, open && pieces.some((piece) => !piece.known)));
}

/** Expands without splitting, as in an assignment. */
export function expandWhole(parts: readonly Part[], expansion: Expansion): readonly Piece[] {
  let length = 0;
  const pieces: Piece[] = [];
  for (const part of parts)
    for (const [index, field] of expandPart(part, expansion).entries())
      for (const piece of [...(index > 0 ? [{ ...(field[0] ?? pieceOf(emptyText)), text: ' ', exact: false }] : []), ...field]) {
        length += piece.text.length;
        if (length <= MAX_TEXT) pieces.push(piece);
      }
  return pieces;
}

const emptyText = { kind: 'text', text: '', start: 0, end: 0, exact: false, quoted: true } as const;

/** Joins the first of `parts` to the last field and begins a new field for each further one. */
function append(fields: Field[], parts: readonly (readonly Piece[])[]): void {
  for (const [index, pieces] of parts.entries()) {
    if (fields.length >= MAX_FIELDS) return;
    if (index > 0) fields.push({ pieces: [], present: false });
    const last = fields.at(-1);
    if (last === undefined) return;
    last.pieces.push(...pieces);
    last.present ||= pieces.length > 0;
  }
}

function expandPart(part: Part, expansion: Expansion): readonly (readonly Piece[])[] {
  switch (part.kind) {
    case 'text':
      return [[pieceOf(part)]];
    case 'opaque':
      return [[unknownPiece(part, expansion.source.text.slice(part.start, part.end))]];
    case 'parameter':
      return expandParameter(part, expansion);
    case 'substitution':
      return expandSubstitution(part, expansion);
    default:
      return part satisfies never;
  }
}

type Parameter = Extract<Part, { kind: 'parameter' }>;

function expandParameter(part: Parameter, expansion: Expansion): readonly (readonly Piece[])[] {
  const variable = expansion.scope.get(part.name) ?? workingFolder(part.name, expansion);
  const unset = variable === undefined;
  const empty = unset || (variable.known && variable.words.every((word) => word.text === ''));
  const operator = part.operator ?? '';
  const without = operator.startsWith(':') ? empty : unset;
  if (operator.endsWith('+')) {
    if (variable !== undefined && !variable.known) return [[unknownPiece(part, `\${${part.name}}`)]];
    return without ? [[]] : wordOf(part, expansion);
  }
  if (without && (operator.endsWith('-') || operator.endsWith('='))) {
    const fields = wordOf(part, expansion);
    if (operator.endsWith('='))
      expansion.scope.set(part.name, { known: true, list: false, words: [makeWord(fields.flat(), part.start, part.end)] });
    return fields;
  }
  if (variable === undefined || !variable.known) return [[unknownPiece(part, `\${${part.name}}`)]];
  return valueFields(part, variable, expansion.source);
}

/** The shell sets PWD itself, whatever the environment says; a script that sets it is taken at its word. */
function workingFolder(name: string, { scope }: Expansion): Variable | undefined {
  if (name !== 'PWD') return undefined;
  if (scope.folder === undefined) return { known: false };
  const text = resolve(scope.folder);
  return { known: true, list: false, words: [makeWord([{ text, start: 0, end: 0, exact: false, known: true, via: [] }], 0, 0)] };
}

/** The word behind an operator, with a hop that says that a default was taken. */
function wordOf(part: Parameter, expansion: Expansion): readonly (readonly Piece[])[] {
  const hop = hopOf(part, expansion.source, undefined);
  const pieces = expandWhole(part.word ?? [], expansion).map((piece) => ({ ...piece, via: [...piece.via, hop] }));
  return part.quoted ? [pieces.length === 0 ? [nothing(part)] : pieces] : split(pieces);
}

function valueFields(part: Parameter, variable: Extract<Variable, { known: true }>, source: SourceText): readonly (readonly Piece[])[] {
  const hop = hopOf(part, source, variable);
  if (variable.list && part.list) return listOf(part, variable.words, hop);
  const text = variable.words[0]?.text ?? '';
  const [only, ...more] = variable.words[0]?.pieces ?? [];
  const container = more.length === 0 ? only?.container : undefined;
  // What the variable holds is named by the variable, as everything else that is not known.
  if (container !== undefined) return [[{ ...unknownPiece(part, `\${${part.name}}`), via: [hop], container }]];
  const piece = { text, start: part.start, end: part.end, exact: false, known: variable.words[0]?.known ?? true, via: [hop] };
  return part.quoted ? [[piece]] : split([piece]);
}

/** `"${flags[@]}"`: each element keeps the place where it was written. */
function listOf(part: Parameter, words: readonly Word[], hop: Hop): readonly (readonly Piece[])[] {
  if (words.length === 0) return [[]];
  const fields = words.map((word) => word.pieces.map((piece) => ({ ...piece, via: [...piece.via, hop] })));
  return part.quoted ? fields : fields.flatMap(split);
}

function expandSubstitution(part: Extract<Part, { kind: 'substitution' }>, expansion: Expansion): readonly (readonly Piece[])[] {
  const container = expansion.substitute(part.items);
  const text = expansion.source.text.slice(part.start, part.end);
  const value = knownSubstitution(text, expansion.source, expansion.scope);
  if (value === undefined) return [[container === undefined ? unknownPiece(part, text) : { ...unknownPiece(part, text), container }]];
  const hop: Hop = { kind: 'interpolation', text };
  const piece = { text: value, start: part.start, end: part.end, exact: false, known: true, via: [hop] };
  return part.quoted ? [[piece]] : split([piece]);
}

function split(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const fields: Piece[][] = [[]];
  for (const piece of pieces) {
    const texts = piece.text.split(/[ \t\n]+/);
    if (texts.length === 1) {
      if (piece.text !== '') fields.at(-1)?.push(piece);
      continue;
    }
    for (const [index, text] of texts.slice(0, MAX_FIELDS).entries()) {
      if (index > 0) fields.push([]);
      if (text !== '') fields.at(-1)?.push({ ...piece, text, exact: false });
    }
  }
  return fields;
}

function pieceOf(part: Extract<Part, { kind: 'text' }>): Piece {
  return { text: part.text, start: part.start, end: part.end, exact: part.exact, known: true, via: [] };
}

function nothing(part: Part): Piece {
  return { text: '', start: part.start, end: part.end, exact: false, known: true, via: [] };
}

function unknownPiece(part: Part, text: string): Piece {
  const name = text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text;
  return { text: name, start: part.start, end: part.end, exact: false, known: false, via: [] };
}

function hopOf(part: Part, source: SourceText, variable: Extract<Variable, { known: true }> | undefined): Hop {
  const text = source.text.slice(part.start, Math.min(part.end, part.start + MAX_NAME));
  if (variable?.place === undefined) return { kind: variable === undefined ? 'interpolation' : 'environment', text };
  const { file, line, column } = variable.place;
  return { kind: 'interpolation', text, file, line, column };
}
