/**
 * Appends bytes to one buffer that grows: protobuf fields (https://protobuf.dev/programming-guides/encoding/), text, and parts of other buffers. No object
 * is made for a message; what is written is canonical: lengths take as few bytes as they can.
 */
const firstBytes = 64 * 1024;

export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export class Writer {
  bytes: Buffer;
  at = 0;

  constructor(room = firstBytes) {
    this.bytes = Buffer.allocUnsafeSlow(room);
  }

  /** What was written; a view of the buffer, so it is copied or sent before more is written. */
  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  clear(): void {
    this.at = 0;
  }

  room(more: number): void {
    const needed = this.at + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  copy(from: Uint8Array, start = 0, end = from.length): void {
    this.room(end - start);
    this.bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), this.at);
    this.at += end - start;
  }

  /** Copies without a view for it: for records. */
  copyBuffer(from: Buffer, start: number, end: number): void {
    this.room(end - start);
    this.at += from.copy(this.bytes, this.at, start, end);
  }

  text(text: string): void {
    this.room(text.length * 3); // no UTF-16 unit takes more
    this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /** Of a whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    this.room(10);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** Of any whole number that a double holds exactly; negative ones take ten bytes (int32, int64). */
  int64(value: number): void {
    if (value >= 0) return this.varint(value);
    this.uint64(BigInt.asUintN(64, BigInt(value)));
  }

  uint64(value: bigint): void {
    this.room(10);
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.at++] = Number(rest);
  }

  tag(field: number, type: number): void {
    this.varint(field * 8 + type);
  }

  varintField(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, wire.varint);
    this.int64(value);
  }

  boolField(field: number, value: boolean): void {
    if (value) this.varintField(field, 1);
  }

  /** Also when it is 0: for members of a oneof and for optional fields. */
  doubleField(field: number, value: number): void {
    this.tag(field, wire.fixed64);
    this.double(value);
  }

  double(value: number): void {
    this.room(8);
    this.at = this.bytes.writeDoubleLE(value, this.at);
  }

  fixed32Field(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, wire.fixed32);
    this.room(4);
    this.at = this.bytes.writeUInt32LE(value >>> 0, this.at);
  }

  fixed64Field(field: number, value: bigint): void {
    if (value === 0n) return;
    this.tag(field, wire.fixed64);
    this.fixed64(value);
  }

  fixed64(value: bigint): void {
    this.room(8);
    this.at = this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.at);
  }

  /** Milliseconds since 1970 as nanoseconds, without a bigint: 2^32 · high + low, each exact. */
  nanosField(field: number, ms: number): void {
    if (!(ms > 0)) return;
    this.tag(field, wire.fixed64);
    this.room(8);
    // ms splits into whole milliseconds and the rest, for ms · 10^6 is beyond 2^53.
    const whole = Math.floor(ms);
    const rest = Math.round((ms - whole) * 1e6);
    const upper = Math.floor(whole / 65_536) * 1e6; // · 2^16
    const lower = (whole % 65_536) * 1e6 + rest; // below 2^36
    const low = (upper % 65_536) * 65_536 + lower;
    const high = Math.floor(upper / 65_536) + Math.floor(low / 0x1_0000_0000);
    this.at = this.bytes.writeUInt32LE(low % 0x1_0000_0000, this.at);
    this.at = this.bytes.writeUInt32LE(high, this.at);
  }

  textField(field: number, text: string): void {
    if (text === '') return;
    const mark = this.open(field, text.length);
    this.text(text);
    this.close(mark);
  }

  bytesField(field: number, from: Buffer, start = 0, end = from.length): void {
    this.tag(field, wire.bytes);
    this.varint(end - start);
    this.copyBuffer(from, start, end);
  }

  /** Begins a message, or text of unknown length, inside the present one; `expected` bytes are a guess that saves moving it. */
  open(field: number, expected = 0): number {
    this.tag(field, wire.bytes);
    const reserved = varintBytes(expected);
    this.room(reserved);
    this.at += reserved;
    return this.at * 8 + reserved;
  }

  /** Ends it: writes its length before it. */
  close(mark: number): void {
    const reserved = mark % 8;
    const start = (mark - reserved) / 8;
    const length = this.at - start;
    const needed = varintBytes(length);
    if (needed !== reserved) {
      this.room(needed);
      this.bytes.copyWithin(start - reserved + needed, start, this.at);
    }
    this.at = start - reserved;
    this.varint(length);
    this.at += length;
  }
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}
