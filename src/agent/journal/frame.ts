/** The bytes of the outage journal: docs/internals/outage-journal.md. A header, then records; each is checked alone. */
import { crc32 } from 'node:zlib';

/** `FLOUTAGE`, version 1 as a 16-bit number, six zero bytes; numbers are little-endian. */
export const header: Buffer = Buffer.from([...Buffer.from('FLOUTAGE', 'latin1'), 1, 0, 0, 0, 0, 0, 0, 0]);

/** Length and CRC-32 of the payload. */
const frameBytes = 8;
/** Far above any record that is written: a length above it was never written by us. */
const maxPayloadBytes = 65_536;

export function encodeFrame(value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  if (payload.length > maxPayloadBytes) throw new RangeError(`a journal record of ${payload.length} bytes`);
  const frame = Buffer.allocUnsafe(frameBytes + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  payload.copy(frame, frameBytes);
  return frame;
}

export type Scan =
  | {
      readonly ok: true;
      readonly values: readonly unknown[];
      /** Where the next record belongs: what stands behind it is an interrupted write. */
      readonly goodBytes: number;
      /** Bytes of records in the middle whose checksum is wrong: a disk's doing, not ours. */
      readonly damagedBytes: number;
    }
  /** `newer`: written by a later version, so not to be touched. `foreign`: no journal at all. */
  | { readonly ok: false; readonly reason: 'newer' | 'foreign' };

/**
 * Reads all records that are whole. A record that is cut off, or whose checksum is wrong with nothing valid behind it, is the
 * end and no error: it is what kill -9 or a power cut leaves. One in the middle is passed over.
 */
export function scan(bytes: Buffer): Scan {
  if (bytes.length < header.length) {
    // A header that was cut off: the file was being made.
    return bytes.equals(header.subarray(0, bytes.length))
      ? { ok: true, values: [], goodBytes: 0, damagedBytes: 0 }
      : { ok: false, reason: 'foreign' };
  }
  if (!bytes.subarray(0, header.length).equals(header))
    return { ok: false, reason: bytes.subarray(0, 8).equals(header.subarray(0, 8)) ? 'newer' : 'foreign' };
  const values: unknown[] = [];
  let at = header.length;
  let damagedBytes = 0;
  for (;;) {
    const here = frameAt(bytes, at);
    if (here.kind === 'end') break;
    if (here.kind === 'damaged') {
      if (frameAt(bytes, here.next).kind !== 'whole') break;
      damagedBytes += here.next - at;
    } else values.push(here.value);
    at = here.next;
  }
  return { ok: true, values, goodBytes: at, damagedBytes };
}

type Frame =
  | { readonly kind: 'whole'; readonly value: unknown; readonly next: number }
  | { readonly kind: 'damaged'; readonly next: number }
  | { readonly kind: 'end' };

function frameAt(bytes: Buffer, at: number): Frame {
  if (at + frameBytes > bytes.length) return { kind: 'end' };
  const length = bytes.readUInt32LE(at);
  const next = at + frameBytes + length;
  // No record is empty: zeros are space that a crashed file system never filled.
  if (length === 0 || length > maxPayloadBytes || next > bytes.length) return { kind: 'end' };
  const payload = bytes.subarray(at + frameBytes, next);
  if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return { kind: 'damaged', next };
  try {
    return { kind: 'whole', value: JSON.parse(payload.toString()), next };
  } catch {
    return { kind: 'damaged', next };
  }
}
