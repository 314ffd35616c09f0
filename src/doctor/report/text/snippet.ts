/** Lines of the source with carets under what is meant, as rustc shows them. */
import type { FileOrigin } from '../../../core/origin.ts';
import { formatOrigin } from '../../../core/origin.ts';
import type { SourceText } from '../../../core/text.ts';
import type { Evidence } from '../../../network/answer.ts';
import type { Paint, Style } from './style.ts';
import { clean, columns } from './style.ts';

interface Mark {
  readonly origin: FileOrigin;
  readonly label: string;
  readonly primary: boolean;
}

/** A line of a minified file is shown around the caret only: as a whole it helps nobody. */
const LONGEST_LINE = 1000;
const AROUND = 200;

export function snippet(
  evidence: readonly Evidence[],
  sources: ReadonlyMap<string, SourceText>,
  style: Style,
  paint: Paint,
): readonly string[] {
  const marks = evidence.flatMap(({ origin, label }, index): Mark[] =>
    origin.kind === 'file' ? [{ origin, label, primary: index === 0 }] : [],
  );
  const groups = [...Map.groupBy(marks, (mark) => mark.origin.file)];
  const gutter = Math.max(2, ...marks.map((mark) => String(mark.origin.span.line).length)) + 1;
  const lines = groups.flatMap(([file, ofFile], index) => {
    const source = sources.get(file);
    if (source === undefined) return [];
    // The headline names the first file; only the others need a line of their own.
    const head =
      index === 0 && ofFile.some((mark) => mark.primary)
        ? []
        : [`${' '.repeat(gutter)} ${style.frame('--')} ${clean(ofFile[0] === undefined ? file : formatOrigin(ofFile[0].origin))}`];
    return [...head, ...excerpt(ofFile, source, gutter, style, paint)];
  });
  const unseen = evidence.filter(({ origin }) => origin.kind !== 'file');
  return [...lines, ...unseen.map((one) => unseenLine(one, gutter, style))];
}

function excerpt(marks: readonly Mark[], source: SourceText, gutter: number, style: Style, paint: Paint): readonly string[] {
  const byLine = [...Map.groupBy(marks, (mark) => mark.origin.span.line)].sort(([a], [b]) => a - b);
  let previous: number | undefined;
  return byLine.flatMap(([line, ofLine]) => {
    const between = previous === undefined ? [] : linesBetween(previous, line, source, gutter, style);
    previous = line;
    return [...between, ...markedLine(line, ofLine, source, gutter, style, paint)];
  });
}

/** Neighbours two lines apart are joined by the line between; a longer gap is a gap. */
function linesBetween(from: number, to: number, source: SourceText, gutter: number, style: Style): readonly string[] {
  if (to - from === 1) return [];
  if (to - from === 2) return [`${number(from + 1, gutter, style)}${withSpace(clean(source.line(from + 1)))}`];
  return [style.frame(`${' '.repeat(gutter - 1)}...`)];
}

function markedLine(
  line: number,
  marks: readonly Mark[],
  source: SourceText,
  gutter: number,
  style: Style,
  paint: Paint,
): readonly string[] {
  const whole = source.line(line);
  const ordered = [...marks].sort((a, b) => a.origin.span.column - b.origin.span.column);
  const room = style.width === undefined ? LONGEST_LINE : Math.max(30, style.width - gutter - 3);
  const main = (ordered.find(({ primary }) => primary) ?? ordered[0])?.origin.span.column ?? 1;
  const { from: cut, to } = windowOf(whole, main - 1, style.width === undefined ? 2 * AROUND : room - 2, room);
  const text = whole.slice(cut, to);
  const shown = `${cut > 0 ? '…' : ''}${clean(text)}${to < whole.length ? '…' : ''}`;
  const at = (column: number): number => (cut > 0 ? 1 : 0) + columns(clean(text.slice(0, Math.max(0, column - 1 - cut))));
  const blank = `${' '.repeat(gutter)} ${style.frame('|')}`;
  // One row per mark keeps labels apart when two of them stand on one line.
  const rows = ordered.map(({ origin: { span }, label, primary }) => {
    const end = span.endLine === span.line ? span.endColumn : whole.trimEnd().length + 1;
    const start = at(span.column);
    const words = clean(label);
    // Where both do not fit in the terminal, the mark is shortened and its label stays.
    const most = style.width === undefined ? Number.POSITIVE_INFINITY : Math.max(1, room - start - 1 - columns(words));
    const length = Math.max(1, Math.min(at(end), columns(shown), start + most) - start);
    const brush = primary ? paint : style.frame;
    return `${blank} ${' '.repeat(start)}${brush((primary ? '^' : '-').repeat(length))} ${brush(words)}`.trimEnd();
  });
  return [`${number(line, gutter, style)}${withSpace(shown)}`, ...rows];
}

/** All of a line that fits in `room` columns, else `length` characters with the place a third of the way in. */
function windowOf(line: string, place: number, length: number, room: number): { readonly from: number; readonly to: number } {
  if (line.length <= room && columns(clean(line)) <= room) return { from: 0, to: line.length };
  const from = Math.max(0, Math.min(place - Math.floor(length / 3), line.length - length));
  return { from: place < length / 2 ? 0 : from, to: Math.min(line.length, (place < length / 2 ? 0 : from) + length) };
}

const number = (line: number, gutter: number, style: Style): string => `${style.frame(String(line).padStart(gutter))} ${style.frame('|')}`;
const withSpace = (text: string): string => (text === '' ? '' : ` ${text}`);

function unseenLine({ origin, label }: Evidence, gutter: number, style: Style): string {
  return `${' '.repeat(gutter)} ${style.frame('=')} ${clean(label)}: ${clean(formatOrigin(origin))}`;
}
