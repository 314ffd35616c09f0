/** The inside of a JSON string (RFC 8259 section 7) as the bytes that it stands for, written over itself. */
const backslash = 0x5c;
const letterU = 0x75;

/** By the letter of a short escape: what it stands for; 0: there is no such escape. */
const short = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 }))
  short[letter.charCodeAt(0)] = byte;

/** Index behind the last byte; -1 when there is an escape that JSON does not know: then nothing was changed. */
export function unescapeInPlace(bytes: Buffer, start: number, end: number): number {
  let first = start;
  while (first < end && bytes[first] !== backslash) first += 1;
  if (first === end) return end;
  if (!wellFormed(bytes, first, end)) return -1;
  let to = first;
  let at = first;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte !== backslash) {
      bytes[to++] = byte;
      at += 1;
      continue;
    }
    const letter = bytes[at + 1] ?? 0;
    if (letter !== letterU) {
      bytes[to++] = short[letter] ?? 0;
      at += 2;
      continue;
    }
    const unit = hex(bytes, at + 2);
    const low =
      unit >= 0xd800 && unit < 0xdc00 && bytes[at + 6] === backslash && bytes[at + 7] === letterU && at + 12 <= end
        ? hex(bytes, at + 8)
        : 0;
    const pair = low >= 0xdc00 && low < 0xe000;
    to = writeCodePoint(bytes, to, pair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit);
    at += pair ? 12 : 6;
  }
  return to;
}

function wellFormed(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end) {
    if (bytes[at] !== backslash) {
      at += 1;
      continue;
    }
    const letter = bytes[at + 1] ?? 0;
    const length = letter === letterU ? 6 : 2;
    if (at + length > end || (letter === letterU ? hex(bytes, at + 2) === -1 : short[letter] === 0)) return false;
    at += length;
  }
  return true;
}

/** Four hex digits; -1 when they are none. */
function hex(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 4; index += 1) {
    const byte = bytes[index] ?? 0;
    const lower = byte | 0x20;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
    if (digit === -1) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** As UTF-8. A half of a pair that stands alone is U+FFFD, as everywhere else in this program. */
function writeCodePoint(bytes: Uint8Array, to: number, point: number): number {
  const real = point >= 0xd800 && point < 0xe000 ? 0xfffd : point;
  if (real < 0x80) {
    bytes[to++] = real;
    return to;
  }
  if (real < 0x800) bytes[to++] = 0xc0 | (real >> 6);
  else {
    if (real < 0x10000) bytes[to++] = 0xe0 | (real >> 12);
    else {
      bytes[to++] = 0xf0 | (real >> 18);
      bytes[to++] = 0x80 | ((real >> 12) & 63);
    }
    bytes[to++] = 0x80 | ((real >> 6) & 63);
  }
  bytes[to++] = 0x80 | (real & 63);
  return to;
}
