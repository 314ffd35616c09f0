/** The report to paste into a pull request (GitHub flavoured Markdown). */
import { formatOrigin } from '../../core/origin.ts';
import type { TextEdit } from '../../core/text.ts';
import { applyEdits } from '../../core/text.ts';
import type { Finding, Fix } from '../../network/answer.ts';
import type { JudgedLink } from '../rule.ts';
import { countAll, findingsInWords, linksInWords, marks, proofWords, shortReason, whyNotAsked } from '../words.ts';
import type { Report, Sources } from './report.ts';

export function markdownReport(report: Report): string {
  const counts = countAll(report.findings, report.links, report.problems);
  const parts = [
    `### fairlead: ${findingsInWords(counts)}`,
    `${linksInWords(counts)}${counts.fixable === 0 ? '' : `; ${counts.fixable} fixable with \`fairlead check --fix\``}`,
    ...report.findings.map((finding) => findingMarkdown(finding, report.sources)),
    ...problems(report),
    ...links(report.links),
  ];
  return `${parts.join('\n\n')}\n`;
}

function findingMarkdown(finding: Finding, sources: Sources): string {
  const place = formatOrigin(finding.evidence[0].origin);
  const lines = [
    `#### ${finding.severity} ${finding.ruleId} ${finding.rule}`,
    `${code(place)} ${asText(finding.message)}`,
    ...(finding.symptom === undefined ? [] : [`**Symptom:** ${asText(finding.symptom)}`]),
    ...finding.fixes.map((fix) => fixMarkdown(fix, sources)),
    ...(finding.reasons.length === 0
      ? []
      : [details('Why', finding.reasons.map((reason, index) => `${index + 1}. ${asText(reason)}`).join('\n'))]),
  ];
  return lines.join('\n\n');
}

function fixMarkdown(fix: Fix, sources: Sources): string {
  const proven = proofWords(fix);
  const proof = proven === undefined ? '' : ` (${proven})`;
  const diffs = [...Map.groupBy(fix.edits, (edit) => edit.file)].flatMap(([file, edits]) => diff(file, edits, sources));
  const commands = fix.commands.length === 0 ? [] : [fence('sh', fix.commands.join('\n'))];
  return [`**Fix:** ${asText(fix.title)}${proof}`, ...diffs, ...commands].join('\n\n');
}

/** Only the lines that change. */
function diff(file: string, edits: readonly TextEdit[], sources: Sources): readonly string[] {
  const source = sources.get(file);
  if (source === undefined) return [];
  const first = Math.min(...edits.map((edit) => edit.start));
  const last = Math.max(...edits.map((edit) => edit.end));
  const from = source.text.lastIndexOf('\n', first - 1) + 1;
  const newline = source.text.indexOf('\n', last);
  const old = source.text.slice(from, newline === -1 ? source.text.length : newline);
  const fresh = applyEdits(
    old,
    edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from })),
  );
  const [before, after] = [old.split(/\r?\n/), fresh.split(/\r?\n/)];
  const rows = [
    ...before.filter((line) => !after.includes(line)).map((line) => `-${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+${line}`),
  ];
  return [fence('diff', [`--- ${file}:${source.position(first).line}`, ...rows].join('\n'))];
}

function problems(report: Report): readonly string[] {
  if (report.problems.length === 0) return [];
  const label = { error: 'error', warning: 'warning', gap: 'not understood' } as const;
  const rows = report.problems.map(
    ({ severity, origin, message, hint }) =>
      `- ${label[severity]} ${code(formatOrigin(origin))} ${asText(message)}${hint === '' ? '' : `: ${asText(hint)}`}`,
  );
  return [details(`Remarks on the input (${rows.length})`, rows.join('\n'))];
}

function links(all: readonly JudgedLink[]): readonly string[] {
  if (all.length === 0) return [];
  const rows = all.map((judged) => {
    const { link, verdict } = judged;
    const note = verdict === undefined ? whyNotAsked(judged) : shortReason(verdict);
    const cells = [marks[verdict?.kind ?? 'not-asked'], code(link.workloadId), asText(link.purpose), code(link.raw), asText(note)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [details(`Links (${all.length})`, ['| | from | | to | |', '|-|-|-|-|-|', ...rows].join('\n'))];
}

const details = (title: string, body: string): string => `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;

/** A fence longer than any run of backticks inside. */
function fence(language: string, body: string): string {
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map((match) => match[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${body}\n${ticks}`;
}

/** Values of users' files must stay text: no HTML, no mentions, no emphasis. */
const asText = (text: string): string =>
  text
    .replaceAll(/[\\`*_<>[\]]/g, '\\$&')
    .replaceAll('@', '&#64;')
    .replaceAll(/\s*\n\s*/g, ' ');

function code(text: string): string {
  const flat = text.replaceAll(/\s*\n\s*/g, ' ');
  return flat.includes('`') ? `\`\` ${flat} \`\`` : `\`${flat}\``;
}
