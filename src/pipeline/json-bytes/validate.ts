/** Whether a record is what JSON.parse takes for an object, without making one. */
import { backslash, closeBrace, closeBracket, colon, comma, openBrace, openBracket, quote, skipWhitespace, valueEnd } from './scan.ts';

/** Deeper ones are left to JSON.parse: nobody logs them, and they must not end our stack. */
const deepest = 200;
const tooDeep = -2;
const wrong = -1;

/** Exactly the records that JSON.parse accepts and gives an object for (no array, no null); invalid UTF-8 counts as the character that replaces it. */
export function isObject(bytes: Buffer, start: number, end: number): boolean {
  const at = skipWhitespace(bytes, start, end);
  if (at >= end || bytes[at] !== openBrace) return false;
  const behind = object(bytes, at + 1, end, 0);
  if (behind === tooDeep) return parses(bytes.toString('utf8', start, end));
  return behind >= 0 && skipWhitespace(bytes, behind, end) === end;
}

/** As `valueEnd` in scan.ts, for a value that has to be well-formed: -1 when it is not. */
export function strictValueEnd(bytes: Buffer, at: number, end: number): number {
  const behind = value(bytes, at, end, 0);
  if (behind !== tooDeep) return behind;
  const loose = valueEnd(bytes, at, end);
  return loose !== -1 && parses(bytes.toString('utf8', at, loose)) ? loose : wrong;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `at` is behind the opening brace; the index behind the closing one. */
function object(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (depth > deepest) return tooDeep;
  at = skipWhitespace(bytes, at, end);
  if (at < end && bytes[at] === closeBrace) return at + 1;
  while (at < end) {
    if (bytes[at] !== quote) return wrong;
    at = string(bytes, at + 1, end);
    if (at < 0) return wrong;
    at = skipWhitespace(bytes, at, end);
    if (at >= end || bytes[at] !== colon) return wrong;
    at = value(bytes, skipWhitespace(bytes, at + 1, end), end, depth);
    if (at < 0) return at;
    at = skipWhitespace(bytes, at, end);
    if (at >= end) return wrong;
    if (bytes[at] === closeBrace) return at + 1;
    if (bytes[at] !== comma) return wrong;
    at = skipWhitespace(bytes, at + 1, end);
  }
  return wrong;
}

function array(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (depth > deepest) return tooDeep;
  at = skipWhitespace(bytes, at, end);
  if (at < end && bytes[at] === closeBracket) return at + 1;
  while (at < end) {
    at = value(bytes, at, end, depth);
    if (at < 0) return at;
    at = skipWhitespace(bytes, at, end);
    if (at >= end) return wrong;
    if (bytes[at] === closeBracket) return at + 1;
    if (bytes[at] !== comma) return wrong;
    at = skipWhitespace(bytes, at + 1, end);
  }
  return wrong;
}

function value(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end) return wrong;
  switch (bytes[at]) {
    case quote:
      return string(bytes, at + 1, end);
    case openBrace:
      return object(bytes, at + 1, end, depth + 1);
    case openBracket:
      return array(bytes, at + 1, end, depth + 1);
    case 0x74:
      return word(bytes, at, end, 'true');
    case 0x66:
      return word(bytes, at, end, 'false');
    case 0x6e:
      return word(bytes, at, end, 'null');
    default:
      return number(bytes, at, end);
  }
}

function string(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte !== quote && byte !== backslash && byte >= 0x20) at += 1;
    else if (byte === quote) return at + 1;
    else if (byte < 0x20) return wrong;
    else {
      at = escapeEnd(bytes, at + 1, end);
      if (at < 0) return wrong;
    }
  }
  return wrong;
}

/** Section 7: `"\/bfnrt` or `u` and four hexadecimal digits. */
function escapeEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return wrong;
  const byte = bytes[at] ?? 0;
  if (byte !== 0x75) return '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? at + 1 : wrong;
  if (at + 5 > end) return wrong;
  for (let digit = at + 1; digit < at + 5; digit += 1) if (!isHex(bytes[digit] ?? 0)) return wrong;
  return at + 5;
}

const isHex = (byte: number): boolean => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

function word(bytes: Uint8Array, at: number, end: number, text: string): number {
  if (at + text.length > end) return wrong;
  for (let index = 0; index < text.length; index += 1) if (bytes[at + index] !== text.charCodeAt(index)) return wrong;
  return at + text.length;
}

/** Section 6: no leading zeros, no plus, digits on both sides of the point. */
function number(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === 0x2d) at += 1;
  if (at < end && bytes[at] === 0x30) at += 1;
  else {
    at = digits(bytes, at, end);
    if (at < 0) return wrong;
  }
  if (at < end && bytes[at] === 0x2e) {
    at = digits(bytes, at + 1, end);
    if (at < 0) return wrong;
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at += 1;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at += 1;
    at = digits(bytes, at, end);
  }
  return at;
}

function digits(bytes: Uint8Array, at: number, end: number): number {
  const start = at;
  while (at < end && isDigit(bytes[at])) at += 1;
  return at === start ? wrong : at;
}
