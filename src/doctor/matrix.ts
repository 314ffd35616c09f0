/** All pairs: every source × every port that somebody offers, by classes of equal ones. */
import type { Source, Verdict } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Model } from '../network/model.ts';
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
  /** Workloads that share a namespace with a target, itself included: localhost joins them, so the class's answer is not theirs. */
  readonly own: readonly OwnAnswer[];
}

interface OwnAnswer {
  readonly from: string;
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
    target.members.flatMap((to) =>
      (members.get(to.workload.namespaceId) ?? []).map(({ id }) => {
        const from: Source = { kind: 'workload', workloadId: id };
        return { from: id, to, verdict: answer(model, pairQuestion(model, from, to)) };
      }),
    ),
  );
}

/** `host`, `remote`, or the workload's id. */
export function nameOfSource(source: Source): string {
  return source.kind === 'workload' ? source.workloadId : source.kind;
}
