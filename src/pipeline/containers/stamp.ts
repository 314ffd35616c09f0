/** Times as container engines write them: RFC 3339 with up to nine digits of a second's fraction. */

const zero = 0x30;
/** `2016-10-06T00:17:` */
const prefixBytes = 17;

/**
 * Reads the times of records that follow each other: all up to the second is usually that of the record before, and then it is only compared.
 * A reader remembers that, nothing else.
 */
export class StampReader {
  readonly #prefix = new Uint8Array(prefixBytes);
  #prefixMs = Number.NaN;

  /** Milliseconds since 1970 of bytes[start, end); NaN when it is no time. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < prefixBytes + 3 || !this.#known(bytes, start)) return Number.NaN;
    const seconds = twoDigits(bytes, start + prefixBytes);
    let at = start + prefixBytes + 2;
    let fraction = 0;
    if (bytes[at] === 0x2e) {
      at += 1;
      for (let scale = 100; at < end; at += 1, scale /= 10) {
        const digit = (bytes[at] ?? 0) - zero;
        if (digit < 0 || digit > 9) break;
        fraction += digit * scale;
      }
    }
    return this.#prefixMs + seconds * 1000 + fraction - offsetMs(bytes, at, end);
  }

  #known(bytes: Uint8Array, start: number): boolean {
    for (let index = 0; index < prefixBytes; index += 1) {
      if (bytes[start + index] === this.#prefix[index]) continue;
      this.#prefix.set(bytes.subarray(start, start + prefixBytes));
      this.#prefixMs = minuteMs(bytes, start);
      break;
    }
    return !Number.isNaN(this.#prefixMs);
  }
}

function minuteMs(bytes: Uint8Array, at: number): number {
  const shaped =
    bytes[at + 4] === 0x2d && bytes[at + 7] === 0x2d && bytes[at + 10] === 0x54 && bytes[at + 13] === 0x3a && bytes[at + 16] === 0x3a;
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  const hour = twoDigits(bytes, at + 11);
  const minute = twoDigits(bytes, at + 14);
  const real = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59;
  return shaped && real ? Date.UTC(year, month - 1, day, hour, minute) : Number.NaN;
}

/** NaN when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - zero;
  const ones = (bytes[at + 1] ?? 0) - zero;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? Number.NaN : tens * 10 + ones;
}

/** `Z` or `+02:00`, up to the end. */
function offsetMs(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === 0x5a && at + 1 === end) return 0;
  if ((first !== 0x2b && first !== 0x2d) || at + 6 !== end || bytes[at + 3] !== 0x3a) return Number.NaN;
  const minutes = twoDigits(bytes, at + 1) * 60 + twoDigits(bytes, at + 4);
  return first === 0x2d ? -minutes * 60_000 : minutes * 60_000;
}
