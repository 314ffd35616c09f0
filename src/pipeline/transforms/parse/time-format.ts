/** How times are written: by name, or by a pattern like that of strptime(3). */
import * as z from 'zod';
import { epochMs, parseRfc3339 } from './rfc3339.ts';
import { compilePattern } from './strptime.ts';
import type { OffsetAt } from './time-zone.ts';

/** Milliseconds since 1970 with fractions; NaN when the bytes are no such time. */
export type ReadTime = (bytes: Buffer, start: number, end: number) => number;

export const timeFormat = () =>
  z.string().superRefine((text, context) => {
    const made = readerOf(text, () => 0, Date.now);
    if (typeof made === 'string') context.addIssue({ code: 'custom', message: made });
  });

const units: Readonly<Record<string, number>> = { unix: 3, 'unix-ms': 0, 'unix-us': -3, 'unix-ns': -6 };

/** A sentence when there is no such format. `now` tells the year that a pattern without one means. */
export function readerOf(format: string, offsets: OffsetAt, now: () => number): ReadTime | string {
  if (format === 'rfc3339') return (bytes, start, end) => parseRfc3339(bytes, start, end, offsets);
  if (format === 'auto') return (bytes, start, end) => readAny(bytes, start, end, offsets);
  const unit = Object.hasOwn(units, format) ? units[format] : undefined;
  if (unit !== undefined) return (bytes, start, end) => epochMs(bytes, start, end, unit);
  if (!format.includes('%'))
    return `"${format}" is no time format; there are rfc3339, auto, ${Object.keys(units).join(', ')} and patterns such as "%Y-%m-%d %H:%M:%S"`;
  const read = compilePattern(format, offsets, now);
  return typeof read === 'string' ? read : (bytes, start, end) => read(bytes.toString('utf8', start, end));
}

/** Digits before the point of a number of seconds today: 10; each unit has three more. */
function readAny(bytes: Buffer, start: number, end: number, offsets: OffsetAt): number {
  const asText = parseRfc3339(bytes, start, end, offsets);
  if (!Number.isNaN(asText)) return asText;
  const point = bytes.subarray(start, end).indexOf('.');
  const digits = point === -1 ? end - start : point;
  if (digits <= 11) return epochMs(bytes, start, end, 3);
  if (digits <= 14) return epochMs(bytes, start, end, 0);
  return epochMs(bytes, start, end, digits <= 17 ? -3 : -6);
}
