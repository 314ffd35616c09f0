/** Finds a field of an object by its bytes, as JSON.parse would give it: the last one of that name at the top level. */
import { type FieldWalker, fieldWalker } from '../kernel/json-field.ts';
import { type TextSearch, textSearch } from '../kernel/search.ts';
import { closeBrace, closingBrace, colon, comma, openBrace, quote, sameBytes, skipWhitespace, stringEnd, valueEnd } from './scan.ts';

/** After so many records in a row that have the field, the next one is expected to have it as well. */
const often = 4;

/**
 * One finder looks for one name, in any number of records of the buffer that it began with; records of one buffer in rising order are fast, any order is right.
 *
 * Two searches over the whole buffer run ahead of the records: for the name in quotes, and for an escape by number (`\u0041`), the only way
 * to write a plain name differently. A record that neither hit lies in has no such field, and is not walked at all.
 *
 * Where record after record has the field, searches stop in each of them: then the kernel walks them, where there is one.
 */
export class FieldFinder {
  readonly name: string;
  /** The range of the value that `find` found. */
  valueStart = 0;
  valueEnd = 0;
  readonly #bytes: Buffer;
  readonly #plain: boolean;
  readonly #quoted: RollingSearch;
  readonly #escapes = new RollingSearch(Buffer.from('\\u'));
  /** Undefined: not asked for yet. */
  #walker: FieldWalker | 'none' | undefined;
  /** Records in a row that had the field. */
  #streak = 0;
  #askedStart = -1;
  #askedEnd = -1;
  #found = false;

  constructor(name: string) {
    this.name = name;
    this.#bytes = Buffer.from(name);
    // These have a short escape too (`\/`), or cannot be told apart from what an invalid byte decodes to.
    this.#plain = !/["\\/\x00-\x1f\ufffd\ud800-\udfff]/.test(name);
    this.#quoted = new RollingSearch(Buffer.from(`${name}"`));
  }

  /** Before the first record of a buffer, or when its bytes have changed. Nothing at or behind `to` is looked at. */
  begin(bytes: Buffer, to = bytes.length): void {
    const view = to === bytes.length ? bytes : bytes.subarray(0, to);
    this.#quoted.begin(view);
    this.#escapes.begin(view);
    this.#walker = undefined;
    this.#askedStart = -1;
  }

  find(bytes: Buffer, start: number, end: number): boolean {
    // Several conditions may ask for the same field of the same record.
    if (start === this.#askedStart && end === this.#askedEnd) return this.#found;
    this.#askedStart = start;
    this.#askedEnd = end;
    this.#found = (this.#streak < often ? undefined : this.#lookByKernel(bytes, start, end)) ?? this.#look(bytes, start, end);
    this.#streak = this.#found ? this.#streak + 1 : 0;
    return this.#found;
  }

  /** Undefined where it cannot say. */
  #lookByKernel(bytes: Buffer, start: number, end: number): boolean | undefined {
    if (this.#walker === undefined) this.#walker = (this.#plain ? fieldWalker(bytes, this.#bytes) : undefined) ?? 'none';
    if (this.#walker === 'none') return undefined;
    const found = this.#walker.find(start, end);
    if (found !== true) return found;
    const { value } = this.#walker;
    this.valueStart = value[0] ?? 0;
    this.valueEnd = value[1] ?? 0;
    return true;
  }

  #look(bytes: Buffer, start: number, end: number): boolean {
    const plain = this.#plain && this.#escapes.next(start) >= end;
    if (plain && this.#quoted.next(start) >= end) return false;
    return closingBrace(bytes, start, end) !== -1 && this.#walk(bytes, start, end, plain);
  }

  #walk(bytes: Buffer, start: number, end: number, plain: boolean): boolean {
    let found = false;
    let at = skipWhitespace(bytes, start, end);
    if (bytes[at] !== openBrace) return false;
    while (at < end) {
      at = skipWhitespace(bytes, at + 1, end);
      if (at >= end || bytes[at] !== quote) return found;
      const nameStart = at + 1;
      const nameEnd = stringEnd(bytes, nameStart, end);
      if (nameEnd === -1) return found;
      at = skipWhitespace(bytes, nameEnd + 1, end);
      if (at >= end || bytes[at] !== colon) return found;
      at = skipWhitespace(bytes, at + 1, end);
      const behind = valueEnd(bytes, at, end);
      if (behind === -1) return found;
      if (this.#isName(bytes, nameStart, nameEnd, plain)) {
        found = true;
        this.valueStart = at;
        this.valueEnd = behind;
        if (plain && this.#quoted.next(behind) >= end) return true;
      }
      at = skipWhitespace(bytes, behind, end);
      if (at >= end || bytes[at] === closeBrace || bytes[at] !== comma) return found;
    }
    return found;
  }

  #isName(bytes: Buffer, start: number, end: number, plain: boolean): boolean {
    if (end - start === this.#bytes.length && sameBytes(bytes, start, this.#bytes)) return true;
    return !plain && decodeString(bytes, start, end) === this.name;
  }
}

/** Where a needle occurs next in a buffer, remembering what was searched already. */
export class RollingSearch {
  readonly #needle: Buffer;
  #bytes: Buffer = nothing;
  /** Undefined: not asked for yet. */
  #kernel: TextSearch | 'none' | undefined;
  /** There is no hit in [#from, #hit). */
  #from = 0;
  #hit = Number.POSITIVE_INFINITY;

  constructor(needle: Buffer) {
    this.#needle = needle;
  }

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#kernel = undefined;
    this.#from = 0;
    this.#hit = 0;
  }

  /** The first index not before `start`, infinite when there is none. */
  next(start: number): number {
    return start >= this.#from && start <= this.#hit && this.#hit > 0 ? this.#hit : this.#search(start);
  }

  #search(start: number): number {
    this.#kernel ??= textSearch(this.#bytes, this.#needle) ?? 'none';
    const hit = this.#kernel === 'none' ? this.#bytes.indexOf(this.#needle, start) : this.#kernel.find(start, this.#bytes.length);
    this.#from = start;
    this.#hit = hit === -1 ? Number.POSITIVE_INFINITY : hit;
    return this.#hit;
  }
}

const nothing = Buffer.alloc(0);

/** The text of a string that stands between its quotes at [start, end); undefined when it is none. */
export function decodeString(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\\')) return text;
  try {
    // What stands between quotes can only be a string.
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}
