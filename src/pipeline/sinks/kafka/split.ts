/** Taking a batch apart that a broker does not take as it is. Slow, and rare. */
import { identityHeader } from '../../kernel/kafka-records.ts';
import type { Share } from './wire-batch.ts';

/** One record of a RecordBatch v2 (protocol guide, "Record"), as ranges of the bytes that it lies in. */
export interface RecordView {
  readonly timestampDelta: number;
  /** Behind offsetDelta: key, value, headers, as they are. */
  readonly restStart: number;
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly headersStart: number;
}

class Varints {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Zigzag, at most 2^52. */
  next(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** All records of what was encoded here, so it is well-formed. */
export function recordsOf(plain: Buffer): readonly RecordView[] {
  const views: RecordView[] = [];
  for (let at = 0; at < plain.length; ) {
    const read = new Varints(plain, at);
    const length = read.next();
    const end = read.at + length;
    read.at += 1; // attributes
    const timestampDelta = read.next();
    read.next(); // offsetDelta
    const restStart = read.at;
    const key = read.next();
    read.at += Math.max(0, key);
    const value = read.next();
    const valueStart = read.at;
    views.push({ timestampDelta, restStart, end, valueStart, valueEnd: valueStart + value, headersStart: valueStart + value });
    at = end;
  }
  return views;
}

/** The same records as a batch of their own: offsetDelta counts from 0 again. */
export function rewritten(plain: Buffer, records: readonly RecordView[]): Buffer {
  const parts = records.flatMap((record, index) => {
    const head = Buffer.concat([Buffer.from([0]), varint(record.timestampDelta), varint(index)]);
    const rest = plain.subarray(record.restStart, record.end);
    return [varint(head.length + rest.length), head, rest];
  });
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Position in its generation: the last 8 of the 16 bytes of the identity header. */
export function positionOf(plain: Buffer, record: RecordView): number {
  const read = new Varints(plain, record.headersStart);
  for (let left = read.next(); left > 0; left--) {
    const keyBytes = read.next();
    const key = plain.toString('latin1', read.at, read.at + keyBytes);
    read.at += keyBytes;
    const valueBytes = read.next();
    if (key === identityHeader) return Number(plain.readBigUInt64BE(read.at + 8));
    read.at += Math.max(0, valueBytes);
  }
  return 0;
}

/**
 * The shares of the first `records` records, and those of the others. A share that lies on both sides is held once more, since both
 * sides will let go of it; its bytes are divided by the number of records.
 */
export function splitShares(shares: readonly Share[], records: number): readonly [Share[], Share[]] {
  const before: Share[] = [];
  const after: Share[] = [];
  let left = records;
  for (const share of shares) {
    const here = Math.min(left, share.records);
    left -= here;
    if (here === share.records) before.push(share);
    else if (here === 0) after.push(share);
    else {
      const bytes = Math.round((share.bytes * here) / share.records);
      share.receipt.hold();
      before.push({ ...share, records: here, bytes });
      after.push({ ...share, records: share.records - here, bytes: share.bytes - bytes });
    }
  }
  return [before, after];
}
