/** Finds what a condition or a key speaks of: in the bytes of a record, or among fields that are being changed. */
import { FieldFinder } from '../json-bytes/field-finder.ts';
import type { FieldTable } from '../json-bytes/field-table.ts';
import { fieldName } from '../json-bytes/field-table.ts';
import { closingBrace } from '../json-bytes/scan.ts';
import type { Format, Stream } from '../stream.ts';
import type { Operand } from './expression.ts';

/** A record whose fields were taken apart; without a table it is none that has fields. */
export interface TakenApart {
  readonly table: FieldTable | undefined;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * The value found last is bytes[start, end): JSON as it is written, or plain text. A record that is no object has one field, `message`: all of it; so has one of
 * format text, whatever it looks like.
 */
export interface Lookup {
  bytes: Buffer;
  start: number;
  end: number;
  plain: boolean;
  /** Before the records of a batch. Nothing at or behind `to` is looked at. */
  begin(stream: Stream, bytes: Buffer, to: number): void;
  inRecord(bytes: Buffer, start: number, end: number): boolean;
  inParts(parts: TakenApart): boolean;
}

/** Lookups share finders: a name is searched for once. */
export function lookupsWith(): (operand: Operand) => Lookup {
  const finders = new Map<string, FieldFinder>();
  const finder = (name: string): FieldFinder => {
    const known = finders.get(name) ?? new FieldFinder(name);
    finders.set(name, known);
    return known;
  };
  return (operand) => {
    if (operand.kind === 'field') return new FieldLookup(operand.path, finder(operand.path[0]));
    return operand.kind === 'record' ? new RecordLookup() : new LabelLookup(operand.name);
  };
}

const nothing = Buffer.alloc(0);

class FieldLookup implements Lookup {
  bytes: Buffer = nothing;
  start = 0;
  end = 0;
  plain = false;
  readonly #finder: FieldFinder;
  readonly #name;
  readonly #inner: readonly FieldFinder[];
  readonly #isMessage: boolean;
  #format: Format = 'text';

  constructor([first, ...rest]: readonly [string, ...string[]], finder: FieldFinder) {
    this.#finder = finder;
    this.#name = fieldName(first);
    this.#inner = rest.map((name) => new FieldFinder(name));
    this.#isMessage = first === 'message' && rest.length === 0;
  }

  begin(stream: Stream, bytes: Buffer, to: number): void {
    this.#format = stream.format;
    this.#finder.begin(bytes, to);
    for (const one of this.#inner) one.begin(bytes, to);
  }

  inRecord(bytes: Buffer, start: number, end: number): boolean {
    this.bytes = bytes;
    this.plain = false;
    const text = this.#format === 'text';
    if (text || (this.#isMessage && closingBrace(bytes, start, end) === -1)) return this.#wholeIfMessage(start, end);
    if (!this.#finder.find(bytes, start, end)) return false;
    this.start = this.#finder.valueStart;
    this.end = this.#finder.valueEnd;
    return this.#inner.length === 0 || this.#descend(false);
  }

  inParts({ table, bytes, start, end }: TakenApart): boolean {
    this.bytes = bytes;
    if (table === undefined) return this.#wholeIfMessage(start, end);
    this.plain = false;
    if (!table.find(this.#name)) return false;
    this.bytes = table.bytes;
    this.start = table.start;
    this.end = table.end;
    return this.#inner.length === 0 || this.#descend(true);
  }

  #wholeIfMessage(start: number, end: number): boolean {
    this.plain = true;
    this.start = start;
    this.end = end;
    return this.#isMessage;
  }

  #descend(elsewhere: boolean): boolean {
    for (const finder of this.#inner) {
      if (elsewhere) finder.begin(this.bytes, this.end);
      if (!finder.find(this.bytes, this.start, this.end)) return false;
      this.start = finder.valueStart;
      this.end = finder.valueEnd;
    }
    return true;
  }
}

class RecordLookup implements Lookup {
  bytes: Buffer = nothing;
  start = 0;
  end = 0;
  readonly plain = true;

  begin(): void {}

  inRecord(bytes: Buffer, start: number, end: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return true;
  }

  /** As it was before this stage changed it: it is not written yet. */
  inParts({ bytes, start, end }: TakenApart): boolean {
    return this.inRecord(bytes, start, end);
  }
}

/** The same for all records of a stream. */
class LabelLookup implements Lookup {
  bytes: Buffer = nothing;
  readonly start = 0;
  end = 0;
  readonly plain = true;
  readonly #name: string;
  #found = false;

  constructor(name: string) {
    this.#name = name;
  }

  begin({ labels }: Stream): void {
    const value = Object.hasOwn(labels, this.#name) ? labels[this.#name] : undefined;
    this.#found = value !== undefined;
    this.bytes = Buffer.from(value ?? '');
    this.end = this.bytes.length;
  }

  inRecord(): boolean {
    return this.#found;
  }

  inParts(): boolean {
    return this.#found;
  }
}
