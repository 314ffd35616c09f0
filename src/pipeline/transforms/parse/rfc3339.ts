import type { OffsetAt } from './time-zone.ts';

/** Days from 1970-01-01 in the proleptic Gregorian calendar; months count from 1. */
export function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isDay(year: number, month: number, day: number): boolean {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  return month >= 1 && month <= 12 && day >= 1 && day <= (monthDays[month - 1] ?? 0) + leap;
}

/** So many digits as a number; NaN when one is none. */
function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * RFC 3339 section 5.6, and what is commonly written for it: a space instead of T, a comma before the fraction, an offset without colon or none at all (then
 * it is a time of `offsets`). A leap second counts as the next one. NaN for anything else.
 */
export function parseRfc3339(bytes: Buffer, start: number, end: number, offsets: OffsetAt): number {
  if (end - start < 19 || bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return Number.NaN;
  const separator = bytes[start + 10];
  if ((separator !== 0x54 && separator !== 0x74 && separator !== 0x20) || bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a)
    return Number.NaN;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  if (!isDay(year, month, day) || !(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  const whole = daysSince1970(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1_000;
  let at = start + 19;
  let fraction = 0;
  if (at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
    const from = at + 1;
    at = from;
    for (let scale = 100; at < end; at += 1, scale /= 10) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      fraction += digit * scale;
    }
    if (at === from) return Number.NaN;
  }
  return whole - offset(bytes, at, end, whole, offsets) + fraction;
}

function offset(bytes: Buffer, at: number, end: number, shownMs: number, offsets: OffsetAt): number {
  if (at === end) return offsets(shownMs);
  const first = bytes[at];
  if ((first === 0x5a || first === 0x7a) && at + 1 === end) return 0;
  if (first !== 0x2b && first !== 0x2d) return Number.NaN;
  const colon = bytes[at + 3] === 0x3a ? 1 : 0;
  if (end - at !== 5 + colon) return Number.NaN;
  const hours = digits(bytes, at + 1, 2);
  const minutes = digits(bytes, at + 3 + colon, 2);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (first === 0x2d ? -60_000 : 60_000);
}

const decimal = /^-?(\d{1,21})(?:\.(\d{1,21}))?$/;

/** A number of units of 10^`power` milliseconds. Whole milliseconds and the rest are read apart: together they have more digits than a number holds. */
export function epochMs(bytes: Buffer, start: number, end: number, power: number): number {
  if (end - start > 44) return Number.NaN;
  const text = bytes.toString('latin1', start, end);
  const [, whole, fraction = ''] = decimal.exec(text) ?? [];
  if (whole === undefined) return scientific(text, power);
  const all = whole + fraction;
  const point = whole.length + power;
  const ms = point <= 0 ? 0 : Number(all.slice(0, point).padEnd(point, '0'));
  const rest = point < 0 ? `${'0'.repeat(-point)}${all}` : all.slice(point);
  const value = ms + (rest === '' ? 0 : Number(`0.${rest}`));
  return text.startsWith('-') ? -value : value;
}

const scientific = (text: string, power: number): number =>
  /^-?\d+(?:\.\d+)?[eE][+-]?\d+$/.test(text) ? Number(text) * 10 ** power : Number.NaN;
