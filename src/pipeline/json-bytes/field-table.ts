/** The fields of one object as ranges of bytes, to be changed and written again: what nobody touches is never decoded and stays as it was written. */

import { writeEscaped } from './escape.ts';
import { decodeString } from './field-finder.ts';
import { backslash, closeBrace, colon, comma, openBrace, quote, sameBytes, skipWhitespace, stringEnd, valueEnd } from './scan.ts';
import { strictValueEnd } from './validate.ts';

/** The name of a field, with what is needed to find and to write it. */
export interface FieldName {
  readonly text: string;
  /** Between its quotes, escaped. */
  readonly bytes: Buffer;
}

export const fieldName = (text: string): FieldName => ({ text, bytes: Buffer.from(JSON.stringify(text).slice(1, -1)) });

const nothing = Buffer.alloc(0);

/**
 * One table serves record after record, so that nothing is allocated per field. `load` fills it; `range` of a field that is set or was read stays
 * true until the next `load`.
 */
export class FieldTable {
  /** Fields there are, removed ones included. */
  #count = 0;
  #record: Buffer = nothing;
  /** The buffer of each value: the record, or where a transform has put it. */
  readonly #values: Buffer[] = [];
  readonly #valueStarts: number[] = [];
  readonly #valueEnds: number[] = [];
  readonly #names: Buffer[] = [];
  readonly #nameStarts: number[] = [];
  readonly #nameEnds: number[] = [];
  /** 0 removed, 1 as it is in the record, 2 changed or new. */
  readonly #states: number[] = [];
  #scratch: Buffer = Buffer.allocUnsafeSlow(4_096);
  #used = 0;
  /** A name in the record may be written in another way than the one that is looked for. */
  #escapedNames = false;
  changed = false;
  /** Set by `find`. */
  bytes: Buffer = nothing;
  start = 0;
  end = 0;

  /** No fields; what is set makes a new object. */
  clear(): void {
    this.#count = 0;
    this.#used = 0;
    this.changed = true;
    this.#record = nothing;
    this.#escapedNames = true;
  }

  /** False, and an empty table, for anything whose fields cannot be told: no object, or one that is broken. */
  load(bytes: Buffer, start: number, end: number): boolean {
    this.#count = 0;
    this.#used = 0;
    this.changed = false;
    this.#record = bytes;
    this.#escapedNames = false;
    const whole = this.#read(bytes, start, end, valueEnd);
    if (!whole) this.#count = 0;
    return whole;
  }

  /** As `load`, for what has yet to prove that it is an object: false for anything that JSON.parse would not take. */
  loadStrictly(bytes: Buffer, start: number, end: number): boolean {
    this.#count = 0;
    this.#used = 0;
    this.changed = false;
    this.#record = bytes;
    this.#escapedNames = false;
    const whole = this.#read(bytes, start, end, strictValueEnd) && this.#namesAreStrict();
    if (!whole) this.#count = 0;
    return whole;
  }

  #read(bytes: Buffer, start: number, end: number, endOf: (bytes: Buffer, at: number, end: number) => number): boolean {
    let at = skipWhitespace(bytes, start, end);
    if (at >= end || bytes[at] !== openBrace) return false;
    at = skipWhitespace(bytes, at + 1, end);
    if (at < end && bytes[at] === closeBrace) return skipWhitespace(bytes, at + 1, end) === end;
    while (at < end) {
      if (bytes[at] !== quote) return false;
      const nameStart = at + 1;
      const nameEnd = stringEnd(bytes, nameStart, end);
      if (nameEnd === -1) return false;
      at = skipWhitespace(bytes, nameEnd + 1, end);
      if (at >= end || bytes[at] !== colon) return false;
      at = skipWhitespace(bytes, at + 1, end);
      const behind = endOf(bytes, at, end);
      if (behind < 0) return false;
      this.#append(bytes, nameStart, nameEnd, bytes, at, behind, 1);
      if (!this.#escapedNames) this.#escapedNames = hasBackslash(bytes, nameStart, nameEnd);
      at = skipWhitespace(bytes, behind, end);
      if (at >= end) return false;
      if (bytes[at] === closeBrace) return skipWhitespace(bytes, at + 1, end) === end;
      if (bytes[at] !== comma) return false;
      at = skipWhitespace(bytes, at + 1, end);
    }
    return false;
  }

