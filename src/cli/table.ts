/** Tables for people: columns as wide as their contents, and at a terminal never wider than it. */
import type { Io } from './io.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /**
   * Is cut when the terminal is too narrow, in the middle, because names differ at both ends. The last column gives way before any
   * other one, and is cut at its end.
   */
  readonly flexible?: boolean;
  /** A colour of SGR (`31`): what the cell says has to be said by its text as well. */
  readonly colour?: (row: Row) => string | undefined;
}

/** Below these, a cut cell says nothing. */
const leastWidth = 12;
const leastLastWidth = 8;
const gap = 2;

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], io: Pick<Io, 'width' | 'colour'>): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const natural = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => widthOf(row[at] ?? ''))));
  const widths = fitted(columns, natural, io.width ?? Number.POSITIVE_INFINITY);
  const line = (texts: readonly string[], paint: (padded: string, at: number) => string) =>
    texts
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const short = at === texts.length - 1 ? cut(text, width) : cutInside(text, width);
        const space = ' '.repeat(Math.max(0, width - widthOf(short)));
        if (columns[at]?.right) return paint(`${space}${short}`, at);
        return at === texts.length - 1 ? paint(short, at) : `${paint(short, at)}${space}`;
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const heading = line(
    columns.map(({ title }) => title.toUpperCase()),
    (text) => text,
  );
  const body = cells.map((texts, index) =>
    line(texts, (text, at) => {
      const row = rows[index];
      return row === undefined ? text : coloured(text, columns[at]?.colour?.(row), io);
    }),
  );
  return [io.colour ? `\u001b[2m${heading}\u001b[22m` : heading, ...body].map((text) => `${text}\n`).join('');
}

export function coloured(text: string, colour: string | undefined, io: Pick<Io, 'colour'>): string {
  return io.colour && colour !== undefined && text.trim() !== '' ? `\u001b[${colour}m${text}\u001b[39m` : text;
}

/** The last column gives way first, then the widest one that may be cut, until all fit or none can. */
function fitted<Row>(columns: readonly Column<Row>[], natural: readonly number[], most: number): readonly number[] {
  const widths = [...natural];
  const last = columns.length - 1;
  const floors = columns.map(({ flexible, title }, at) => {
    if (at === last) return Math.min(natural[at] ?? 0, Math.max(leastLastWidth, title.length));
    return flexible ? Math.min(natural[at] ?? 0, Math.max(leastWidth, title.length)) : (natural[at] ?? 0);
  });
  let over = widths.reduce((sum, width) => sum + width, gap * last) - most;
  while (over > 0) {
    const room = widths.map((width, at) => width - (floors[at] ?? width));
    const next = (room[last] ?? 0) > 0 ? last : widest(widths, room);
    if (next === undefined) break;
    widths[next] = (widths[next] ?? 0) - 1;
    over -= 1;
  }
  return widths;
}

function widest(widths: readonly number[], room: readonly number[]): number | undefined {
  const able = [...widths.keys()].filter((at) => (room[at] ?? 0) > 0);
  return able.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;
}

function cutInside(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${characters.slice(0, width - 1 - tail).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/** In characters, not in UTF-16 units. */
const widthOf = (text: string): number => [...text].length;

/**
 * What comes from agents must not be able to speak to the terminal: control characters, and those that turn the direction of
 * what follows (Unicode Standard Annex 9, explicit formatting characters).
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\u{fffd}');
}

/** The same for a text of several lines. */
export const printableLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => printable(line.replaceAll('\t', '    ')))
    .join('\n');

/** `a=b,c=d`, or a dash. */
export const pairsText = (values: Readonly<Record<string, string>>, separator = ','): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(separator) || '–';

/** `12 s`, `3 min`, `5 h`, `2 d`: how long ago. */
export function ago(iso: string | undefined, nowMs: number): string {
  if (iso === undefined) return 'never';
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `2026-11-23 10:00:00` of an ISO time, in UTC as it came. */
export const shortTime = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
