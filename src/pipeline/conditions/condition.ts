/** Conditions of filters, samples and routes, compiled to questions about bytes. */

import type { LogBatch } from '../batch.ts';
import { extentOf } from '../encode/columns.ts';
import { RollingSearch } from '../json-bytes/field-finder.ts';
import type { Stream } from '../stream.ts';
import type { Expression, Operand } from './expression.ts';
import type { Lookup, TakenApart } from './lookup.ts';
import { lookupsWith } from './lookup.ts';
import { parseCondition, sayMistake } from './parse.ts';
import type { ValueTest } from './tests.ts';
import { hasText, isInOrder, isOneOf, isPlainText, matchesPattern } from './tests.ts';

/** Not shared by two that ask in turns: it remembers how far it has searched. */
export interface Condition {
  readonly text: string;
  /** The same for all records of a stream: no record is looked at. */
  readonly perStream: boolean;
  /** It asks for the bytes of the whole record: they have to be what the record is by now. */
  readonly wholeRecord: boolean;
  /** For every record 1 or 0. The array is used again by the next call. */
  matches(batch: LogBatch): Uint8Array;
  /** Before `holds` and `holdsIn` are asked about records of this stream that lie in these bytes before `to`. */
  begin(stream: Stream, bytes: Buffer, to: number): void;
  holds(bytes: Buffer, start: number, end: number): boolean;
  holdsIn(parts: TakenApart): boolean;
}

/** The text was checked when the settings were read; a wrong one throws. */
export function compileCondition(text: string): Condition {
  const read = parseCondition(text);
  if (!read.ok) throw new Error(`condition ${sayMistake(text, read)}`);
  return conditionOf(text, read.value);
}

export function conditionOf(text: string, expression: Expression): Condition {
  const question = compile(expression, lookupsWith());
  const perStream = isPerStream(expression);
  let flags = new Uint8Array(1_024);
  return {
    text,
    perStream,
    wholeRecord: asksForRecord(expression),
    begin: (stream, bytes, to) => question.begin(stream, bytes, to),
    holds: (bytes, start, end) => question.holds(bytes, start, end),
    holdsIn: (parts) => question.holdsIn(parts),
    matches(batch) {
      const { bytes, starts, ends, count } = batch;
      if (flags.length < count) flags = new Uint8Array(count * 2);
      question.begin(batch.stream, bytes, perStream ? 0 : extentOf(batch).to);
      if (perStream) flags.fill(question.holds(bytes, 0, 0) ? 1 : 0, 0, count);
      else
        for (let record = 0; record < count; record++)
          flags[record] = question.holds(bytes, starts[record] ?? 0, ends[record] ?? 0) ? 1 : 0;
      return flags.subarray(0, count);
    },
  };
}

interface Question {
  begin(stream: Stream, bytes: Buffer, to: number): void;
  holds(bytes: Buffer, start: number, end: number): boolean;
  holdsIn(parts: TakenApart): boolean;
}

type Lookups = (operand: Operand) => Lookup;

function compile(expression: Expression, lookups: Lookups): Question {
  switch (expression.kind) {
    case 'and':
      return new All(expression.parts.map((part) => compile(part, lookups)));
    case 'or':
      return new Any(expression.parts.map((part) => compile(part, lookups)));
    case 'not':
      return new Not(compile(expression.part, lookups));
    case 'tag':
      return new HasTag(expression.tag);
    case 'exists':
      return new Asked(lookups(expression.operand), () => true, []);
    case 'in':
      return new Asked(lookups(expression.operand), isOneOf(expression.values), needlesOf(expression));
    case 'order':
      return new Asked(lookups(expression.operand), isInOrder(expression.order, expression.number), []);
    case 'text':
      return new Asked(lookups(expression.operand), hasText(expression.operator, expression.text), needlesOf(expression));
    case 'matches':
      return new Asked(lookups(expression.operand), matchesPattern(expression.pattern), []);
    default:
      return expression satisfies never;
  }
}

/** Texts of which a record must contain one as it is, or an escape by number; none when that is not so. */
function needlesOf(expression: Expression): readonly string[] {
  if (expression.kind === 'text') return needlesFrom(expression.operand, [expression.text]);
  return expression.kind === 'in' ? needlesFrom(expression.operand, expression.values) : [];
}

