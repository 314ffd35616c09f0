/** The report for people: in the terminal, in the manner of rustc and ruff. */
import { countAll, findingsInWords, linksInWords, placeBefore, plural } from '../../words.ts';
import type { Report } from '../report.ts';
import { findingText, headline } from './finding.ts';
import { linksTable } from './links.ts';
import { problemTexts } from './problems.ts';
import type { Style } from './style.ts';
import { clean, styleFor, wrap } from './style.ts';

export interface TextOptions {
  readonly colour: boolean;
  /** Columns of the terminal; undefined when piped. */
  readonly width: number | undefined;
  /** One line per finding, nothing else. */
  readonly quiet: boolean;
}

export function textReport(report: Report, options: TextOptions): string {
  const style = styleFor(options);
  if (options.quiet) return quiet(report, style);
  const problems = problemTexts(report.problems, report.sources, style);
  const findings = report.findings.map((finding) => findingText(finding, report, style));
  const links = report.links.length === 0 ? [] : [[style.strong('links'), ...linksTable(report, style)].join('\n')];
  return `${[...problems, ...findings, ...links, summary(report, style)].join('\n\n')}\n`;
}

function quiet(report: Report, style: Style): string {
  const unread = report.problems.filter((problem) => problem.severity === 'error');
  const lines = [
    ...unread.map((problem) => `${style.error(`error[${problem.code}]`)} ${clean(placeBefore(problem.origin))} ${clean(problem.message)}`),
    ...report.findings
      .filter((finding) => finding.severity !== 'info')
      .map((finding) =>
        headline(finding, placeBefore(finding.evidence[0].origin), { ...style, width: undefined }, style[finding.severity]),
      ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function summary(report: Report, style: Style): string {
  const counts = countAll(report.findings, report.links, report.problems);
  const spotless = counts.findings.error + counts.findings.warning + counts.unreadable === 0;
  const worst = counts.findings.error + counts.unreadable > 0 ? style.error : style.warning;
  const mark = spotless ? style.good('√') : worst('×');
  const parts = [
    ...(counts.unreadable === 0 ? [] : [plural(counts.unreadable, 'error in the input', 'errors in the input')]),
    findingsInWords(counts),
    linksInWords(counts),
    ...(counts.notUnderstood === 0 ? [] : [`${counts.notUnderstood} not understood`]),
    ...(report.suppressed.length === 0 ? [] : [`${report.suppressed.length} suppressed`]),
    ...(counts.fixable === 0 ? [] : [`[*] ${counts.fixable} fixable with --fix`]),
  ];
  const [first] = report.findings;
  const more = first === undefined ? '' : `\n  ${style.faint(`fairlead explain ${first.ruleId} says more about a rule`)}`;
  const line = wrap(parts.join(' · '), style.width, '  ').replace('[*]', () => style.good('[*]'));
  return `${mark} ${line}${more}`;
}
