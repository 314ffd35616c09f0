/** Answers for programs: of `reach --all` and of `diff`. All pairs are written by groups of equal ones, so that nothing is left out. */
import type { Verdict } from '../network/answer.ts';
import type { Link } from '../network/model.ts';
import type { Target } from '../reach/classes.ts';
import { originJson, SCHEMA_VERSION, verdictJson } from './as-json.ts';
import type { Difference } from './diff.ts';
import type { AllPairs } from './matrix.ts';
import { nameOfSource, startTally } from './matrix.ts';

/**
 * `answers` has one entry per pair of groups: it holds for every member of `sources[from]` towards every member of
 * `targets[to]` in another network namespace. Pairs that share a namespace are in `own`, one by one. `blocking` holds the
 * ids of the obstacles; `missing` and `assumptions` are places in the list `facts`. `fairlead reach FROM TO:PORT` gives
 * all steps of one pair.
 */
export function allPairsJson(all: AllPairs) {
  const facts = new Map<string, number>();
  const place = (fact: string): number => {
    const known = facts.get(fact) ?? facts.size;
    facts.set(fact, known);
    return known;
  };
  const tally = startTally(all);
  const answers = all.sources.flatMap((source, from) =>
    all.targets.flatMap((target, to) => {
      const verdict = all.verdict(source, target);
      if (verdict === undefined) return [];
      tally.add(source, target, verdict.kind);
      return [{ from, to, ...shortVerdict(verdict, place) }];
    }),
  );
  return {
    schemaVersion: SCHEMA_VERSION,
    pairs: all.pairs,
    counts: tally.counts,
    sources: all.sources.map((source) => source.members.map(nameOfSource)),
    targets: all.targets.map((target) => target.members.map(targetJson)),
    facts: [...facts.keys()],
    answers,
    own: all.own.map(({ from, to, verdict }) => ({
      from: nameOfSource(from),
      to: targetJson(to),
      kind: verdict.kind,
      symptom: verdict.symptom,
    })),
  };
}

function shortVerdict({ kind, symptom, blocking, missing, assumptions }: Verdict, place: (fact: string) => number) {
  return {
    kind,
    symptom,
    blocking: blocking.map(({ reason }) => reason),
    missing: missing.map(place),
    assumptions: assumptions.map(place),
  };
}

const targetJson = ({ workload, port, transport }: Target) => ({ workload: workload.id, port, transport });

export function differenceJson(difference: Difference) {
  const link = ({ workloadId, setting, raw, origin }: Link) => ({ workload: workloadId, setting, raw, origin: originJson(origin) });
  return {
    schemaVersion: SCHEMA_VERSION,
    links: difference.links.map((change) => ({
      ...link(change.link),
      before: change.before === undefined ? null : verdictJson(change.before),
      after: change.after === undefined ? null : verdictJson(change.after),
    })),
    pairs: difference.pairs.map(({ from, to, before, after }) => ({ from, to, before: verdictJson(before), after: verdictJson(after) })),
    linksOnlyBefore: difference.linksOnlyBefore.map(link),
    linksOnlyAfter: difference.linksOnlyAfter.map(link),
    onlyBefore: difference.onlyBefore,
    onlyAfter: difference.onlyAfter,
  };
}
