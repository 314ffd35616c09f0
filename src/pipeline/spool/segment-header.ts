/** The first 64 bytes of a segment. */
import { crc32c } from '../kernel/crc32c.ts';
import { readLong, writeLong } from './frame.ts';
import { firstOffset } from './place.ts';

export interface SegmentHeader {
  /** 16 hex digits, drawn when the spool was made. */
  readonly spool: string;
  readonly number: number;
  /** What `Place.id` and `Place.position` are at the start of the file. */
  readonly id: number;
  readonly position: number;
  readonly createdMs: number;
}

const magic = Buffer.from('FLSEGMT1');

export function writeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(firstOffset);
  magic.copy(bytes);
  bytes.write(header.spool, 8, 'hex');
  writeLong(bytes, header.number, 16);
  writeLong(bytes, header.id, 24);
  writeLong(bytes, header.position, 32);
  bytes.writeDoubleLE(header.createdMs, 40);
  bytes.writeUInt32LE(crc32c(bytes, 0, 60), 60);
  return bytes;
}

export function readSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < firstOffset || !bytes.subarray(0, 8).equals(magic)) return undefined;
  if (crc32c(bytes, 0, 60) !== bytes.readUInt32LE(60)) return undefined;
  return {
    spool: bytes.toString('hex', 8, 16),
    number: readLong(bytes, 16),
    id: readLong(bytes, 24),
    position: readLong(bytes, 32),
    createdMs: bytes.readDoubleLE(40),
  };
}

/** What the checksums of a segment's frames begin with. */
export function saltOf(spool: string, number: number): number {
  const bytes = Buffer.alloc(16);
  bytes.write(spool, 0, 'hex');
  writeLong(bytes, number, 8);
  return crc32c(bytes);
}
