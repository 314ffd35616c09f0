/** Questions about one value, asked of its bytes: the answer is that of the decoded value. */
import { decodeString } from '../json-bytes/field-finder.ts';
import { backslash, quote, sameBytes } from '../json-bytes/scan.ts';
import type { Literal, Order, TextOperator } from './expression.ts';
import type { Lookup } from './lookup.ts';

export type ValueTest = (value: Lookup) => boolean;

/** These have other spellings inside of a JSON string, or are what invalid bytes decode to: only the decoded text decides. */
const spelledOtherwise = /["\\/\x00-\x1f\ufffd\ud800-\udfff]/;
export const isPlainText = (text: string): boolean => !spelledOtherwise.test(text);

export function hasBackslash(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === backslash) return true;
  return false;
}

/** The text of a value, undefined when it is no string. */
export function textOf({ bytes, start, end, plain }: Lookup): string | undefined {
  if (plain) return bytes.toString('utf8', start, end);
  return bytes[start] === quote ? decodeString(bytes, start + 1, end - 1) : undefined;
}

export function isOneOf(values: readonly Literal[]): ValueTest {
  const tests = values.map(isLiteral);
  const [only] = tests;
  return tests.length === 1 && only !== undefined ? only : (value) => tests.some((test) => test(value));
}

function isLiteral(literal: Literal): ValueTest {
  if (typeof literal === 'string') return isText(literal);
  if (typeof literal === 'number') return (value) => numberOf(value) === literal;
  const word = Buffer.from(String(literal));
  return ({ bytes, start, end, plain }) => !plain && end - start === word.length && sameBytes(bytes, start, word);
}

function isText(text: string): ValueTest {
  const bytes = Buffer.from(text);
  if (!isPlainText(text)) return (value) => textOf(value) === text;
  return (value) => {
    const edge = value.plain ? 0 : 1;
    const start = value.start + edge;
    const end = value.end - edge;
    if (edge === 1 && value.bytes[value.start] !== quote) return false;
    if (end - start === bytes.length && sameBytes(value.bytes, start, bytes)) return true;
    return edge === 1 && end - start > bytes.length && hasBackslash(value.bytes, start, end) && textOf(value) === text;
  };
}

/** NaN, which equals nothing and is in no order, for what is no number. */
export function numberOf({ bytes, start, end, plain }: Lookup): number {
  const first = bytes[start] ?? 0;
  if (plain || (first !== 0x2d && (first < 0x30 || first > 0x39))) return Number.NaN;
  // Up to nine digits need no text.
  let value = 0;
  for (let at = start; at < end && end - start < 10; at += 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return Number(bytes.toString('latin1', start, end));
    value = value * 10 + digit;
  }
  return end - start < 10 ? value : Number(bytes.toString('latin1', start, end));
}

export function isInOrder(order: Order, number: number): ValueTest {
  switch (order) {
    case '<':
      return (value) => numberOf(value) < number;
    case '<=':
      return (value) => numberOf(value) <= number;
    case '>':
      return (value) => numberOf(value) > number;
    case '>=':
      return (value) => numberOf(value) >= number;
    default:
      return order satisfies never;
  }
}

export function hasText(operator: TextOperator, text: string): ValueTest {
  const bytes = Buffer.from(text);
  const decoded: (found: string) => boolean = (found) =>
    operator === 'contains' ? found.includes(text) : operator === 'startsWith' ? found.startsWith(text) : found.endsWith(text);
  const byText: ValueTest = (value) => {
    const found = textOf(value);
    return found !== undefined && decoded(found);
  };
  if (!isPlainText(text)) return byText;
  return (value) => {
    const edge = value.plain ? 0 : 1;
    const start = value.start + edge;
    const end = value.end - edge;
    if (edge === 1 && value.bytes[value.start] !== quote) return false;
    if (edge === 1 && hasBackslash(value.bytes, start, end)) return byText(value);
    if (end - start < bytes.length) return false;
    if (operator === 'startsWith') return sameBytes(value.bytes, start, bytes);
    if (operator === 'endsWith') return sameBytes(value.bytes, end - bytes.length, bytes);
    return includes(value.bytes, start, end, bytes);
  };
}

/** A loop of our own: the native search knows no end, and most values are short. */
function includes(bytes: Buffer, start: number, end: number, needle: Buffer): boolean {
  if (needle.length === 0) return true;
  const first = needle[0];
  const last = end - needle.length;
  for (let at = start; at <= last; at += 1) if (bytes[at] === first && sameBytes(bytes, at, needle)) return true;
  return false;
}

export function matchesPattern(pattern: RegExp): ValueTest {
  return (value) => {
    const text = textOf(value);
    return text !== undefined && pattern.test(text);
  };
}