  #namesAreStrict(): boolean {
    for (let index = 0; index < this.#count; index += 1)
      if (strictValueEnd(this.#record, (this.#nameStarts[index] ?? 0) - 1, (this.#nameEnds[index] ?? 0) + 1) < 0) return false;
    return true;
  }

  #append(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, start: number, end: number, state: number): void {
    const index = this.#count;
    this.#count += 1;
    this.#names[index] = name;
    this.#nameStarts[index] = nameStart;
    this.#nameEnds[index] = nameEnd;
    this.#values[index] = value;
    this.#valueStarts[index] = start;
    this.#valueEnds[index] = end;
    this.#states[index] = state;
  }

  /** Finds the value, JSON as it is written, of the last field of this name: `bytes`, `start`, `end`. */
  find(name: FieldName): boolean {
    const index = this.#indexOf(name, this.#count);
    if (index === -1) return false;
    this.bytes = this.#values[index] ?? nothing;
    this.start = this.#valueStarts[index] ?? 0;
    this.end = this.#valueEnds[index] ?? 0;
    return true;
  }

  #indexOf(name: FieldName, before: number): number {
    for (let index = before - 1; index >= 0; index -= 1) if (this.#states[index] !== 0 && this.#isNamed(index, name)) return index;
    return -1;
  }

  #isNamed(index: number, name: FieldName): boolean {
    const bytes = this.#names[index] ?? nothing;
    const start = this.#nameStarts[index] ?? 0;
    const end = this.#nameEnds[index] ?? 0;
    if (end - start === name.bytes.length && sameBytes(bytes, start, name.bytes)) return true;
    return this.#escapedNames && hasBackslash(bytes, start, end) && decodeString(bytes, start, end) === name.text;
  }

