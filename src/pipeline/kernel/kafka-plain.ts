/** Kafka's records without the kernel: for bytes on the heap, keys and selections, and where WebAssembly is missing. */
import type { LogBatch } from '../batch.ts';
import type { EncodedRecords, RecordsOptions } from './kafka-records.ts';

/** Header key with its length, and the length of the value: both lengths zigzag, so doubled. */
export const identityPrefix = Buffer.from(`\x16fairlead-id\x20`, 'latin1');
const identityBytes = identityPrefix.length + 16;

/** Shorter records are copied byte by byte: a call costs more than that. */
const shortRecord = 48;

/** The same contract as `encodeKafkaRecords`. */
export function encodePlainly(
  batch: LogBatch,
  from: number,
  out: Buffer,
  outStart: number,
  outLimit: number,
  options: RecordsOptions,
): EncodedRecords {
  const { select, keyStarts, keyEnds, insert } = options;
  const inserted = insert?.length ?? 0;
  const to = Math.min(options.to ?? Number.POSITIVE_INFINITY, select?.length ?? batch.count);
  const tail = tailOf(batch, options);
  let at = outStart;
  let latest = -1;
  let next = from;
  for (; next < to; next++) {
    const record = select?.[next] ?? next;
    const start = batch.starts[record] ?? 0;
    const end = batch.ends[record] ?? 0;
    const keyStart = keyStarts?.[record] ?? 1;
    const keyEnd = keyEnds?.[record] ?? 0;
    const time = timestampOf(batch, record);
    const timeDelta = time - options.baseTimestampMs;
    const offsetDelta = options.firstOffsetDelta + next - from;
    const length = valueBytes(start, end, inserted);
    const body = bodyBytes(timeDelta, offsetDelta, keyEnd - keyStart, length, tail.bytes.length);
    if (at + varintBytes(body) + body > outLimit) break;
    at = varint(out, at, body);
    out[at++] = 0;
    at = varint(out, at, timeDelta);
    at = varint(out, at, offsetDelta);
    at = varint(out, at, keyEnd < keyStart ? -1 : keyEnd - keyStart);
    if (keyEnd > keyStart) at = copy(batch.bytes, keyStart, keyEnd, out, at);
    at = varint(out, at, length);
    if (insert === undefined || length === 0) at = copy(batch.bytes, start, end, out, at);
    else {
      at = copy(batch.bytes, start, end - 1, out, at);
      at = copy(insert, 0, inserted, out, at);
      out[at++] = batch.bytes[end - 1] ?? 0;
    }
    at = copy(tail.bytes, 0, tail.bytes.length, out, at);
    if (tail.identity) writePosition(out, at - 8, batch.positionOf(record));
    if (time > latest) latest = time;
  }
  return { records: next - from, bytes: at - outStart, maxTimestampMs: latest };
}

export function sizeOfRecord(batch: LogBatch, record: number, offsetDelta: number, options: RecordsOptions): number {
  const key = (options.keyEnds?.[record] ?? 0) - (options.keyStarts?.[record] ?? 1);
  const value = valueBytes(batch.starts[record] ?? 0, batch.ends[record] ?? 0, options.insert?.length ?? 0);
  const timeDelta = timestampOf(batch, record) - options.baseTimestampMs;
  const body = bodyBytes(timeDelta, offsetDelta, key, value, tailOf(batch, options).bytes.length);
  return varintBytes(body) + body;
}

const valueBytes = (start: number, end: number, inserted: number): number => (start === end ? 0 : end - start + inserted);

/** Milliseconds, about 71,000 years: what is beyond was misread, and has the time of reading. Keeps all arithmetic below exact. */
const farthest = 2 ** 51;

function timestampOf(batch: LogBatch, record: number): number {
  const time = batch.timeOf(record);
  return Math.floor(Math.abs(time) < farthest ? time : batch.readAtMs);
}

/** What follows the length: attributes, both deltas, key, value, headers. A negative `key` is none. */
function bodyBytes(timeDelta: number, offsetDelta: number, key: number, value: number, tail: number): number {
  return 1 + varintBytes(timeDelta) + varintBytes(offsetDelta) + (key < 0 ? 1 : varintBytes(key) + key) + varintBytes(value) + value + tail;
}

/** All headers of a record with their count; the identity last, so that only the last 8 bytes differ between the records of a batch. */
export function tailOf(batch: LogBatch, options: RecordsOptions): { readonly bytes: Buffer; readonly identity: boolean } {
  const constant = options.headers?.bytes;
  const count = (options.headers?.count ?? 0) + (options.identity ? 1 : 0);
  const bytes = Buffer.allocUnsafe(varintBytes(count) + (constant?.length ?? 0) + (options.identity ? identityBytes : 0));
  let at = varint(bytes, 0, count);
  if (constant !== undefined) {
    bytes.set(constant, at);
    at += constant.length;
  }
  if (options.identity) {
    bytes.set(identityPrefix, at);
    bytes.fill(0, at + identityPrefix.length);
    bytes.write(batch.stream.generation, at + identityPrefix.length, 8, 'hex');
  }
  return { bytes, identity: options.identity };
}

/** Positions are whole and below 2^53. */
function writePosition(out: Buffer, at: number, position: number): void {
  out.writeUInt32BE(Math.floor(position / 0x1_0000_0000), at);
  out.writeUInt32BE(position % 0x1_0000_0000, at + 4);
}

function copy(from: Uint8Array, start: number, end: number, out: Buffer, at: number): number {
  if (end - start >= shortRecord && Buffer.isBuffer(from)) from.copy(out, at, start, end);
  else for (let byte = start; byte < end; byte++) out[at + byte - start] = from[byte] ?? 0;
  return at + end - start;
}

/** Zigzag, then 7 bits a byte, the lowest first (varint and varlong of the protocol guide). Exact for ±2^52. */
function varint(out: Buffer, start: number, value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let at = start;
  for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 128;
  out[at++] = rest;
  return at;
}

function varintBytes(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}
