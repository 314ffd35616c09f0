/** Payment card numbers. */

/** First digits and lengths (ISO/IEC 7812 ranges as the networks publish them). */
const networks: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|65|64[4-9])/, [16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^3(?:0[0-5]|[689])/, [14, 15, 16, 17, 18, 19]],
];

/** Digits in groups that spaces or hyphens may part; not a piece of a longer word or number. */
export const cardPattern = /(?<![\w.])(?:\d[ -]?){12,18}\d(?![\w]|\.\d)/g;

export function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  return networks.some(([first, lengths]) => first.test(digits) && lengths.includes(digits.length)) && hasCheckDigit(digits);
}

/** ISO/IEC 7812-1 annex B (Luhn). */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    sum += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

/** Whether there are thirteen digits with at most one space or hyphen between two: a look at the bytes that needs no text. */
export function mayHoldCard(bytes: Buffer, start: number, end: number): boolean {
  let digits = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) {
      digits += 1;
      if (digits === 13) return true;
    } else if ((byte !== 0x20 && byte !== 0x2d) || digits === 0 || !isDigit(bytes[at - 1] ?? 0)) digits = 0;
  }
  return false;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
