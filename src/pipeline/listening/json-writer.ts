/** Writes JSON as bytes into a buffer that is large enough: the caller knows the bound before. Nothing is allocated. */

const replacement = Buffer.from('\ufffd');
const hex = Buffer.from('0123456789abcdef');
/** The letter after the backslash for the control characters that have one (RFC 8259 §7). */
const letters: Readonly<Record<number, number>> = { 8: 0x62, 9: 0x74, 10: 0x6e, 12: 0x66, 13: 0x72 };
const isoBytes = '2026-01-01T00:00:00.000Z'.length;

/** What `text` and `escaped` need at most for one byte of input: `\u00XX`. */
export const escapedBytes = 6;

export class JsonWriter {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  #second = Number.NaN;
  readonly #secondText = Buffer.alloc(isoBytes);

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** As it is. */
  raw(source: Uint8Array, from = 0, to = source.length): void {
    // A loop is faster than copying for what names and numbers are; set() for what is longer.
    if (to - from > 64) this.bytes.set(from === 0 && to === source.length ? source : source.subarray(from, to), this.at);
    else for (let index = from, at = this.at; index < to; index++, at++) this.bytes[at] = source[index] ?? 0;
    this.at += to - from;
  }

  /** As it is, for rare texts: a string costs what a string costs. */
  text(value: string): void {
    this.at += this.bytes.write(value, this.at);
  }

  /** A JSON string of any bytes: what is not UTF-8 becomes U+FFFD. */
  string(source: Uint8Array, from: number, to: number): void {
    this.byte(0x22);
    this.escaped(source, from, to);
    this.byte(0x22);
  }

  escaped(source: Uint8Array, from: number, to: number): void {
    const out = this.bytes;
    let at = this.at;
    for (let index = from; index < to; ) {
      const byte = source[index] ?? 0;
      if (byte >= 0x20 && byte < 0x80) {
        if (byte === 0x22 || byte === 0x5c) out[at++] = 0x5c;
        out[at++] = byte;
        index += 1;
      } else if (byte < 0x20) {
        at = control(out, at, byte);
        index += 1;
      } else {
        const length = sequenceLength(source, index, to);
        if (length === 0) at = copy(replacement, 0, 3, out, at);
        else at = copy(source, index, index + length, out, at);
        index += length === 0 ? 1 : length;
      }
    }
    this.at = at;
  }

  /** An RFC 3339 time in UTC with milliseconds, with its quotes. */
  isoTime(ms: number): void {
    const whole = Math.floor(ms);
    const second = Math.floor(whole / 1_000);
    if (second !== this.#second) {
      this.#secondText.write(new Date(second * 1_000).toISOString(), 'latin1');
      this.#second = second;
    }
    const rest = whole - second * 1_000;
    this.#secondText[20] = 0x30 + Math.floor(rest / 100);
    this.#secondText[21] = 0x30 + (Math.floor(rest / 10) % 10);
    this.#secondText[22] = 0x30 + (rest % 10);
    this.byte(0x22);
    this.raw(this.#secondText);
    this.byte(0x22);
  }
}

function control(out: Buffer, at: number, byte: number): number {
  out[at++] = 0x5c;
  const letter = letters[byte];
  if (letter !== undefined) {
    out[at++] = letter;
    return at;
  }
  out[at++] = 0x75;
  out[at++] = 0x30;
  out[at++] = 0x30;
  out[at++] = hex[byte >> 4] ?? 0;
  out[at++] = hex[byte & 15] ?? 0;
  return at;
}

function copy(source: Uint8Array, from: number, to: number, out: Buffer, at: number): number {
  for (let index = from; index < to; index++) out[at++] = source[index] ?? 0;
  return at;
}

/** How long the UTF-8 sequence is that begins here with a byte from 0x80 on; 0 when it is none (RFC 3629 §4). */
export function sequenceLength(source: Uint8Array, at: number, to: number): number {
  const first = source[at] ?? 0;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > to) return 0;
  const second = source[at + 1] ?? 0;
  // No overlong form, no surrogate, nothing beyond U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = at + 2; index < at + length; index++) if (((source[index] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
