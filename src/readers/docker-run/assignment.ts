import { type Expansion, expandWhole, expandWord } from './expand.ts';
import type { Variable } from './scope.ts';
import type { Part, RawWord } from './syntax.ts';
import { makeWord } from './word.ts';

const ASSIGNMENT = /^([A-Za-z_]\w*)(\[[^\]]*\])?(\+)?=/;

export function isAssignment(word: RawWord | undefined): boolean {
  const [part] = word?.parts ?? [];
  return part?.kind === 'text' && !part.quoted && ASSIGNMENT.test(part.text);
}

/** Carries out `name=value`, `name+=value` and `name=(…)`; gives the name. */
export function assign(raw: RawWord, expansion: Expansion): string | undefined {
  const [head] = raw.parts;
  const match = head?.kind === 'text' ? ASSIGNMENT.exec(head.text) : null;
  const name = match?.[1];
  if (match === null || name === undefined || head?.kind !== 'text') return undefined;
  const before = match[3] === undefined ? undefined : expansion.scope.get(name);
  // An element of an array that is set by its index is beyond what we keep.
  const value = match[2] === undefined ? assignedVariable(raw, head, match[0].length, expansion) : ({ known: false } as const);
  expansion.scope.set(name, match[3] === undefined ? value : joined(before, value));
  return name;
}

/** The value of `name=value`, which stands before a command. */
export function assignedValue(raw: RawWord, expand: (word: RawWord) => { readonly text: string; readonly known: boolean } | undefined) {
  const [head] = raw.parts;
  const match = head?.kind === 'text' ? ASSIGNMENT.exec(head.text) : null;
  if (match?.[1] === undefined || head?.kind !== 'text') return undefined;
  const word = expand({ ...raw, parts: valueParts(raw.parts, head, match[0].length) });
  return { name: match[1], value: word?.text ?? '', known: word?.known ?? true };
}

function assignedVariable(raw: RawWord, head: Extract<Part, { kind: 'text' }>, prefix: number, expansion: Expansion): Variable {
  const { line, column } = expansion.source.position(raw.start);
  const place = { file: expansion.source.file, line, column };
  if (raw.elements !== undefined) {
    const words = raw.elements.flatMap((element) => expandWord(element, expansion));
    return words.some((word) => word.open) ? { known: false } : { known: true, list: true, words, place };
  }
  const pieces = expandWhole(valueParts(raw.parts, head, prefix), expansion);
  // `IMAGE=$(build)`: nothing of it is known, so the variable's own name says more than the command does.
  if (pieces.length > 0 && pieces.every((piece) => !piece.known && piece.container === undefined)) return { known: false };
  return { known: true, list: false, words: [makeWord(pieces, raw.start, raw.end)], place };
}

function valueParts(parts: readonly Part[], head: Extract<Part, { kind: 'text' }>, prefix: number): readonly Part[] {
  const rest = { ...head, text: head.text.slice(prefix), start: head.start + prefix };
  return rest.text === '' ? parts.slice(1) : [rest, ...parts.slice(1)];
}

function joined(before: Variable | undefined, added: Variable): Variable {
  if (before === undefined) return added;
  if (!before.known || !added.known) return { known: false };
  if (before.list || added.list) return { ...added, list: true, words: [...before.words, ...added.words].slice(0, 4096) };
  const [first] = before.words;
  const [second] = added.words;
  if (first === undefined || second === undefined || first.text.length + second.text.length > 65_536) return { known: false };
  return { ...added, words: [makeWord([...first.pieces, ...second.pieces], second.start, second.end)] };
}
