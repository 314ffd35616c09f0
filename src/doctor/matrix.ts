/** All pairs: every source × every port that somebody offers, by classes of equal ones. */
import type { Source, Verdict, VerdictKind } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Model } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import type { Matrix, SourceClass, Target, TargetClass } from '../reach/classes.ts';
import { allPairs, pairQuestion } from '../reach/classes.ts';
import { answer } from '../reach/index.ts';

export interface AllPairs {
  readonly model: Model;
  readonly sources: readonly SourceClass[];
  readonly targets: readonly TargetClass[];
  readonly pairs: number;
  /** What is asked about a pair of members of the two classes that do not share a namespace; undefined when all of them do. */
  readonly verdict: (source: SourceClass, target: TargetClass) => Verdict | undefined;
  /** One pair, by itself: the words of the answer name these two. */
  readonly ask: (source: Source, target: Target) => Verdict;
  /** Who shares a namespace with a target, itself included: localhost joins them, so the class's answer is not theirs. */
  readonly own: readonly OwnAnswer[];
}

interface OwnAnswer {
  readonly from: Source;
  readonly to: Target;
  readonly verdict: Verdict;
}

export function askAll(model: Model): AllPairs {
  const matrix = allPairs(model, (question) => answer(model, question));
  return {
    model,
    sources: matrix.sources,
    targets: matrix.targets,
    pairs: matrix.pairs,
    verdict: (source, target) => matrix.cell(source, target),
    ask: (source, target) => answer(model, pairQuestion(model, source, target)),
    own: ownAnswers(model, matrix),
  };
}

function ownAnswers(model: Model, matrix: Matrix): readonly OwnAnswer[] {
  const { members } = lookup(model);
  return matrix.targets.flatMap((target) =>
    target.members.flatMap((to) => {
      const { namespaceId } = to.workload;
      const inside = (members.get(namespaceId) ?? []).map(({ id }): Source => ({ kind: 'workload', workloadId: id }));
      const sources: readonly Source[] = namespaceId === HOST_NAMESPACE ? [...inside, { kind: 'host' }] : inside;
      return sources.map((from) => ({ from, to, verdict: answer(model, pairQuestion(model, from, to)) }));
    }),
  );
}

/** The members of a source class that the class's answer towards this target class is about. */
export function membersAsking(all: AllPairs, source: SourceClass, target: TargetClass): readonly Source[] {
  return source.members.filter((from) => target.members.some((to) => !sharesNamespace(all.model, from, to)));
}

function sharesNamespace(model: Model, from: Source, to: Target): boolean {
  const own =
    from.kind === 'workload' ? lookup(model).workload.get(from.workloadId)?.namespaceId : from.kind === 'host' ? HOST_NAMESPACE : '';
  return own === to.workload.namespaceId;
}

/** Counts pairs while cells are looked at, so that no cell has to be asked twice or kept. */
export interface Tally {
  add(source: SourceClass, target: TargetClass, kind: VerdictKind): void;
  /** How many pairs have which verdict; after all cells were added, they are all pairs. */
  readonly counts: Readonly<Record<VerdictKind, number>>;
}

export function startTally(all: AllPairs): Tally {
  const counts = { reachable: 0, unreachable: 0, ambiguous: 0, undetermined: 0 };
  for (const { verdict } of all.own) counts[verdict.kind] += 1;
  const own = ownPerCell(all);
  return {
    counts,
    add: (source, target, kind) => {
      counts[kind] += source.members.length * target.members.length - (own.get(source)?.get(target) ?? 0);
    },
  };
}

/** How many pairs have which verdict. */
export function countPairs(all: AllPairs): Tally['counts'] {
  const tally = startTally(all);
  for (const source of all.sources)
    for (const target of all.targets) {
      const kind = all.verdict(source, target)?.kind;
      if (kind !== undefined) tally.add(source, target, kind);
    }
  return tally.counts;
}

/** Pairs of each cell that share a namespace. */
function ownPerCell(all: AllPairs): ReadonlyMap<SourceClass, ReadonlyMap<TargetClass, number>> {
  const classOf = new Map(all.sources.flatMap((source) => source.members.map((member) => [nameOfSource(member), source] as const)));
  const columnOf = new Map(all.targets.flatMap((target) => target.members.map((member) => [member, target] as const)));
  const cells = new Map<SourceClass, Map<TargetClass, number>>();
  for (const { from, to } of all.own) {
    const source = classOf.get(nameOfSource(from));
    const target = columnOf.get(to);
    if (source === undefined || target === undefined) continue;
    const row = cells.get(source) ?? new Map<TargetClass, number>();
    cells.set(source, row.set(target, (row.get(target) ?? 0) + 1));
  }
  return cells;
}

/** `host`, `remote`, or the workload's id. */
export function nameOfSource(source: Source): string {
  return source.kind === 'workload' ? source.workloadId : source.kind;
}
