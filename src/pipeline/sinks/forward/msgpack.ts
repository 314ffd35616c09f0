/** MessagePack, written byte by byte (https://github.com/msgpack/msgpack/blob/master/spec.md). */
import { isUtf8 } from 'node:buffer';
import type { Writer } from '../../proto/writer.ts';

export function packArray(to: Writer, length: number): void {
  header(to, length, 0x90, 16, 0xdc);
}

export function packMap(to: Writer, length: number): void {
  header(to, length, 0x80, 16, 0xde);
}

function header(to: Writer, length: number, fix: number, fixBelow: number, of16: number): void {
  if (length < fixBelow) return to.byte(fix | length);
  to.byte(length < 0x1_0000 ? of16 : of16 + 1);
  big(to, length, length < 0x1_0000 ? 2 : 4);
}

function stringHeader(to: Writer, length: number): void {
  if (length < 32) return to.byte(0xa0 | length);
  if (length < 0x100) {
    to.byte(0xd9);
    return to.byte(length);
  }
  to.byte(length < 0x1_0000 ? 0xda : 0xdb);
  big(to, length, length < 0x1_0000 ? 2 : 4);
}

export function packText(to: Writer, text: string): void {
  stringHeader(to, Buffer.byteLength(text));
  to.text(text);
}

export function packBinary(to: Writer, bytes: Buffer, start = 0, end = bytes.length): void {
  const length = end - start;
  to.byte(length < 0x100 ? 0xc4 : length < 0x1_0000 ? 0xc5 : 0xc6);
  big(to, length, length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 4);
  to.copyBuffer(bytes, start, end);
}

/** Text where it is UTF-8, binary where it is not: so that nothing is changed, and nobody is told that it is text. */
export function packBytes(to: Writer, bytes: Buffer, start: number, end: number): void {
  if (!isUtf8(bytes.subarray(start, end))) return packBinary(to, bytes, start, end);
  stringHeader(to, end - start);
  to.copyBuffer(bytes, start, end);
}

/** What `JSON.parse` gives, and bigints for whole numbers beyond 2^53. */
export function packJson(to: Writer, value: unknown): void {
  if (typeof value === 'string') return packText(to, value);
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? packInteger(to, value) : packDouble(to, value);
  if (typeof value === 'boolean') return to.byte(value ? 0xc3 : 0xc2);
  if (typeof value === 'bigint') return packBigint(to, value);
  if (Array.isArray(value)) {
    packArray(to, value.length);
    for (const one of value) packJson(to, one);
    return;
  }
  if (typeof value !== 'object' || value === null) return to.byte(0xc0);
  const entries = Object.entries(value);
  packMap(to, entries.length);
  for (const [key, one] of entries) {
    packText(to, key);
    packJson(to, one);
  }
}

export function packInteger(to: Writer, value: number): void {
  if (value >= 0) {
    if (value < 0x80) return to.byte(value);
    const width = value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x1_0000_0000 ? 4 : 8;
    to.byte({ 1: 0xcc, 2: 0xcd, 4: 0xce, 8: 0xcf }[width]);
    return width === 8 ? big64(to, BigInt(value)) : big(to, value, width);
  }
  if (value >= -32) return to.byte(0x100 + value);
  const width = value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -0x8000_0000 ? 4 : 8;
  to.byte({ 1: 0xd0, 2: 0xd1, 4: 0xd2, 8: 0xd3 }[width]);
  if (width === 8) big64(to, BigInt(value));
  else big(to, value + 2 ** (8 * width), width);
}

function packBigint(to: Writer, value: bigint): void {
  if (value >= 0n && value < 1n << 64n) to.byte(0xcf);
  else if (value < 0n && value >= -(1n << 63n)) to.byte(0xd3);
  else return packDouble(to, Number(value));
  big64(to, BigInt.asUintN(64, value));
}

function packDouble(to: Writer, value: number): void {
  to.byte(0xcb);
  to.room(8);
  to.at = to.bytes.writeDoubleBE(value, to.at);
}

/** EventTime of the forward protocol: an extension of type 0 with seconds and nanoseconds. */
export function packEventTime(to: Writer, ms: number): void {
  const seconds = Math.floor(ms / 1_000);
  to.byte(0xd7);
  to.byte(0x00);
  big(to, Math.min(0xffff_ffff, Math.max(0, seconds)), 4);
  big(to, Math.min(999_999_999, Math.max(0, Math.round((ms - seconds * 1_000) * 1e6))), 4);
}

function big(to: Writer, value: number, width: 1 | 2 | 4): void {
  to.room(width);
  to.at = to.bytes.writeUIntBE(value, to.at, width);
}

function big64(to: Writer, value: bigint): void {
  to.room(8);
  to.at = to.bytes.writeBigUInt64BE(BigInt.asUintN(64, value), to.at);
}
