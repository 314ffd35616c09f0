/**
 * The records of a Kafka RecordBatch v2 (message format 2; KIP-98, and "Record" in the protocol guide): what every line becomes on its
 * way out, so it runs in the kernel where the bytes lie in its memory, and here where they do not.
 */
import type { LogBatch } from '../batch.ts';
import { encodeInKernel } from './kafka-kernel.ts';
import { encodePlainly, sizeOfRecord } from './kafka-plain.ts';

/** Headers that all records of a call have, as they are on the wire: `kafkaHeaders` makes them, once for each stream. */
export interface KafkaHeaders {
  readonly bytes: Uint8Array;
  readonly count: number;
}

export interface RecordsOptions {
  /** baseTimestamp of the wire batch, whole milliseconds. A record's time may be before it. */
  readonly baseTimestampMs: number;
  /** offsetDelta of the first record of this call: how many the wire batch holds already. */
  readonly firstOffsetDelta: number;
  /** Adds the header `fairlead-id` with 16 bytes, generation and position, both big-endian. */
  readonly identity: boolean;
  readonly headers?: KafkaHeaders | undefined;
  /**
   * Goes in front of the last byte of every record: fields for JSON objects, as `insertable` (json-insert.ts) has found that they can be put there.
   * No record may be empty then.
   */
  readonly insert?: Uint8Array | undefined;
  /** The key of record i is batch.bytes[keyStarts[i], keyEnds[i]); none (null, not empty) where the end is before the start. Both or none are given. */
  readonly keyStarts?: Uint32Array | undefined;
  readonly keyEnds?: Uint32Array | undefined;
  /** Only these records of the batch, in this order; `from` and `to` count in here then. */
  readonly select?: Uint32Array | undefined;
  /** Stops before this one; the whole batch (or all of `select`) when it is left out. */
  readonly to?: number | undefined;
}

export interface EncodedRecords {
  /** Fewer than asked for: the next one has no room below `outLimit`. */
  readonly records: number;
  readonly bytes: number;
  /** Largest time among them, whole milliseconds; −1 when there are none. */
  readonly maxTimestampMs: number;
}

/** Header key of the identity: records that were sent again have the same value. */
export const identityHeader = 'fairlead-id';

/**
 * Writes the records `from`, `from + 1`, … to out[outStart, outLimit), as many as have room whole. Takes over nothing: the holds of the
 * batch stay with the caller. Fastest when the batch lies in a slab and `out` is a slab of the same pool.
 */
export function encodeKafkaRecords(
  batch: LogBatch,
  from: number,
  out: Buffer,
  outStart: number,
  outLimit: number,
  options: RecordsOptions,
): EncodedRecords {
  return encodeInKernel(batch, from, out, outStart, outLimit, options) ?? encodePlainly(batch, from, out, outStart, outLimit, options);
}

/** Bytes of one record (`record` counts in the batch, not in `select`) with this offsetDelta: how much room one needs that has none in a slab. */
export function sizeOfKafkaRecord(batch: LogBatch, record: number, offsetDelta: number, options: RecordsOptions): number {
  return sizeOfRecord(batch, record, offsetDelta, options);
}

/** Headers as they are on the wire: for each the length of the key, the key, the length of the value, the value. */
export function kafkaHeaders(headers: readonly (readonly [key: string, value: string])[]): KafkaHeaders {
  const parts = headers.flatMap(([key, value]) => [withLength(key), withLength(value)]);
  return { bytes: Buffer.concat(parts), count: headers.length };
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  // Zigzag of a number that is not negative is its double; 7 bits a byte, the lowest first.
  let rest = bytes.length * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}
