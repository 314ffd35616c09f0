import { createKernel, type Kernel, kernelOf } from './kernel.ts';

/** Below this the call costs more than it saves. */
const shortBytes = 128;
/** What lies outside of a kernel's memory is copied there in pieces of this size; the second-level cache holds it. */
const pieceBytes = 1 << 17;

let visitor: { readonly kernel: Kernel | undefined } | undefined;

/** CRC-32C (Castagnoli; RFC 3720 appendix B.4) of bytes[start, end). `before` is the checksum of what precedes it. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
  if (start < 0 || end > bytes.length) throw new RangeError(`[${start}, ${end}) is not in ${bytes.length} bytes`);
  if (end - start < shortBytes) return crcPlainly(bytes, start, end, before);
  const own = kernelOf(bytes);
  if (own !== undefined) return ~own.functions.crc(bytes.byteOffset + start, end - start, ~before) >>> 0;
  visitor ??= { kernel: createKernel(pieceBytes) };
  return visitor.kernel === undefined ? crcPlainly(bytes, start, end, before) : crcOfVisitor(visitor.kernel, bytes, start, end, before);
}

function crcOfVisitor({ functions, memory, roomAt }: Kernel, bytes: Uint8Array, start: number, end: number, before: number): number {
  const piece = new Uint8Array(memory.buffer, roomAt, pieceBytes);
  let state = ~before;
  for (let at = start; at < end; at += pieceBytes) {
    const length = Math.min(pieceBytes, end - at);
    piece.set(bytes.subarray(at, at + length));
    state = functions.crc(roomAt, length, state);
  }
  return ~state >>> 0;
}

/** Eight tables of 256, one behind the other: 8 bytes a step without a kernel. Made when they are first needed. */
let tables: Uint32Array | undefined;

/** The same without a kernel. */
export function crcPlainly(bytes: Uint8Array, start: number, end: number, before: number): number {
  tables ??= makeTables();
  const table = tables;
  const last = end - 7;
  let crc = ~before;
  let at = start;
  // The index is inside of the tables, whatever the bytes: `?? 0` only tells the compiler.
  for (; at < last; at += 8) {
    crc ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    crc =
      (table[0x700 | (crc & 0xff)] ?? 0) ^
      (table[0x600 | ((crc >>> 8) & 0xff)] ?? 0) ^
      (table[0x500 | ((crc >>> 16) & 0xff)] ?? 0) ^
      (table[0x400 | (crc >>> 24)] ?? 0) ^
      (table[0x300 | (bytes[at + 4] ?? 0)] ?? 0) ^
      (table[0x200 | (bytes[at + 5] ?? 0)] ?? 0) ^
      (table[0x100 | (bytes[at + 6] ?? 0)] ?? 0) ^
      (table[bytes[at + 7] ?? 0] ?? 0);
  }
  for (; at < end; at++) crc = (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Uint32Array {
  const made = new Uint32Array(8 * 256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    made[index] = value;
  }
  for (let index = 256; index < made.length; index++) {
    const shorter = made[index - 256] ?? 0;
    made[index] = (shorter >>> 8) ^ (made[shorter & 0xff] ?? 0);
  }
  return made;
}
