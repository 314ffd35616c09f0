/**
 * Walking over JSON text as bytes (RFC 8259), without making values of it. Nothing here reads outside of [at, end) or throws, whatever the bytes.
 *
 * These functions find their way through well-formed JSON; they do not prove that it is well-formed (`validate.ts` does): a scalar is whatever stands before
 * the next delimiter, so that `NaN`, which several writers emit, does not hide the fields beside it.
 */

export const quote = 0x22;
export const comma = 0x2c;
export const colon = 0x3a;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;

/** Section 2: space, tab, line feed, carriage return. */
export function skipWhitespace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at += 1;
  }
  return at;
}

/** `at` is behind the opening quote; the index of the closing one, or -1. */
export function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return -1;
}

/** `at` is behind the opening brace or bracket; the index behind the closing one, or -1. */
function nestedEnd(bytes: Uint8Array, at: number, end: number): number {
  let depth = 1;
  while (at < end) {
    const byte = bytes[at];
    at += 1;
    if (byte === quote) {
      const closing = stringEnd(bytes, at, end);
      if (closing === -1) return -1;
      at = closing + 1;
    } else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** `at` is the first byte of a value; the index behind its last one, or -1 where it has no end or is empty. */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (at >= end) return -1;
  if (first === quote) {
    const closing = stringEnd(bytes, at + 1, end);
    return closing === -1 ? -1 : closing + 1;
  }
  if (first === openBrace || first === openBracket) return nestedEnd(bytes, at + 1, end);
  const start = at;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte === comma || byte === closeBrace || byte === closeBracket || byte <= 0x20) break;
    at += 1;
  }
  return at === start ? -1 : at;
}

/** The index of the brace that closes the record, when its first and last bytes beside whitespace are those of an object; otherwise -1. */
export function closingBrace(bytes: Uint8Array, start: number, end: number): number {
  let last = end - 1;
  while (last > start) {
    const byte = bytes[last];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    last -= 1;
  }
  if (last <= start || bytes[last] !== closeBrace) return -1;
  return bytes[start] === openBrace || bytes[skipWhitespace(bytes, start, end)] === openBrace ? last : -1;
}

/** Whether nothing stands between the braces of the object that `closing` closes. */
export function isEmptyObject(bytes: Uint8Array, start: number, closing: number): boolean {
  const opening = skipWhitespace(bytes, start, closing);
  return skipWhitespace(bytes, opening + 1, closing) === closing;
}

export function sameBytes(bytes: Uint8Array, at: number, other: Uint8Array): boolean {
  for (let index = 0; index < other.length; index += 1) if (bytes[at + index] !== other[index]) return false;
  return true;
}
