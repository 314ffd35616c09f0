import type { Hop, Origin } from '../../../core/origin.ts';
import { subOrigin } from '../../../core/origin.ts';

/** Stands inside a value's text for something that cannot be evaluated (a variable of a shell that we do not see). */
export const UNKNOWN = '\uFFFC';

/** A string with its place. After an expansion its parts come from several places: then `pieces` cover the text. */
export interface Value {
  readonly text: string;
  readonly origin: Origin;
  readonly pieces?: readonly Piece[];
}

interface Piece {
  readonly from: number;
  readonly to: number;
  /** Where `text.slice(from, to)` was written; narrows when exact. */
  readonly origin: Origin;
}

export const toValue = (text: { readonly value: string; readonly origin: Origin }): Value => ({ text: text.value, origin: text.origin });

export const hasUnknown = (text: string): boolean => text.includes(UNKNOWN);

/** The place of characters `from`..`to`; the whole value's where they come from several places. */
export function partOrigin(value: Value, from: number, to: number): Origin {
  if (value.pieces === undefined) return subOrigin(value.origin, from, to);
  const piece = value.pieces.find((candidate) => candidate.from <= from && to <= candidate.to);
  return piece === undefined ? value.origin : subOrigin(piece.origin, from - piece.from, to - piece.from);
}

/** The part of a value as a value of its own. */
export function slice(value: Value, from: number, to: number): Value {
  const text = value.text.slice(from, to);
  if (value.pieces === undefined)
    return { text, origin: from === 0 && to === value.text.length ? value.origin : subOrigin(value.origin, from, to) };
  const pieces = value.pieces
    .filter((piece) => piece.to > from && piece.from < to)
    .map((piece) => {
      const start = Math.max(piece.from, from);
      const end = Math.min(piece.to, to);
      return { from: start - from, to: end - from, origin: subOrigin(piece.origin, start - piece.from, end - piece.from) };
    });
  return { text, origin: partOrigin(value, from, to), pieces };
}

export function trim(value: Value): Value {
  const from = value.text.length - value.text.trimStart().length;
  const to = Math.max(from, value.text.trimEnd().length);
  return from === 0 && to === value.text.length ? value : slice(value, from, to);
}

/** Splits at a separator, trims, drops empty parts, keeps the places. */
export function split(value: Value, separator: RegExp): readonly Value[] {
  const parts: Value[] = [];
  let from = 0;
  for (const match of value.text.matchAll(new RegExp(separator, separator.flags.includes('g') ? separator.flags : `${separator.flags}g`))) {
    parts.push(trim(slice(value, from, match.index)));
    from = match.index + match[0].length;
  }
  parts.push(trim(slice(value, from, value.text.length)));
  return parts.filter((part) => part.text !== '');
}

/**
 * The values of a `docker run` line hold `${NAME}` and `$(command)` where a running shell would put something that is
 * not in the input; a quoted `'${NAME}'` is exact and stays what it is.
 */
export function givenOnCommandLine(value: Value): Value {
  const open = value.origin.kind === 'file' && !value.origin.exact;
  return open ? expand(value, { pattern: /\$\{(?<name>[^}]*)\}|\$\([^)]*\)|`[^`]*`/g }, () => undefined) : value;
}

/** Finds the value behind a reference; undefined when nobody told us. */
export type Resolve = (name: string) => Value | undefined;

export interface ReferenceStyle {
  /** Matches one reference; group `name`, and optionally group `fallback`. */
  readonly pattern: RegExp;
  /** What an unset variable without a fallback becomes; undefined: not known. */
  readonly unset?: string;
}

/** `${env:X}`, `${X}`, both with `:-default`; what the Collector reads. */
export const collectorStyle: ReferenceStyle = { pattern: /\$\{(?:env:)?(?<name>[A-Za-z_]\w*)(?::-(?<fallback>[^}]*))?\}/g };

/** `${X}`, `${X:-default}`, `$X`: shells, Vector, Telegraf, Grafana, Fluent Bit. */
export const shellStyle: ReferenceStyle = {
  pattern: /\$(?:\{(?<name>[A-Za-z_]\w*)(?::?-(?<fallback>[^}]*))?\}|(?<plain>[A-Za-z_]\w*)|__env\{(?<grafana>\w+)\})/g,
};

/**
 * The value with its references replaced. A part that came from elsewhere has that place as its origin, with a hop that
 * says how it got here; what nobody told us becomes `UNKNOWN`.
 */
export function expand(value: Value, style: ReferenceStyle, resolve: Resolve): Value {
  if (!/[${]/.test(value.text)) return value;
  let text = '';
  let at = 0;
  const pieces: Piece[] = [];
  const add = (part: string, origin: Origin) => {
    if (part !== '') pieces.push({ from: text.length, to: text.length + part.length, origin });
    text += part;
  };
  for (const match of value.text.matchAll(style.pattern)) {
    add(value.text.slice(at, match.index), partOrigin(value, at, match.index));
    at = match.index + match[0].length;
    const { name, plain, grafana, fallback } = match.groups ?? {};
    const found = resolve(name ?? plain ?? grafana ?? '');
    if (found !== undefined) add(found.text, withHop(found.origin, hop(match[0], partOrigin(value, match.index, at))));
    else if (fallback !== undefined) {
      const start = match.index + match[0].lastIndexOf(fallback);
      add(fallback, partOrigin(value, start, start + fallback.length));
    } else add(style.unset ?? UNKNOWN, inexact(partOrigin(value, match.index, at)));
  }
  if (at === 0) return value;
  add(value.text.slice(at), partOrigin(value, at, value.text.length));
  return { text, origin: inexact(value.origin), pieces };
}

/** The same place, whose text is no longer the value. */
export const inexact = (origin: Origin): Origin => (origin.kind === 'file' ? { ...origin, exact: false } : origin);

function hop(text: string, place: Origin): Hop {
  if (place.kind !== 'file') return { kind: 'environment', text };
  return { kind: 'environment', text, file: place.file, line: place.span.line, column: place.span.column };
}

function withHop(origin: Origin, added: Hop): Origin {
  return origin.kind === 'file' ? { ...origin, via: [...origin.via, added] } : origin;
}
