/** What records are told apart by: some of their fields, or all of their bytes. */
import { createHash } from 'node:crypto';
import type { LogBatch } from '../batch.ts';
import type { Lookup } from '../conditions/lookup.ts';
import { lookupsWith } from '../conditions/lookup.ts';
import { parseOperand } from '../conditions/parse.ts';
import { hasBackslash, textOf } from '../conditions/tests.ts';
import { quote } from '../json-bytes/scan.ts';
import { hashPlainBytes, hashText } from './hash.ts';
import type { Parts } from './step.ts';

/** A longer value is kept as its digest. */
const keptBytes = 256;

export class KeyReader {
  /** One of them is the record as a whole. */
  readonly wholeRecord: boolean;
  readonly #lookups: readonly Lookup[];

  constructor(fields: readonly string[]) {
    const lookups = lookupsWith();
    const operands = fields.map((field) => {
      const read = parseOperand(field);
      if (!read.ok) throw new Error(`${field} is no field: ${read.problem}`);
      return read.value;
    });
    this.wholeRecord = operands.some(({ kind }) => kind === 'record');
    this.#lookups = operands.map(lookups);
  }

  begin({ stream, bytes }: LogBatch, to: number): void {
    for (const lookup of this.#lookups) lookup.begin(stream, bytes, to);
  }

  /** Undefined when the record has none of the fields. Equal values have equal keys, however they are written; a number never equals a text. */
  ofRecord(bytes: Buffer, start: number, end: number): string | undefined {
    const [only] = this.#lookups;
    if (this.#lookups.length === 1 && only !== undefined) return only.inRecord(bytes, start, end) ? keyOf(only) : undefined;
    let key = '';
    let found = false;
    for (const lookup of this.#lookups) {
      const has = lookup.inRecord(bytes, start, end);
      found ||= has;
      key += has ? measured(keyOf(lookup)) : absent;
    }
    return found ? key : undefined;
  }

  /** `hashText` of `ofRecord`; without making a text of a single field that is written without escapes. */
  hashOfRecord(bytes: Buffer, start: number, end: number): number | undefined {
    const [only] = this.#lookups;
    if (this.#lookups.length !== 1 || only === undefined) return hashOf(this.ofRecord(bytes, start, end));
    if (!only.inRecord(bytes, start, end)) return undefined;
    const { bytes: from, start: first, end: behind, plain } = only;
    const isText = !plain && from[first] === quote;
    if (plain || behind - first > keptBytes) return hashText(keyOf(only));
    // The key of a text begins with its opening quote.
    const hash = hashPlainBytes(from, first, isText ? behind - 1 : behind);
    return hash === -1 ? hashText(keyOf(only)) : hash;
  }

  ofParts(parts: Parts): string | undefined {
    const [only] = this.#lookups;
    if (this.#lookups.length === 1 && only !== undefined) return only.inParts(parts) ? keyOf(only) : undefined;
    let key = '';
    let found = false;
    for (const lookup of this.#lookups) {
      const has = lookup.inParts(parts);
      found ||= has;
      key += has ? measured(keyOf(lookup)) : absent;
    }
    return found ? key : undefined;
  }
}

export const hashOf = (key: string | undefined): number | undefined => (key === undefined ? undefined : hashText(key));

/** With its length before it, so that no two lists of values look the same. */
const measured = (key: string): string => `${key.length}:${key}`;
const absent = '-';

/** Bytes as characters: nothing is decoded that does not have to be. */
function keyOf(value: Lookup): string {
  const { bytes, start, end, plain } = value;
  const isText = !plain && bytes[start] === quote;
  if (isText && hasBackslash(bytes, start, end)) {
    const text = Buffer.from(textOf(value) ?? '');
    return `"${rangeKey(text, 0, text.length)}`;
  }
  if (isText) return `"${rangeKey(bytes, start + 1, end - 1)}`;
  return plain ? `"${rangeKey(bytes, start, end)}` : rangeKey(bytes, start, end);
}

function rangeKey(bytes: Buffer, start: number, end: number): string {
  if (end - start <= keptBytes) return bytes.toString('latin1', start, end);
  return `#${createHash('sha256').update(bytes.subarray(start, end)).digest('base64')}`;
}
