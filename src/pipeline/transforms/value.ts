/** The value of a field as the bytes of its text, whatever the record is. */
import { decodeString } from '../json-bytes/field-finder.ts';
import { backslash, quote } from '../json-bytes/scan.ts';
import type { FieldPath } from './fields.ts';
import { fieldPath, findAt } from './fields.ts';
import type { Parts } from './step.ts';

const nothing = Buffer.alloc(0);

export class TextOfField {
  readonly path: FieldPath;
  readonly #isMessage: boolean;
  bytes: Buffer = nothing;
  start = 0;
  end = 0;

  constructor(field: string) {
    this.path = fieldPath(field);
    this.#isMessage = this.path.length === 1 && this.path[0].text === 'message';
  }

  /** False: there is no such field, or its value is no text (`numbers` are taken as they are written). A line of text is its own message. */
  read(parts: Parts): boolean {
    if (parts.table === undefined) return this.#set(this.#isMessage, parts.bytes, parts.start, parts.end);
    const found = findAt(parts.table, this.path);
    if (found === undefined) return false;
    const { bytes, start, end } = found;
    const first = bytes[start] ?? 0;
    if (first !== quote) return this.#set(first === 0x2d || (first >= 0x30 && first <= 0x39), bytes, start, end);
    for (let at = start + 1; at < end - 1; at += 1) if (bytes[at] === backslash) return this.#decode(bytes, start + 1, end - 1);
    return this.#set(true, bytes, start + 1, end - 1);
  }

  get text(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  #set(is: boolean, bytes: Buffer, start: number, end: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return is;
  }

  #decode(bytes: Buffer, start: number, end: number): boolean {
    const text = decodeString(bytes, start, end);
    if (text === undefined) return false;
    const decoded = Buffer.from(text);
    return this.#set(true, decoded, 0, decoded.length);
  }
}
