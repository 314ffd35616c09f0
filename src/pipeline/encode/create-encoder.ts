import { isUtf8 } from 'node:buffer';
import { LogBatch } from '../batch.ts';
import { escapedLength, writeEscaped } from '../json-bytes/escape.ts';
import { FieldFinder, RollingSearch } from '../json-bytes/field-finder.ts';
import { closeBrace, closingBrace, comma, isEmptyObject } from '../json-bytes/scan.ts';
import { isObject } from '../json-bytes/validate.ts';
import type { SlabPool } from '../slab.ts';
import type { Stream } from '../stream.ts';
import { extentOf, positionsOf } from './columns.ts';
import type { Encode, Encoding } from './encoder.ts';
import type { Output, Outputs } from './output.ts';
import { createOutputs } from './output.ts';
import { inTurn } from './turns.ts';

/** Encoded batches that a sink may hold at once before the next one waits. */
const reserve = 4;

/** One for each sink: it remembers what streams get. Batches leave in the order in which they came. */
export function createEncoder(encoding: Encoding, { slabs }: { readonly slabs: SlabPool }): Encode {
  if (encoding === 'raw') return (batch) => batch;
  const outputs = createOutputs(slabs, reserve);
  const encoder = new JsonEncoder(encoding === 'json', outputs);
  return inTurn(
    (batch: LogBatch) => encoder.encode(batch),
    () => outputs.available(),
  );
}

/** Fields that an object gets: `"tags":[…],"labels":{…}`, and what is left of it for one that has them already. */
interface Additions {
  readonly tags: Buffer;
  readonly labels: Buffer;
  readonly both: Buffer;
}

const none = Buffer.alloc(0);
/** A buffer of nothing costs a kilobyte too, and there are as many as there are files. */
const bytesOf = (text: string): Buffer => (text === '' ? none : Buffer.from(text));
const messageStart = Buffer.from('{"message":"');
const newline = 0x0a;
const space = 0x20;
const quote = 0x22;

class JsonEncoder {
  /** Every record becomes an object, and none but well-formed ones are taken for objects. */
  readonly #strict: boolean;
  readonly #outputs: Outputs;
  readonly #additions = new WeakMap<Stream, Additions>();
  readonly #scout = new Scout();
  /** For records that had to be put into other memory first. */
  readonly #aside = new Scout();

  constructor(strict: boolean, outputs: Outputs) {
    this.#strict = strict;
    this.#outputs = outputs;
  }

