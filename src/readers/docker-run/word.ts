import type { FileOrigin, Hop, Span } from '../../core/origin.ts';
import type { SourceText } from '../../core/text.ts';

/** A stretch of an expanded word and where it was written. */
export interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The characters between start and end are `text`. */
  readonly exact: boolean;
  /** False when `text` only names what a running shell would put there: `${PORT}`, `$(hostname)`. */
  readonly known: boolean;
  readonly via: readonly Hop[];
  /** The container whose id a running shell would put there: `$(docker run -d …)`. Its text is not known all the same. */
  readonly container?: string;
}

/** A word as the command receives it, with the place of each of its characters. */
export interface Word {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** The place of the whole word, quotes included. */
  readonly start: number;
  readonly end: number;
  /** False when a piece is unknown. */
  readonly known: boolean;
  /** True when the whole word is one unquoted expansion that is unknown, so that it may be no word or several. */
  readonly open: boolean;
}

export function makeWord(pieces: readonly Piece[], start: number, end: number, open = false): Word {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return { text: only.text, pieces, start, end, known: only.known, open };
  return { text: pieces.map((piece) => piece.text).join(''), pieces, start, end, known: pieces.every((piece) => piece.known), open };
}

/**
 * A value that is a part of a word: `8080` of `-p 8080:80`. Readers of values take `Text`s apart, so that every fact
 * keeps the place of just its own characters.
 */
export class Text {
  readonly word: Word;
  readonly from: number;
  readonly to: number;
  readonly source: SourceText;

  constructor(source: SourceText, word: Word, from = 0, to = word.text.length) {
    this.source = source;
    this.word = word;
    this.from = from;
    this.to = to;
  }

  get value(): string {
    return this.from === 0 && this.to === this.word.text.length ? this.word.text : this.word.text.slice(this.from, this.to);
  }

  /** True when nothing in it is left to a running shell. */
  get known(): boolean {
    return this.word.known || this.#pieces().every((piece) => piece.known);
  }

  get origin(): FileOrigin {
    return originOf(this.source, this.word, this.from, this.to);
  }

  /** Characters `from`..`to` of the value, as a value of its own. */
  slice(from: number, to: number = this.to - this.from): Text {
    return new Text(this.source, this.word, this.from + from, Math.min(this.from + to, this.to));
  }

  /** Parts between separators, empty ones included. */
  split(separator: string): readonly Text[] {
    const { value } = this;
    const parts: Text[] = [];
    let from = 0;
    for (let at = value.indexOf(separator); at !== -1; at = value.indexOf(separator, from)) {
      parts.push(this.slice(from, at));
      from = at + separator.length;
    }
    return [...parts, this.slice(from)];
  }

  /** What stands before and behind the first separator; `after` is undefined without one. */
  cut(separator: string): { readonly before: Text; readonly after: Text | undefined } {
    const at = this.value.indexOf(separator);
    if (at === -1) return { before: this, after: undefined };
    return { before: this.slice(0, at), after: this.slice(at + separator.length) };
  }

  /** The container that it is the id of; see `Piece`. */
  get container(): string | undefined {
    const pieces = this.#pieces();
    return pieces.length === 1 ? pieces[0]?.container : undefined;
  }

  /** The names of the expansions that are not known. */
  missing(): readonly string[] {
    return this.#pieces()
      .filter((piece) => !piece.known)
      .map((piece) => piece.text);
  }

  #pieces(): readonly Piece[] {
    return overlapping(this.word, this.from, this.to).map((place) => place.piece);
  }
}

interface Placed {
  readonly piece: Piece;
  /** Offset of the piece in the word's text. */
  readonly offset: number;
}

function overlapping(word: Word, from: number, to: number): readonly Placed[] {
  const found: Placed[] = [];
  let offset = 0;
  for (const piece of word.pieces) {
    const end = offset + piece.text.length;
    const empty = piece.text.length === 0;
    if ((offset < to && end > from) || (empty && offset >= from && offset <= to) || (from === to && offset <= from && end >= to))
      found.push({ piece, offset });
    offset = end;
  }
  return found;
}

/** The place of characters `from`..`to` of a word; exact when they stand in the source just like that. */
function originOf(source: SourceText, word: Word, from: number, to: number): FileOrigin {
  const places = overlapping(word, from, to);
  const [first] = places;
  const last = places.at(-1);
  if (first === undefined || last === undefined) return source.origin(word.start, word.end);
  const start = first.piece.exact ? first.piece.start + Math.max(0, from - first.offset) : first.piece.start;
  const end = last.piece.exact ? last.piece.start + Math.min(to - last.offset, last.piece.text.length) : last.piece.end;
  const exact = places.every(({ piece }) => piece.exact) && end - start === to - from;
  const via = places.flatMap(({ piece }) => piece.via);
  return start <= end ? source.origin(start, end, { exact, via }) : source.origin(word.start, word.end, { via });
}

export function wordSpan(source: SourceText, word: Word): Span {
  return source.span(word.start, word.end);
}
