/**
 * The header of a RecordBatch v2 (protocol guide, "Record Batch"), 61 bytes:
 *
 *     0 baseOffset 8 | 8 batchLength 4 | 12 partitionLeaderEpoch 4 | 16 magic 1 | 17 crc 4 | 21 attributes 2 | 23 lastOffsetDelta 4
 *     27 baseTimestamp 8 | 35 maxTimestamp 8 | 43 producerId 8 | 51 producerEpoch 2 | 53 baseSequence 4 | 57 count 4 | 61 records
 *
 * The checksum (CRC-32C) covers everything from the attributes on; batchLength everything behind itself.
 */
import { crc32c } from '../../../kernel/crc32c.ts';

export const batchHeaderBytes = 61;

/** A range of bytes that is sent from where it is. */
export interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface BatchHeader {
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd: bits 0–2 of the attributes. */
  readonly codec: number;
  readonly records: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

export const pieceBytes = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0);

export function batchHeader(header: BatchHeader, pieces: readonly Piece[]): Buffer {
  const bytes = Buffer.allocUnsafe(batchHeaderBytes);
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(batchHeaderBytes - 12 + pieceBytes(pieces), 8);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(header.codec, 21);
  bytes.writeInt32BE(header.records - 1, 23);
  bytes.writeBigInt64BE(BigInt(header.baseTimestampMs), 27);
  bytes.writeBigInt64BE(BigInt(header.maxTimestampMs), 35);
  bytes.writeBigInt64BE(header.producerId, 43);
  bytes.writeInt16BE(header.producerEpoch, 51);
  bytes.writeInt32BE(header.baseSequence, 53);
  bytes.writeInt32BE(header.records, 57);
  let crc = crc32c(bytes, 21, batchHeaderBytes);
  for (const piece of pieces) crc = crc32c(piece.bytes, piece.start, piece.end, crc);
  bytes.writeUInt32BE(crc, 17);
  return bytes;
}

const sequences = 2 ** 31;

/** Sequence numbers are those of records, below 2^31; then they begin again at 0. */
export const sequenceAfter = (sequence: number, records: number): number => (sequence + records) % sequences;
