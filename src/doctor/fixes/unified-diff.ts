/** A unified diff, as `diff -u` and `git apply` speak it. */

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

const CONTEXT = 3;

/** Empty when the texts are equal. */
export function unifiedDiff(before: string, after: string, path: string): string {
  if (before === after) return '';
  const lines = compare(splitLines(before), splitLines(after));
  const hunks = hunksOf(lines);
  return `--- a/${path}\n+++ b/${path}\n${hunks.map((hunk) => printHunk(lines, hunk)).join('')}`;
}

/** Lines with their line breaks, so that a change of CRLF, or of the last line's break, is seen. */
function splitLines(text: string): readonly string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** What is equal at both ends is cut off first; edits are small, so the table of the rest is small as well. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (texts: readonly string[]): Line[] => texts.map((text) => ({ mark: ' ', text }));
  return [
    ...same(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** Larger middles are shown as replaced whole: the table would take too much memory. */
const MAX_CELLS = 4_000_000;

function middle(before: readonly string[], after: readonly string[]): readonly Line[] {
  if ((before.length + 1) * (after.length + 1) > MAX_CELLS)
    return [...before.map((text): Line => ({ mark: '-', text })), ...after.map((text): Line => ({ mark: '+', text }))];
  const common = longestCommon(before, after);
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ mark: ' ', text: before[i] ?? '' });
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && common(i + 1, j) >= common(i, j + 1))) {
      lines.push({ mark: '-', text: before[i] ?? '' });
      i += 1;
    } else {
      lines.push({ mark: '+', text: after[j] ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** Length of the longest common subsequence of the tails that start at i and j. */
function longestCommon(before: readonly string[], after: readonly string[]): (i: number, j: number) => number {
  const width = after.length + 1;
  const table = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        before[i] === after[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
  return (i, j) => table[i * width + j] ?? 0;
}

interface Hunk {
  readonly from: number;
  readonly to: number;
}

function hunksOf(lines: readonly Line[]): readonly Hunk[] {
  const hunks: { from: number; to: number }[] = [];
  lines.forEach((line, index) => {
    if (line.mark === ' ') return;
    const last = hunks.at(-1);
    const from = Math.max(0, index - CONTEXT);
    const to = Math.min(lines.length, index + CONTEXT + 1);
    if (last !== undefined && from <= last.to) last.to = to;
    else hunks.push({ from, to });
  });
  return hunks;
}

function printHunk(lines: readonly Line[], { from, to }: Hunk): string {
  const count = (part: readonly Line[], other: '-' | '+'): number => part.filter((line) => line.mark !== other).length;
  const head = lines.slice(0, from);
  const body = lines.slice(from, to);
  const range = (other: '-' | '+'): string => {
    const length = count(body, other);
    return `${count(head, other) + (length === 0 ? 0 : 1)}${length === 1 ? '' : `,${length}`}`;
  };
  const print = ({ mark, text }: Line): string =>
    text.endsWith('\n') ? `${mark}${text}` : `${mark}${text}\n\\ No newline at end of file\n`;
  return `@@ -${range('+')} +${range('-')} @@\n${body.map(print).join('')}`;
}
