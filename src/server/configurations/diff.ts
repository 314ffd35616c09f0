/** Unified diffs as `diff -u` writes them, by Myers' algorithm (An O(ND) Difference Algorithm, 1986), so that `patch` takes them. */
import type { ConfigFile } from './configurations.ts';

const context = 3;
/**
 * Edits beyond which the shortest script is not looked for: the search keeps a row for every edit (2,000 rows are 16 MiB),
 * and nobody reads such a diff. The middle is then shown as removed and added whole, which is right as well.
 */
const maxEdits = 2_000;

type Edit = { readonly kind: ' ' | '-' | '+'; readonly line: string; readonly old: number; readonly new: number };

/** The empty text when the files are equal. Missing files are `/dev/null`, as git writes them. */
export function diffFiles(from: readonly ConfigFile[], to: readonly ConfigFile[], fromLabel: string, toLabel: string): string {
  const names = [...new Set([...from, ...to].map((file) => file.name))].sort();
  return names
    .map((name) => {
      const old = from.find((file) => file.name === name);
      const now = to.find((file) => file.name === name);
      const shown = name === '' ? 'config' : name;
      const retyped =
        old !== undefined && now !== undefined && old.contentType !== now.contentType
          ? `content type of ${shown}: "${old.contentType}" -> "${now.contentType}"\n`
          : '';
      const oldLabel = old === undefined ? '/dev/null' : `${fromLabel}/${shown}`;
      return retyped + unifiedDiff(old?.body ?? '', now?.body ?? '', oldLabel, now === undefined ? '/dev/null' : `${toLabel}/${shown}`);
    })
    .join('');
}

export function unifiedDiff(from: string, to: string, fromLabel: string, toLabel: string): string {
  if (from === to) return '';
  const edits = editScript(lines(from), lines(to));
  return `--- ${fromLabel}\n+++ ${toLabel}\n${hunks(edits).map(hunkText).join('')}`;
}

/** Lines with their endings: a last line without one differs from the same line with one. */
function lines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function editScript(old: readonly string[], now: readonly string[]): readonly Edit[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let oldEnd = old.length;
  let nowEnd = now.length;
  while (oldEnd > start && nowEnd > start && old[oldEnd - 1] === now[nowEnd - 1]) {
    oldEnd--;
    nowEnd--;
  }
  const middle = myers(old.slice(start, oldEnd), now.slice(start, nowEnd));
  const kinds = [...' '.repeat(start), ...middle, ...' '.repeat(old.length - oldEnd)];
  let oldAt = 0;
  let nowAt = 0;
  return kinds.map((kind): Edit => {
    const place = { old: oldAt, new: nowAt };
    if (kind === '+') return { kind, line: now[nowAt++] ?? '', ...place };
    if (kind === ' ') nowAt++;
    return { kind: kind === '-' ? '-' : ' ', line: old[oldAt++] ?? '', ...place };
  });
}

/** The shortest sequence of ` `, `-` and `+` that leads from one list to the other. */
function myers(old: readonly string[], now: readonly string[]): string {
  const most = old.length + now.length;
  const rows: Int32Array[] = [];
  // Furthest x on diagonal k after d edits, at index k + d; a row for every d, because the way back needs them all.
  for (let d = 0; d <= Math.min(most, maxEdits); d++) {
    const row = new Int32Array(2 * d + 1);
    const before = rows[d - 1];
    rows.push(row);
    for (let k = -d; k <= d; k += 2) {
      let x = before === undefined ? 0 : goesDown(before, d, k) ? (before[k + d] ?? 0) : (before[k + d - 2] ?? 0) + 1;
      while (x < old.length && x - k < now.length && old[x] === now[x - k]) x++;
      row[k + d] = x;
      if (x >= old.length && x - k >= now.length) return wayBack(rows, old.length, now.length);
    }
  }
  return '-'.repeat(old.length) + '+'.repeat(now.length);
}

/** Whether diagonal k is reached from k + 1 (an insertion) and not from k − 1. The row before is indexed by k + d − 1. */
function goesDown(before: Int32Array, d: number, k: number): boolean {
  return k === -d || (k !== d && (before[k + d - 2] ?? 0) < (before[k + d] ?? 0));
}

function wayBack(rows: readonly Int32Array[], oldLength: number, nowLength: number): string {
  let script = '';
  let x = oldLength;
  let y = nowLength;
  for (let d = rows.length - 1; d > 0; d--) {
    const before = rows[d - 1] ?? new Int32Array(0);
    const k = x - y;
    const down = goesDown(before, d, k);
    const fromK = down ? k + 1 : k - 1;
    const fromX = before[fromK + d - 1] ?? 0;
    const afterX = down ? fromX : fromX + 1;
    script = (down ? '+' : '-') + ' '.repeat(x - afterX) + script;
    x = fromX;
    y = fromX - fromK;
  }
  return ' '.repeat(x) + script;
}

/** Changes with their context; two whose contexts touch are one hunk. */
function hunks(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const groups: { first: number; last: number }[] = [];
  edits.forEach(({ kind }, at) => {
    if (kind === ' ') return;
    const group = groups.at(-1);
    if (group !== undefined && at - group.last <= 2 * context + 1) group.last = at;
    else groups.push({ first: at, last: at });
  });
  return groups.map(({ first, last }) => edits.slice(Math.max(0, first - context), last + context + 1));
}

function hunkText(edits: readonly Edit[]): string {
  const [first] = edits;
  const olds = edits.filter((edit) => edit.kind !== '+').length;
  const news = edits.filter((edit) => edit.kind !== '-').length;
  const body = edits.map(({ kind, line }) => (line.endsWith('\n') ? kind + line : `${kind}${line}\n\\ No newline at end of file\n`));
  return `@@ -${range(first?.old ?? 0, olds)} +${range(first?.new ?? 0, news)} @@\n${body.join('')}`;
}

/** Lines from 1; of an empty range the line before it. `,1` is left out, as GNU does. */
function range(start: number, count: number): string {
  if (count === 0) return `${start},0`;
  return count === 1 ? `${start + 1}` : `${start + 1},${count}`;
}
