/** All pairs as a table: a row per group of equal sources, a column per group of equal ports. */
import type { Verdict } from '../../../network/answer.ts';
import { lookup } from '../../../network/lookup.ts';
import type { SourceClass, TargetClass } from '../../../reach/classes.ts';
import type { AllPairs } from '../../matrix.ts';
import { marks, plural, shortReason } from '../../words.ts';
import type { Style } from './style.ts';
import { clean, wrap } from './style.ts';

/** So many members are named; the rest is counted. Only on a terminal: piped, all are named. */
const NAMED = 4;

export function matrixText(all: AllPairs, style: Style, onlySummary: boolean): string {
  if (onlySummary) return `${summary(all, style)}\n`;
  const sections = all.targets.map((target) => targetSection(all, target, style));
  return `${[...sections, ownSection(all, style), summary(all, style)].filter((text) => text !== '').join('\n\n')}\n`;
}

function targetSection(all: AllPairs, target: TargetClass, style: Style): string {
  const name = members(
    target.members.map(({ workload, port, transport }) => `${workload.name}:${port}/${transport}`),
    style,
  );
  const rows = [
    ...Map.groupBy(answers(all, target), ({ verdict }) => `${verdict.kind} ${verdict.symptom} ${shortReason(verdict)}`).values(),
  ];
  const lines = rows.map((group) => {
    const verdict = group[0]?.verdict;
    if (verdict === undefined) return '';
    const from = members(
      group.flatMap(({ source }) => sourceNames(all, source)),
      style,
    );
    const reason = shortReason(verdict);
    return `  ${paint(verdict, style)(marks[verdict.kind])} from ${wrap(clean(from), style.width, '      ')}${reason === '' ? '' : `\n      ${style.faint(wrap(clean(reason), style.width, '      '))}`}`;
  });
  return [style.strong(`to ${clean(name)}`), ...lines].join('\n');
}

function answers(all: AllPairs, target: TargetClass): readonly { readonly source: SourceClass; readonly verdict: Verdict }[] {
  return all.sources.flatMap((source) => {
    const verdict = all.verdict(source, target);
    return verdict === undefined ? [] : [{ source, verdict }];
  });
}

/** What a workload answers to itself is only worth a line when it does not. */
function ownSection(all: AllPairs, style: Style): string {
  const broken = all.own.filter(({ verdict }) => verdict.kind !== 'reachable');
  if (broken.length === 0) return '';
  const lines = broken.map(
    ({ from, to, verdict }) =>
      `  ${paint(verdict, style)(marks[verdict.kind])} ${clean(from)} → localhost:${to.port}/${to.transport}  ${style.faint(clean(shortReason(verdict)))}`,
  );
  return [style.strong('within one network namespace'), ...lines].join('\n');
}

const paint = (verdict: Verdict, style: Style) =>
  ({ reachable: style.good, unreachable: style.error, ambiguous: style.warning, undetermined: style.info })[verdict.kind];

function sourceNames(all: AllPairs, source: SourceClass): readonly string[] {
  const { workload } = lookup(all.model);
  return source.members.map((member) => {
    if (member.kind === 'host') return 'the host';
    if (member.kind === 'remote') return 'another machine';
    return workload.get(member.workloadId)?.name ?? member.workloadId;
  });
}

function members(names: readonly string[], style: Style): string {
  const shown = style.width === undefined ? names : names.slice(0, NAMED);
  return shown.join(', ') + (shown.length < names.length ? `, and ${names.length - shown.length} more` : '');
}

function summary(all: AllPairs, style: Style): string {
  const counts = new Map<string, number>();
  for (const source of all.sources)
    for (const target of all.targets) {
      const kind = all.verdict(source, target)?.kind;
      if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + source.members.length * target.members.length);
    }
  const words = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return `${style.strong(plural(all.pairs, 'pair'))}: ${words}; ${plural(all.sources.length, 'group')} of equal sources, ${plural(all.targets.length, 'group')} of equal ports`;
}
