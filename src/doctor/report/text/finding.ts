/** One finding: headline, source with carets, the chain of reasons, what one sees, the proven fix. */
import { applyEdits, type SourceText, type TextEdit } from '../../../core/text.ts';
import type { Finding, Fix } from '../../../network/answer.ts';
import { isFixable, placeBefore, proofWords } from '../../words.ts';
import type { Report } from '../report.ts';
import { snippet } from './snippet.ts';
import type { Paint, Style } from './style.ts';
import { clean, wrap } from './style.ts';

const INDENT = '            ';

export function findingText(finding: Finding, report: Report, style: Style): string {
  const paint = style[finding.severity];
  const [first] = finding.evidence;
  const lines = [
    headline(finding, placeBefore(first.origin), style, paint),
    ...snippet(finding.evidence, report.sources, style, paint),
    ...travelled(finding, style),
    ...finding.reasons.map((reason, index) => row(index === 0 ? 'why' : '', `${index + 1}. ${reason}`, style, '   ')),
    ...(finding.symptom === undefined ? [] : [row('symptom', finding.symptom, style)]),
    ...finding.fixes.flatMap((fix) => fixLines(fix, report, style)),
  ];
  return lines.join('\n');
}

export function headline(finding: Finding, place: string, style: Style, paint: Paint): string {
  const label = `${finding.severity}[${finding.ruleId}]`;
  const mark = isFixable(finding) ? ` ${style.good('[*]')}` : '';
  const start = label.length + 1 + place.length + 1;
  const message = wrap(clean(finding.message), style.width, '    ', start);
  return `${paint(label)} ${style.strong(clean(place))} ${style.strong(message)}${mark}`;
}

/** How the value came to where it holds: override, anchor, extends, include, interpolation. */
function travelled(finding: Finding, style: Style): readonly string[] {
  const [{ origin }] = finding.evidence;
  if (origin.kind !== 'file' || origin.via.length === 0) return [];
  return origin.via.map((hop, index) => {
    const place = hop.file === undefined ? '' : `${hop.file}${hop.line === undefined ? '' : `:${hop.line}:${hop.column ?? 1}`}`;
    // A mount is two paths, often long ones, and both are to be read at its place.
    const what =
      hop.kind === 'mount' && place !== ''
        ? `${hopWords.mount} at ${place}`
        : `${hopWords[hop.kind]} ${hop.text}${place === '' ? '' : ` (${place})`}`;
    return row(index === 0 ? 'through' : '', what, style);
  });
}

const hopWords = {
  override: 'the override',
  anchor: 'the anchor',
  merge: 'the merge key',
  extends: 'extends',
  include: 'include',
  'env-file': 'the env file',
  environment: 'the environment',
  interpolation: 'the variable',
  mount: 'the mount',
  image: 'the image',
} as const;

function row(label: string, text: string, style: Style, hang = ''): string {
  const indent = INDENT + hang;
  return `  ${style.frame(label.padEnd(9))} ${wrap(clean(text), style.width, indent, INDENT.length)}`;
}

function fixLines(fix: Fix, report: Report, style: Style): readonly string[] {
  const label = fix.applicability === 'safe' && fix.edits.length > 0 ? 'fix [*]' : 'fix';
  const preview = previewOf(fix.edits, report, style);
  const choice = fix.applicability === 'suggestion' ? ' (your choice: not applied by --fix)' : '';
  return [
    `  ${style.good(label.padEnd(9))} ${wrap(clean(fix.title) + choice, style.width, INDENT, INDENT.length)}`,
    ...preview,
    ...fix.commands
      .filter((command) => !isShown(command, fix, report))
      .map((command) => `${INDENT}  ${style.good(command.split('\n').map(clean).join(`\n${INDENT}  `))}`),
    ...proofLines(fix, style),
  ];
}

/** A command that the patched text holds as it is stands in the preview already. */
function isShown(command: string, fix: Fix, report: Report): boolean {
  return [...Map.groupBy(fix.edits, (edit) => edit.file)].some(([file, edits]) => {
    const source = report.sources.get(file);
    return source !== undefined && applyEdits(source.text, edits).includes(command);
  });
}

/** So many other answers that change are read; the rest is counted. */
const ALSO_SHOWN = 6;

function proofLines(fix: Fix, style: Style): readonly string[] {
  const proven = proofWords(fix);
  if (proven === undefined) return [];
  const also = fix.proof?.alsoChanges ?? [];
  const rest = also.length - ALSO_SHOWN;
  const lines = [proven, ...also.slice(0, ALSO_SHOWN), ...(rest > 0 ? [`and ${rest} more, see --format json`] : [])];
  return lines.map((line) => `${INDENT}${style.faint(wrap(clean(line), style.width, `${INDENT}  `, INDENT.length))}`);
}

/** The changed lines, old and new, with their numbers. */
function previewOf(edits: readonly TextEdit[], report: Report, style: Style): readonly string[] {
  const [primary] = edits;
  return [...Map.groupBy(edits, (edit) => edit.file)].flatMap(([file, ofFile]) => {
    const source = report.sources.get(file);
    if (source === undefined) return [];
    const head =
      file === primary?.file && new Set(edits.map((edit) => edit.file)).size === 1 ? [] : [`${INDENT}  ${style.frame(clean(file))}`];
    return [...head, ...changedLines(source, ofFile, style)];
  });
}

function changedLines(source: SourceText, edits: readonly TextEdit[], style: Style): readonly string[] {
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  const blocks = Map.groupBy(ordered, (edit) => source.position(edit.start).line);
  let shift = 0;
  return [...blocks].flatMap(([line, block]) => {
    const last = Math.max(...block.map((edit) => edit.end));
    const from = source.text.lastIndexOf('\n', (block[0]?.start ?? 0) - 1) + 1;
    const newline = source.text.indexOf('\n', last);
    const to = newline === -1 ? source.text.length : newline;
    const old = source.text.slice(from, to);
    const fresh = applyEdits(
      old,
      block.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from })),
    );
    const [removed, added, skip] = trimCommon(linesOf(old), linesOf(fresh));
    const shown = [
      ...removed.map((text, index) => changeRow(line + skip + index, '-', text, style, style.bad)),
      ...added.map((text, index) => changeRow(line + skip + index + shift, '+', text, style, style.good)),
    ];
    shift += added.length - removed.length;
    return shown;
  });
}

const linesOf = (text: string): string[] => text.split('\n').map((line) => line.replace(/\r$/, ''));

/** Lines that stay as they are at both ends are not part of the change. */
function trimCommon(old: readonly string[], fresh: readonly string[]): readonly [readonly string[], readonly string[], number] {
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < fresh.length - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  return [old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail), head];
}

/** Wrapped on a terminal, with the rest under the text: a changed line is read as a whole. */
function changeRow(line: number, sign: string, text: string, style: Style, paint: Paint): string {
  const head = `${INDENT}  ${String(line).padStart(4)} ${sign} `;
  const indent = ' '.repeat(head.length + 4);
  const spaces = /^ */.exec(clean(text))?.[0] ?? '';
  const wrapped = wrap(clean(text).slice(spaces.length), style.width, indent, head.length + spaces.length).split('\n');
  return wrapped
    .map((part, index) =>
      index === 0 ? `${INDENT}  ${paint(`${head.slice(INDENT.length + 2)}${spaces}${part}`)}` : `${indent}${paint(part.trimStart())}`,
    )
    .join('\n');
}