function needlesFrom(operand: Operand, values: readonly unknown[]): readonly string[] {
  if (operand.kind === 'label' || values.length > 4) return [];
  const usable = values.filter((value): value is string => typeof value === 'string' && value.length > 1 && isPlainText(value));
  return usable.length === values.length ? usable : [];
}

function isPerStream(expression: Expression): boolean {
  if ('parts' in expression) return expression.parts.every(isPerStream);
  if ('part' in expression) return isPerStream(expression.part);
  return expression.kind === 'tag' || expression.operand.kind === 'label';
}

function asksForRecord(expression: Expression): boolean {
  if ('parts' in expression) return expression.parts.some(asksForRecord);
  if ('part' in expression) return asksForRecord(expression.part);
  return expression.kind !== 'tag' && expression.operand.kind === 'record';
}

class All implements Question {
  readonly #parts: readonly Question[];

  constructor(parts: readonly Question[]) {
    this.#parts = parts;
  }

  begin(stream: Stream, bytes: Buffer, to: number): void {
    for (const part of this.#parts) part.begin(stream, bytes, to);
  }

  holds(bytes: Buffer, start: number, end: number): boolean {
    for (const part of this.#parts) if (!part.holds(bytes, start, end)) return false;
    return true;
  }

  holdsIn(parts: TakenApart): boolean {
    for (const part of this.#parts) if (!part.holdsIn(parts)) return false;
    return true;
  }
}

class Any implements Question {
  readonly #parts: readonly Question[];

  constructor(parts: readonly Question[]) {
    this.#parts = parts;
  }

  begin(stream: Stream, bytes: Buffer, to: number): void {
    for (const part of this.#parts) part.begin(stream, bytes, to);
  }

  holds(bytes: Buffer, start: number, end: number): boolean {
    for (const part of this.#parts) if (part.holds(bytes, start, end)) return true;
    return false;
  }

  holdsIn(parts: TakenApart): boolean {
    for (const part of this.#parts) if (part.holdsIn(parts)) return true;
    return false;
  }
}

class Not implements Question {
  readonly #part: Question;

  constructor(part: Question) {
    this.#part = part;
  }

  begin(stream: Stream, bytes: Buffer, to: number): void {
    this.#part.begin(stream, bytes, to);
  }

  holds(bytes: Buffer, start: number, end: number): boolean {
    return !this.#part.holds(bytes, start, end);
  }

  holdsIn(parts: TakenApart): boolean {
    return !this.#part.holdsIn(parts);
  }
}

class HasTag implements Question {
  readonly #tag: string;
  #has = false;

  constructor(tag: string) {
    this.#tag = tag;
  }

  begin({ tags }: Stream): void {
    this.#has = tags.includes(this.#tag);
  }

  holds(): boolean {
    return this.#has;
  }

  holdsIn(): boolean {
    return this.#has;
  }
}

/** A field and what it must be; where a text is wanted, records without that text are known without looking for the field. */
class Asked implements Question {
  readonly #lookup: Lookup;
  readonly #test: ValueTest;
  readonly #needles: readonly RollingSearch[];
  readonly #escapes = new RollingSearch(Buffer.from('\\u'));

  constructor(lookup: Lookup, test: ValueTest, needles: readonly string[]) {
    this.#lookup = lookup;
    this.#test = test;
    this.#needles = needles.map((needle) => new RollingSearch(Buffer.from(needle)));
  }

  begin(stream: Stream, bytes: Buffer, to: number): void {
    this.#lookup.begin(stream, bytes, to);
    if (this.#needles.length === 0) return;
    const view = bytes.subarray(0, to);
    this.#escapes.begin(view);
    for (const needle of this.#needles) needle.begin(view);
  }

  holds(bytes: Buffer, start: number, end: number): boolean {
    if (this.#needles.length > 0 && !this.#mayHold(start, end)) return false;
    return this.#lookup.inRecord(bytes, start, end) && this.#test(this.#lookup);
  }

  holdsIn(parts: TakenApart): boolean {
    return this.#lookup.inParts(parts) && this.#test(this.#lookup);
  }

  #mayHold(start: number, end: number): boolean {
    for (const needle of this.#needles) if (needle.next(start) < end) return true;
    return this.#escapes.next(start) < end;
  }
}
