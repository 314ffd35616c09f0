/** The words that every output uses for the same thing. */
import type { Origin } from '../core/origin.ts';
import { formatOrigin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import type { Finding, Fix, Severity, Verdict, VerdictKind } from '../network/answer.ts';
import { severities, verdicts } from '../network/answer.ts';
import type { JudgedLink } from './rule.ts';
import { symptomWords } from './rules/words.ts';

export { symptomWords };

/** One sign per verdict; the same signs in the terminal and in Markdown. */
export const marks: Readonly<Record<VerdictKind | 'not-asked', string>> = {
  reachable: '√',
  unreachable: '×',
  ambiguous: '‼',
  undetermined: '?',
  'not-asked': '-',
};

export interface Counts {
  readonly findings: Readonly<Record<Severity, number>>;
  readonly links: Readonly<Record<VerdictKind | 'not-asked', number>>;
  /** Findings with a safe, proven fix. */
  readonly fixable: number;
  readonly unreadable: number;
  /** Gaps: verdicts that depend on them are undetermined. */
  readonly notUnderstood: number;
}

export function countAll(findings: readonly Finding[], links: readonly JudgedLink[], problems: readonly Problem[]): Counts {
  const bySeverity = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) bySeverity[severity] += 1;
  const byVerdict = { reachable: 0, unreachable: 0, ambiguous: 0, undetermined: 0, 'not-asked': 0 };
  for (const { verdict } of links) byVerdict[verdict?.kind ?? 'not-asked'] += 1;
  return {
    findings: bySeverity,
    links: byVerdict,
    fixable: findings.filter(isFixable).length,
    unreadable: problems.filter((problem) => problem.severity === 'error').length,
    notUnderstood: problems.filter((problem) => problem.severity === 'gap').length,
  };
}

/** `--fix` would repair it. */
export function isFixable(finding: Finding): boolean {
  return finding.fixes.some((fix) => fix.applicability === 'safe' && fix.edits.length > 0);
}

/** `file:line:column`, which a sentence may follow; other places end with a colon. */
export function placeBefore(origin: Origin): string {
  return origin.kind === 'file' ? formatOrigin(origin) : `${formatOrigin(origin)}:`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `2 errors, 1 warning`; `no findings`. */
export function findingsInWords({ findings }: Counts): string {
  const parts = severities
    .filter((severity) => findings[severity] > 0)
    .map((severity) => plural(findings[severity], severity, severity === 'info' ? 'info' : `${severity}s`));
  return parts.length === 0 ? 'no findings' : parts.join(', ');
}

/** `5 links: 3 reachable, 1 unreachable, 1 undetermined`. */
export function linksInWords({ links }: Counts): string {
  const total = Object.values(links).reduce((sum, count) => sum + count, 0);
  if (total === 0) return 'no links found';
  const parts = verdicts.filter((kind) => links[kind] > 0).map((kind) => `${links[kind]} ${kind}`);
  if (links['not-asked'] > 0) parts.push(`${links['not-asked']} not asked`);
  return `${plural(total, 'link')}: ${parts.join(', ')}`;
}

/** In half a line, why a verdict is not plain yes; empty when it is. */
export function shortReason(verdict: Verdict): string {
  if (verdict.kind === 'reachable') return '';
  if (verdict.kind === 'undetermined') return verdict.missing[0] === undefined ? 'a fact is missing' : `unknown: ${verdict.missing[0]}`;
  const why = verdict.kind === 'ambiguous' ? verdict.missing[0] : verdict.blocking[0]?.text;
  const symptom = symptomWords(verdict.symptom);
  if (verdict.kind === 'ambiguous') return why === undefined ? symptom : `depends on ${why}`;
  return why === undefined ? symptom : `${symptom}: ${why}`;
}

/** Why a link has no verdict. */
export function whyNotAsked({ link }: JudgedLink): string {
  if (link.evaluator === 'browser') return 'evaluated by a browser, not by a container';
  if (link.evaluator === 'outside') return 'evaluated by somebody outside of the host';
  return 'its host or port holds a value that is not known here';
}

/** What was proven of a fix, in half a line; undefined where nothing was, because it is told in words only. */
export function proofWords({ proof, edits }: Fix): string | undefined {
  if (proof !== undefined && proof.before !== proof.after) return `asked again: ${proof.before} → ${proof.after}`;
  return proof === undefined && edits.length === 0 ? undefined : 'read again: the finding is gone';
}