  /** Takes every field of this name away; whether there was one. */
  remove(name: FieldName): boolean {
    let index = this.#indexOf(name, this.#count);
    if (index === -1) return false;
    for (; index !== -1; index = this.#indexOf(name, index)) this.#states[index] = 0;
    this.changed = true;
    return true;
  }

  /** Keeps the place and the value; another field that had the new name is gone. Whether there was one to rename. */
  rename(from: FieldName, to: FieldName): boolean {
    const index = this.#indexOf(from, this.#count);
    if (index === -1) return false;
    if (from.text === to.text) return true;
    for (let other = this.#indexOf(from, index); other !== -1; other = this.#indexOf(from, other)) this.#states[other] = 0;
    this.remove(to);
    if (to.bytes.length !== to.text.length) this.#escapedNames = true;
    this.#names[index] = to.bytes;
    this.#nameStarts[index] = 0;
    this.#nameEnds[index] = to.bytes.length;
    this.#states[index] = 2;
    this.changed = true;
    return true;
  }

  /** The value is JSON text that stays where it is until the record is written. In the place of the field of this name, or at the end. */
  set(name: FieldName, value: Buffer, start = 0, end = value.length): void {
    this.changed = true;
    const index = this.#indexOf(name, this.#count);
    if (index === -1) {
      if (name.bytes.length !== name.text.length) this.#escapedNames = true;
      this.#append(name.bytes, 0, name.bytes.length, value, start, end, 2);
      return;
    }
    for (let other = this.#indexOf(name, index); other !== -1; other = this.#indexOf(name, other)) this.#states[other] = 0;
    this.#values[index] = value;
    this.#valueStarts[index] = start;
    this.#valueEnds[index] = end;
    this.#states[index] = 2;
  }

  /** Any bytes, as a JSON string. */
  setText(name: FieldName, bytes: Buffer, start: number, end: number): void {
    const from = this.#reserve(2 + 6 * (end - start));
    const scratch = this.#scratch;
    scratch[from] = quote;
    const behind = writeEscaped(scratch, from + 1, bytes, start, end);
    scratch[behind] = quote;
    this.#used = behind + 1;
    this.set(name, scratch, from, behind + 1);
  }

  /** As `setText` for a name that is bytes as well; they must need no escapes. */
  putText(from: Buffer, nameStart: number, nameEnd: number, bytes: Buffer, start: number, end: number): void {
    const at = this.#reserve(2 + 6 * (end - start));
    const scratch = this.#scratch;
    scratch[at] = quote;
    const behind = writeEscaped(scratch, at + 1, bytes, start, end);
    scratch[behind] = quote;
    this.#used = behind + 1;
    this.putJson(from, nameStart, nameEnd, scratch, at, behind + 1);
  }

  /** As `set` for a name that is bytes as well. */
  putJson(from: Buffer, nameStart: number, nameEnd: number, value: Buffer, start: number, end: number): void {
    this.changed = true;
    for (let index = this.#count - 1; index >= 0; index -= 1) {
      const length = (this.#nameEnds[index] ?? 0) - (this.#nameStarts[index] ?? 0);
      if (this.#states[index] === 0 || length !== nameEnd - nameStart) continue;
      if (!sameRange(this.#names[index] ?? nothing, this.#nameStarts[index] ?? 0, from, nameStart, length)) continue;
      this.#states[index] = 0;
    }
    this.#append(from, nameStart, nameEnd, value, start, end, 2);
  }

  /** Sets every field of an object that lies elsewhere; it stays there until the record is written. `other` is used for reading it. False: it is none, and nothing was set. */
  setAllOf(bytes: Buffer, start: number, end: number, other: FieldTable): boolean {
    if (!other.load(bytes, start, end)) return false;
    if (other.#escapedNames) this.#escapedNames = true;
    for (let index = 0; index < other.#count; index += 1)
      this.putJson(
        bytes,
        other.#nameStarts[index] ?? 0,
        other.#nameEnds[index] ?? 0,
        bytes,
        other.#valueStarts[index] ?? 0,
        other.#valueEnds[index] ?? 0,
      );
    return true;
  }

  /** JSON text, or any other ASCII. */
  setJson(name: FieldName, json: string): void {
    const from = this.#reserve(3 * json.length);
    const length = this.#scratch.write(json, from);
    this.#used = from + length;
    this.set(name, this.#scratch, from, from + length);
  }

  #reserve(bytes: number): number {
    // Values that were set before stay in the memory they are in.
    if (this.#used + bytes > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(bytes, 4_096));
      this.#used = 0;
    }
    return this.#used;
  }

  /** An upper bound of what `write` writes. */
  get length(): number {
    let length = 2;
    for (let index = 0; index < this.#count; index += 1) {
      if (this.#states[index] === 0) continue;
      length +=
        4 + (this.#nameEnds[index] ?? 0) - (this.#nameStarts[index] ?? 0) + (this.#valueEnds[index] ?? 0) - (this.#valueStarts[index] ?? 0);
      // Fields that follow each other in the record are copied with what stands between them.
      if (this.#states[index] === 1) length += this.#gapBefore(index);
    }
    return length;
  }

  #gapBefore(index: number): number {
    const inside = (this.#valueStarts[index] ?? 0) - (this.#nameEnds[index] ?? 0) - 1;
    const before = index > 0 && this.#states[index - 1] === 1 ? (this.#nameStarts[index] ?? 0) - (this.#valueEnds[index - 1] ?? 0) : 0;
    return inside + before;
  }

  /** Writes the object and returns the index behind it; there is room for `length` bytes. */
  write(target: Buffer, at: number): number {
    target[at++] = openBrace;
    let first = true;
    for (let index = 0; index < this.#count; index += 1) {
      const state = this.#states[index];
      if (state === 0) continue;
      if (!first) target[at++] = comma;
      first = false;
      if (state === 1) {
        let last = index;
        while (last + 1 < this.#count && this.#states[last + 1] === 1) last += 1;
        at += this.#record.copy(target, at, (this.#nameStarts[index] ?? 0) - 1, this.#valueEnds[last] ?? 0);
        index = last;
      } else at = this.#writeField(target, at, index);
    }
    target[at] = closeBrace;
    return at + 1;
  }

  #writeField(target: Buffer, at: number, index: number): number {
    target[at++] = quote;
    at += (this.#names[index] ?? nothing).copy(target, at, this.#nameStarts[index] ?? 0, this.#nameEnds[index] ?? 0);
    target[at++] = quote;
    target[at++] = colon;
    return at + (this.#values[index] ?? nothing).copy(target, at, this.#valueStarts[index] ?? 0, this.#valueEnds[index] ?? 0);
  }
}

function hasBackslash(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === backslash) return true;
  return false;
}

function sameRange(one: Buffer, at: number, other: Buffer, otherAt: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) if (one[at + index] !== other[otherAt + index]) return false;
  return true;
}
