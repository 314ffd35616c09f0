/**
 * What a segment is made of: a header, then frames one behind the other, each at a multiple of 8. docs/internals/spool-format.md shows the bytes.
 *
 * A frame has two checksums: one of its head, so that a damaged payload can be stepped over and its records counted, and one of id and payload.
 * Both begin with the salt of the segment, so that bytes of another spool, or a spool's file inside of a log, are never taken for frames.
 */
import { crc32c } from '../kernel/crc32c.ts';

export const frameTypes = { logs: 1, metrics: 2, stream: 3, end: 4 } as const;
export type FrameType = keyof typeof frameTypes;

export interface FrameHead {
  readonly type: FrameType;
  /** Bytes of the payload. */
  readonly length: number;
  /** Records in it; ids advance by this. */
  readonly count: number;
  /** Of its first record. */
  readonly id: number;
  /** Where in the segment the frame with its stream is; 0: it has none. */
  readonly stream: number;
  /** Where in the segment the group begins that was written and synced together with it: what is before that was synced when this was written. */
  readonly group: number;
  readonly payloadSum: number;
}

export const frameHeadBytes = 40;
const frameMagic = 0x52_46_4c_46; // "FLFR"
const typeNames = Object.fromEntries(Object.entries(frameTypes).map(([name, code]) => [code, name])) as Readonly<Record<number, FrameType>>;

/** To the next multiple of 8. */
export const padded = (length: number): number => Math.ceil(length / 8) * 8;
export const frameBytes = (length: number): number => frameHeadBytes + padded(length);

/** The checksum of the head without the two sums, and then of the payload. */
export function payloadSum(head: Uint8Array, payload: readonly Uint8Array[], salt: number): number {
  return payload.reduce((sum, part) => crc32c(part, 0, part.length, sum), crc32c(head, 4, 32, salt));
}

/** The head of a frame with this payload, both sums in place. */
export function writeHead(head: Omit<FrameHead, 'payloadSum' | 'length'>, payload: readonly Uint8Array[], salt: number): Buffer {
  const bytes = Buffer.alloc(frameHeadBytes);
  bytes.writeUInt32LE(frameMagic, 0);
  bytes.writeUInt32LE(frameTypes[head.type], 4);
  bytes.writeUInt32LE(
    payload.reduce((sum, { length }) => sum + length, 0),
    8,
  );
  bytes.writeUInt32LE(head.count, 12);
  writeLong(bytes, head.id, 16);
  bytes.writeUInt32LE(head.stream, 24);
  bytes.writeUInt32LE(head.group, 28);
  bytes.writeUInt32LE(payloadSum(bytes, payload, salt), 32);
  bytes.writeUInt32LE(crc32c(bytes, 0, 36, salt), 36);
  return bytes;
}

/** The head at `at`; undefined for anything that is not one. */
export function readHead(bytes: Buffer, at: number, salt: number): FrameHead | undefined {
  if (at + frameHeadBytes > bytes.length || bytes.readUInt32LE(at) !== frameMagic) return undefined;
  if (crc32c(bytes, at, at + 36, salt) !== bytes.readUInt32LE(at + 36)) return undefined;
  const type = typeNames[bytes.readUInt32LE(at + 4)];
  if (type === undefined) return undefined;
  return {
    type,
    length: bytes.readUInt32LE(at + 8),
    count: bytes.readUInt32LE(at + 12),
    id: readLong(bytes, at + 16),
    stream: bytes.readUInt32LE(at + 24),
    group: bytes.readUInt32LE(at + 28),
    payloadSum: bytes.readUInt32LE(at + 32),
  };
}

/** Whether the frame at `at`, all of which is in `bytes`, is as it was written. */
export function isWhole(bytes: Buffer, at: number, head: FrameHead, salt: number): boolean {
  const start = at + frameHeadBytes;
  return payloadSum(bytes.subarray(at, start), [bytes.subarray(start, start + head.length)], salt) === head.payloadSum;
}

/** Up to 2^53, as two halves. */
export function writeLong(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

export function readLong(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
