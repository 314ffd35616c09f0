/** Findings that somebody accepted, by a comment beside the line or in the settings file. A reason is required. */

import { didYouMean } from '../core/nearest.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceText } from '../core/text.ts';
import type { Finding } from '../network/answer.ts';
import type { Suppression } from './settings-fields.ts';

export interface Suppressed {
  readonly finding: Finding;
  readonly reason: string;
}

export interface SuppressResult {
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly problems: readonly Problem[];
}

/** `# fairlead-ignore R08: reason` on the line or above it, `# fairlead-ignore-file R33: reason` for the whole file. */
interface Comment {
  readonly rules: readonly string[];
  /** Undefined: the whole file. */
  readonly lines: ReadonlySet<number> | undefined;
  readonly reason: string;
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

const pattern =
  /(?:#|;|\/\/|<!--)[ \t]*fairlead-ignore(-file)?(?![\w-])[ \t]*([\w, -]*?)[ \t]*(?::[ \t]*([^\r\n]*?))?[ \t]*(?:-->[ \t]*)?$/gm;

export interface SuppressRequest {
  readonly findings: readonly Finding[];
  readonly sources: Iterable<SourceText>;
  readonly settings: readonly Suppression[];
  /** Ids and names of all rules. */
  readonly knownRules: readonly string[];
  /** False when only some rules ran: then what was not used may still be needed. */
  readonly allRulesRan: boolean;
}

export function suppress(request: SuppressRequest): SuppressResult {
  const problems: Problem[] = [];
  const comments = [...request.sources]
    .flatMap((source) => commentsOf(source))
    .filter((comment) => isValid(comment, request.knownRules, problems));
  const used = new Set<Comment | Suppression>();
  const findings: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of request.findings) {
    const by =
      comments.find((comment) => coveredByComment(comment, finding)) ?? request.settings.find((one) => coveredBySetting(one, finding));
    if (by === undefined) findings.push(finding);
    else {
      used.add(by);
      suppressed.push({ finding, reason: by.reason });
    }
  }
  if (request.allRulesRan) for (const one of [...comments, ...request.settings]) if (!used.has(one)) problems.push(unused(one));
  return { findings, suppressed, problems };
}

function commentsOf(source: SourceText): readonly Comment[] {
  if (!source.text.includes('fairlead-ignore')) return [];
  return [...source.text.matchAll(pattern)].map((match) => ({
    rules: (match[2] ?? '').split(/[\s,]+/).filter((rule) => rule !== ''),
    lines: match[1] === undefined ? linesOf(source, match.index) : undefined,
    reason: (match[3] ?? '').trim(),
    source,
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The comment's own line when something stands before it there; else the next line that is not a comment. */
function linesOf(source: SourceText, offset: number): ReadonlySet<number> {
  const { line, column } = source.position(offset);
  if (
    source
      .line(line)
      .slice(0, column - 1)
      .trim() !== ''
  )
    return new Set([line]);
  let next = line + 1;
  while (/^\s*(#|;|\/\/|<!--|$)/.test(source.line(next)) && next < line + 100) next += 1;
  return new Set([next]);
}

function isValid(comment: Comment, knownRules: readonly string[], problems: Problem[]): boolean {
  const origin = comment.source.origin(comment.start, comment.end);
  const complain = (message: string, hint: string) =>
    problems.push({ severity: 'error', code: 'suppression-invalid', message, hint, origin });
  const example = 'write # fairlead-ignore R08: why this is accepted';
  if (comment.rules.length === 0) complain('this suppression names no rule', example);
  else if (comment.reason === '') complain('this suppression gives no reason', example);
  const stranger = comment.rules.find((rule) => !knownRules.includes(rule));
  if (stranger !== undefined) complain(`there is no rule "${stranger}"`, didYouMean(stranger, knownRules, 'see fairlead rules'));
  return comment.rules.length > 0 && comment.reason !== '' && stranger === undefined;
}

function coveredByComment(comment: Comment, finding: Finding): boolean {
  if (!comment.rules.includes(finding.ruleId) && !comment.rules.includes(finding.rule)) return false;
  const { origin } = finding.evidence[0];
  if (origin.kind !== 'file' || origin.file !== comment.source.file) return false;
  return comment.lines === undefined || comment.lines.has(origin.span.line);
}

function coveredBySetting(setting: Suppression, finding: Finding): boolean {
  if (setting.rule !== finding.ruleId && setting.rule !== finding.rule) return false;
  if (setting.subject !== undefined && setting.subject !== finding.subject) return false;
  if (setting.file === undefined) return true;
  const { origin } = finding.evidence[0];
  return origin.kind === 'file' && matches(setting.file, origin.file);
}

function matches(glob: string, file: string): boolean {
  const expression = glob.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\*+/g, '.*');
  return new RegExp(`^(?:.*/)?${expression}$`).test(file);
}

function unused(one: Comment | Suppression): Problem {
  const origin = 'origin' in one ? one.origin : one.source.origin(one.start, one.end);
  const rules = 'rule' in one ? one.rule : one.rules.join(', ');
  return {
    severity: 'warning',
    code: 'suppression-unused',
    message: `nothing is suppressed here: ${rules} finds nothing`,
    hint: 'remove it, or move it to the line of the finding',
    origin,
  };
}
