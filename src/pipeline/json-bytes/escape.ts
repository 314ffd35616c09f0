/** Bytes of any kind as the inside of a JSON string (RFC 8259 section 7). */
import { backslash, quote } from './scan.ts';

const hex = Buffer.from('0123456789abcdef');
/** By control character: the letter of its short escape, or 0. */
const short = Uint8Array.from({ length: 0x20 }, (_, byte) => ({ 8: 0x62, 9: 0x74, 10: 0x6e, 12: 0x66, 13: 0x72 })[byte] ?? 0);

/** Bytes that the range becomes: what `writeEscaped` needs room for. */
export function escapedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = end - start;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20) length += short[byte] === 0 ? 5 : 1;
    else if (byte === quote || byte === backslash) length += 1;
  }
  return length;
}

/** Writes the range with its escapes and returns the index behind it. The range is valid UTF-8 (otherwise so little as it was is what is written). */
export function writeEscaped(target: Buffer, to: number, bytes: Buffer, start: number, end: number): number {
  let from = start;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x20 && byte !== quote && byte !== backslash) continue;
    if (at > from) to += bytes.copy(target, to, from, at);
    from = at + 1;
    to = writeOne(target, to, byte);
  }
  return end > from ? to + bytes.copy(target, to, from, end) : to;
}

function writeOne(target: Buffer, to: number, byte: number): number {
  target[to] = backslash;
  const letter = byte >= 0x20 ? byte : (short[byte] ?? 0);
  if (letter !== 0) {
    target[to + 1] = letter;
    return to + 2;
  }
  target[to + 1] = 0x75;
  target[to + 2] = 0x30;
  target[to + 3] = 0x30;
  target[to + 4] = hex[byte >> 4] ?? 0;
  target[to + 5] = hex[byte & 15] ?? 0;
  return to + 6;
}