  /** Undefined: no memory now. */
  encode(batch: LogBatch): LogBatch | undefined {
    if (!this.#strict && batch.stream.format === 'text') return batch;
    const additions = this.#additionsFor(batch.stream);
    if (additions.both.length === 0 && !this.#strict) return batch;
    const { from, to } = extentOf(batch);
    // What lies between records (delimiters, records that were dropped) is looked at too: if it is wrong, the records are looked at one by one.
    const wellFormed = !this.#strict || isUtf8(batch.bytes.subarray(from, to));
    this.#scout.begin(batch.bytes, to);
    if (additions.both.length === 0 && wellFormed && this.#allObjects(batch)) return batch;
    const output = this.#outputs.take(to - from + batch.count * (additions.both.length + 16) + 64, batch.count);
    if (output === undefined) return undefined;
    this.#writeAll(output, batch, additions, wellFormed);
    const encoded = new LogBatch({
      ...{ stream: batch.stream, bytes: output.bytes, starts: output.starts, ends: output.ends, count: batch.count, base: 0 },
      ...{ positions: positionsOf(batch), times: batch.times, readAtMs: batch.readAtMs, receipt: batch.receipt, slab: output.slab },
    });
    batch.free();
    return encoded;
  }

  #allObjects({ bytes, starts, ends, count, stream }: LogBatch): boolean {
    if (stream.format === 'text') return false;
    for (let record = 0; record < count; record++) {
      const start = starts[record] ?? 0;
      const end = ends[record] ?? 0;
      if (!isObject(bytes, start, end) || this.#scout.newlines.next(start) < end) return false;
    }
    return true;
  }

  #writeAll(output: Output, batch: LogBatch, additions: Additions, wellFormed: boolean): void {
    const { bytes, count, stream } = batch;
    const text = stream.format === 'text';
    for (let record = 0; record < count; record++) {
      const start = batch.starts[record] ?? 0;
      const end = batch.ends[record] ?? 0;
      const first = output.at;
      if (wellFormed || isUtf8(bytes.subarray(start, end))) this.#write(output, this.#scout, bytes, start, end, text, additions);
      else {
        const replaced = Buffer.from(bytes.toString('utf8', start, end));
        this.#aside.begin(replaced);
        this.#write(output, this.#aside, replaced, 0, replaced.length, text, additions);
      }
      output.starts[record] = first;
      output.ends[record] = output.at;
    }
  }

  #write(output: Output, scout: Scout, bytes: Buffer, start: number, end: number, text: boolean, additions: Additions): void {
    const closing = text ? -1 : closingBrace(bytes, start, end);
    if (closing !== -1 && (!this.#strict || isObject(bytes, start, end))) {
      const from = output.at;
      writeObject(output, bytes, start, closing, scout.missing(bytes, start, end, additions));
      if (this.#strict && scout.newlines.next(start) < closing) joinLines(output.bytes, from, output.at);
    } else if (this.#strict) writeMessage(output, bytes, start, end, additions.both);
    else {
      output.room(end - start);
      output.at += bytes.copy(output.bytes, output.at, start, end);
    }
  }

  #additionsFor(stream: Stream): Additions {
    const known = this.#additions.get(stream);
    if (known !== undefined) return known;
    const tags = stream.tags.length === 0 ? '' : `"tags":${JSON.stringify(stream.tags)}`;
    const labels = Object.keys(stream.labels).length === 0 ? '' : `"labels":${JSON.stringify(stream.labels)}`;
    const both = [tags, labels].filter((one) => one !== '').join(',');
    const made = { tags: bytesOf(tags), labels: bytesOf(labels), both: bytesOf(both) };
    this.#additions.set(stream, made);
    return made;
  }
}

/** Looks for the fields that are there already, and for line breaks. */
class Scout {
  readonly newlines = new RollingSearch(Buffer.of(newline));
  readonly #tags = new FieldFinder('tags');
  readonly #labels = new FieldFinder('labels');

  begin(bytes: Buffer, to = bytes.length): void {
    const view = to === bytes.length ? bytes : bytes.subarray(0, to);
    this.newlines.begin(view);
    this.#tags.begin(view);
    this.#labels.begin(view);
  }

  missing(bytes: Buffer, start: number, end: number, { tags, labels, both }: Additions): Buffer {
    const hasTags = tags.length > 0 && this.#tags.find(bytes, start, end);
    const hasLabels = labels.length > 0 && this.#labels.find(bytes, start, end);
    if (hasTags) return hasLabels ? none : labels;
    return hasLabels ? tags : both;
  }
}

function writeObject(output: Output, bytes: Buffer, start: number, closing: number, more: Buffer): void {
  output.room(closing - start + more.length + 2);
  let at = output.at + bytes.copy(output.bytes, output.at, start, closing);
  if (more.length > 0) {
    if (!isEmptyObject(bytes, start, closing)) output.bytes[at++] = comma;
    at += more.copy(output.bytes, at);
  }
  output.bytes[at] = closeBrace;
  output.at = at + 1;
}

function writeMessage(output: Output, bytes: Buffer, start: number, end: number, more: Buffer): void {
  // A long record is counted first: six times its length would be a lot of memory for nothing.
  const length = end - start;
  output.room(messageStart.length + more.length + 3 + (length < 4_096 ? 6 * length : escapedLength(bytes, start, end)));
  output.at += messageStart.copy(output.bytes, output.at);
  output.at = writeEscaped(output.bytes, output.at, bytes, start, end);
  output.bytes[output.at++] = quote;
  if (more.length > 0) {
    output.bytes[output.at++] = comma;
    output.at += more.copy(output.bytes, output.at);
  }
  output.bytes[output.at++] = closeBrace;
}

/** A line break in well-formed JSON stands between two tokens, where a space does as well: receivers of lines take it for the end of the record. */
function joinLines(bytes: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at++) if (bytes[at] === newline) bytes[at] = space;
}
