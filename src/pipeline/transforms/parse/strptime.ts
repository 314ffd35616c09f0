/** Patterns like those of strptime(3), compiled to one regular expression. */
import { daysSince1970, isDay } from './rfc3339.ts';
import type { OffsetAt } from './time-zone.ts';

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour: number;
  afternoon?: boolean;
  minute: number;
  second: number;
  fractionMs: number;
  offsetMs?: number;
  epochSeconds?: number;
}

interface Directive {
  readonly pattern: string;
  readonly take: (fields: Fields, text: string) => void;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const month: Directive = {
  pattern:
    '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)',
  take: (fields, text) => {
    fields.month = months.indexOf(text.slice(0, 3).toLowerCase()) + 1;
  },
};
const dayName: Directive = { pattern: '((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)', take: () => {} };
const number = (pattern: string, take: (fields: Fields, value: number) => void): Directive => ({
  pattern: `(${pattern})`,
  take: (fields, text) => take(fields, Number(text)),
});
const fraction: Directive = {
  pattern: '(\\d{1,12})',
  take: (fields, text) => {
    fields.fractionMs = Number(`0.${text}`) * 1_000;
  },
};
const hour = number(' ?\\d{1,2}', (fields, value) => {
  fields.hour = value;
});
const day = number(' ?\\d{1,2}', (fields, value) => {
  fields.day = value;
});

const directives: Readonly<Record<string, Directive>> = {
  Y: number('\\d{4}', (fields, value) => {
    fields.year = value;
  }),
  // POSIX: 69 to 99 are of the last century.
  y: number('\\d{2}', (fields, value) => {
    fields.year = value + (value < 69 ? 2_000 : 1_900);
  }),
  m: number('\\d{1,2}', (fields, value) => {
    fields.month = value;
  }),
  b: month,
  B: month,
  h: month,
  a: dayName,
  A: dayName,
  d: day,
  e: day,
  j: number('\\d{1,3}', (fields, value) => {
    fields.dayOfYear = value;
  }),
  H: hour,
  k: hour,
  I: hour,
  l: hour,
  p: {
    pattern: '([ap]\\.?m\\.?)',
    take: (fields, text) => {
      fields.afternoon = text[0]?.toLowerCase() === 'p';
    },
  },
  M: number('\\d{1,2}', (fields, value) => {
    fields.minute = value;
  }),
  S: number('\\d{1,2}', (fields, value) => {
    fields.second = value;
  }),
  f: fraction,
  L: fraction,
  N: fraction,
  s: number('\\d{1,12}', (fields, value) => {
    fields.epochSeconds = value;
  }),
  z: {
    pattern: '(Z|[+-]\\d{2}:?\\d{2})',
    take: (fields, text) => {
      const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? [];
      fields.offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
    },
  },
  // Names of zones are ambiguous all but these; any other leaves the decision to the setting.
  Z: {
    pattern: '([A-Za-z]{1,5})',
    take: (fields, text) => {
      if (/^(?:Z|UTC|GMT)$/i.test(text)) fields.offsetMs = 0;
    },
  },
};
const shorthands: Readonly<Record<string, string>> = { T: '%H:%M:%S', R: '%H:%M', F: '%Y-%m-%d', D: '%m/%d/%y' };

/** A sentence when the pattern cannot be read. A pattern without a year means the latest such day that is at most one day ahead of `now`. */
export function compilePattern(format: string, offsets: OffsetAt, now: () => number): ((text: string) => number) | string {
  const expanded = format.replaceAll(/%([TRFD])/g, (_, letter: string) => shorthands[letter] ?? '');
  const taken: Directive[] = [];
  let source = '';
  for (const [, letter, space, literal] of expanded.matchAll(/%(.?)|(\s+)|([^%\s]+)/gsu)) {
    if (letter !== undefined) {
      const directive = Object.hasOwn(directives, letter) ? directives[letter] : undefined;
      if (directive !== undefined) taken.push(directive);
      else if (letter !== '%' && letter !== 'n' && letter !== 't')
        return `%${letter} is not known; there are ${[...Object.keys(directives), ...Object.keys(shorthands)].join(' ')}`;
      source += directive?.pattern ?? (letter === '%' ? '%' : '\\s*');
    } else source += space === undefined ? (literal ?? '').replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&') : '\\s+';
  }
  if (taken.length === 0) return `"${format}" holds no part of a time`;
  const pattern = new RegExp(`^${source}$`, 'i');
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return Number.NaN;
    const fields: Fields = { hour: 0, minute: 0, second: 0, fractionMs: 0 };
    for (const [index, directive] of taken.entries()) directive.take(fields, match[index + 1] ?? '');
    return timeOf(fields, offsets, now);
  };
}

function timeOf(fields: Fields, offsets: OffsetAt, now: () => number): number {
  if (fields.epochSeconds !== undefined) return fields.epochSeconds * 1_000 + fields.fractionMs;
  const { minute, second } = fields;
  const ofDay = fields.afternoon === undefined ? fields.hour : (fields.hour % 12) + (fields.afternoon ? 12 : 0);
  if (ofDay > 23 || minute > 59 || second > 60) return Number.NaN;
  const inDay = ((ofDay * 60 + minute) * 60 + second) * 1_000 + fields.fractionMs;
  const at = (year: number): number => {
    const days = dayOf(fields, year, now);
    const shown = days * 86_400_000 + inDay;
    return shown - (fields.offsetMs ?? offsets(shown));
  };
  if (fields.year !== undefined) return at(fields.year);
  const ahead = now() + 86_400_000;
  const thisYear = new Date(ahead).getUTCFullYear();
  // The 29th of February may be eight years back.
  for (let year = thisYear; year > thisYear - 9; year -= 1) if (at(year) <= ahead) return at(year);
  return Number.NaN;
}

function dayOf({ month: asked, day: ofMonth, dayOfYear }: Fields, year: number, now: () => number): number {
  if (dayOfYear !== undefined) return dayOfYear >= 1 && dayOfYear <= 366 ? daysSince1970(year, 1, 1) + dayOfYear - 1 : Number.NaN;
  if (asked === undefined && ofMonth === undefined) return Math.floor(now() / 86_400_000);
  const [inMonth, inYear] = [ofMonth ?? 1, asked ?? 1];
  return isDay(year, inYear, inMonth) ? daysSince1970(year, inYear, inMonth) : Number.NaN;
}
