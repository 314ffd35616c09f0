/** All pairs as a table: a row per group of equal sources, a column per group of equal ports. */
import type { Source, Verdict } from '../../../network/answer.ts';
import { verdicts } from '../../../network/answer.ts';
import { lookup } from '../../../network/lookup.ts';
import type { TargetClass } from '../../../reach/classes.ts';
import type { AllPairs, Tally } from '../../matrix.ts';
import { countPairs, membersAsking, startTally } from '../../matrix.ts';
import { marks, plural, shortReason } from '../../words.ts';
import type { Style } from './style.ts';
import { clean, wrap } from './style.ts';

/** So many members are named; the rest is counted. Only on a terminal: piped, all are named. */
const NAMED = 4;

export function matrixText(all: AllPairs, style: Style, onlySummary: boolean): string {
  if (onlySummary) return `${summary(all, countPairs(all), style)}\n`;
  const tally = startTally(all);
  const sections = all.targets.map((target) => targetSection(all, target, tally, style));
  return `${[...sections, ownSection(all, style), summary(all, tally.counts, style)].filter((text) => text !== '').join('\n\n')}\n`;
}

function targetSection(all: AllPairs, target: TargetClass, tally: Tally, style: Style): string {
  const name = members(
    target.members.map(({ workload, port, transport }) => `${workload.name}:${port}/${transport}`),
    style,
  );
  const rows = [
    ...Map.groupBy(answers(all, target, tally), ({ verdict }) => `${verdict.kind} ${verdict.symptom} ${shortReason(verdict)}`).values(),
  ];
  const lines = rows.map((group) => {
    const verdict = group[0]?.verdict;
    if (verdict === undefined) return '';
    const from = members(
      group.flatMap(({ sources }) => sources.map((source) => sourceName(all, source))),
      style,
    );
    const reason = shortReason(verdict);
    return `  ${paint(verdict, style)(marks[verdict.kind])} from ${wrap(clean(from), style.width, '      ')}${reason === '' ? '' : `\n      ${style.faint(wrap(clean(reason), style.width, '      '))}`}`;
  });
  return [style.strong(`to ${clean(name)}`), ...lines].join('\n');
}

interface Answer {
  readonly sources: readonly Source[];
  readonly verdict: Verdict;
}

function answers(all: AllPairs, target: TargetClass, tally: Tally): readonly Answer[] {
  return all.sources.flatMap((source) => {
    const verdict = all.verdict(source, target);
    if (verdict === undefined) return [];
    tally.add(source, target, verdict.kind);
    return [{ sources: membersAsking(all, source, target), verdict }];
  });
}

/** What a workload answers to itself is only worth a line when it does not. */
function ownSection(all: AllPairs, style: Style): string {
  const broken = all.own.filter(({ verdict }) => verdict.kind !== 'reachable');
  if (broken.length === 0) return '';
  const lines = broken.map(
    ({ from, to, verdict }) =>
      `  ${paint(verdict, style)(marks[verdict.kind])} ${clean(sourceName(all, from))} → localhost:${to.port}/${to.transport}  ${style.faint(clean(shortReason(verdict)))}`,
  );
  return [style.strong('within one network namespace'), ...lines].join('\n');
}

const paint = (verdict: Verdict, style: Style) =>
  ({ reachable: style.good, unreachable: style.error, ambiguous: style.warning, undetermined: style.info })[verdict.kind];

function sourceName(all: AllPairs, source: Source): string {
  if (source.kind === 'host') return 'the host';
  if (source.kind === 'remote') return 'another machine';
  return lookup(all.model).workload.get(source.workloadId)?.name ?? source.workloadId;
}

function members(names: readonly string[], style: Style): string {
  const shown = style.width === undefined ? names : names.slice(0, NAMED);
  return shown.join(', ') + (shown.length < names.length ? `, and ${names.length - shown.length} more` : '');
}

function summary(all: AllPairs, counts: Tally['counts'], style: Style): string {
  const words = verdicts.flatMap((kind) => (counts[kind] === 0 ? [] : [`${counts[kind]} ${kind}`])).join(', ');
  return `${style.strong(plural(all.pairs, 'pair'))}: ${words}; ${plural(all.sources.length, 'group')} of equal sources, ${plural(all.targets.length, 'group')} of equal ports`;
}
