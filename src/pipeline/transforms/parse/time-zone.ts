/** Offsets of places that write times without one. */
import * as z from 'zod';

/** Milliseconds to be added to UTC to get what clocks show there, for what they show. */
export type OffsetAt = (shownMs: number) => number;

export const timeZone = () =>
  z
    .string()
    .meta({ format: 'time-zone' })
    .superRefine((text, context) => {
      if (offsetsOf(text) === undefined)
        context.addIssue({
          code: 'custom',
          message: `"${text}" is no time zone; write UTC, an offset such as "+02:00", local, or a name such as "Europe/Berlin"`,
        });
    });

export function offsetsOf(zone: string): OffsetAt | undefined {
  if (zone === 'UTC' || zone === 'Z') return () => 0;
  if (zone === 'local') return namedZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return namedZone(zone);
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  return () => offset;
}

const quarterMs = 900_000;

/** Offsets change at full quarters of an hour everywhere, so one answer serves all times of a quarter. */
function namedZone(zone: string): OffsetAt | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch {
    return undefined;
  }
  const offsetAt = (utcMs: number): number => {
    const parts = Object.fromEntries(format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utcMs / 1_000) * 1_000;
  };
  let quarter = Number.NaN;
  let offset = 0;
  return (shownMs) => {
    const asked = Math.floor(shownMs / quarterMs);
    if (asked === quarter) return offset;
    quarter = asked;
    // A guess and a correction: in the hour that clocks show twice it is the first, in the one that they skip the offset before.
    const guess = offsetAt(shownMs - offsetAt(shownMs));
    offset = offsetAt(shownMs - guess);
    return offset;
  };
}
