import type { World as AnswerWorld, Question, Symptom, Verdict, VerdictKind, WitnessFlow } from '../network/answer.ts';
import type { Trace } from './trace.ts';
import type { Explored, World } from './worlds.ts';

/** Folds the worlds of one question into its verdict. */
export function fold(question: Question, explored: readonly Explored<Trace>[], witness: (trace: Trace) => WitnessFlow): Verdict {
  const kind = decide(explored.map(({ result }) => result.reachable));
  const decisive = (
    explored.find(({ result }) => result.reachable === false) ??
    explored.find(({ result }) => result.reachable === undefined) ??
    explored[0]
  )?.result;
  if (decisive === undefined) throw new RangeError('a question has at least one world');
  const servers = new Set(explored.map(({ result }) => result.answeredBy));
  const [answeredBy] = servers.size === 1 ? servers : [];
  const keys = deciding(explored);
  const blocking = decisive.steps.filter((step) => step.outcome === 'block');
  const undecided = decisive.steps.filter((step) => step.outcome === 'unknown');
  return {
    kind,
    question,
    steps: decisive.steps,
    symptom: decisive.symptom,
    witness: witness(decisive),
    blocking,
    missing: kind === 'ambiguous' || kind === 'undetermined' ? missingFacts(explored, keys) : [],
    assumptions: [...new Set(explored.flatMap(({ world, result }) => [...result.assumptions, ...world.assumptions]))],
    worlds: representatives(explored, keys),
    origins: [
      ...new Set((blocking.length > 0 ? blocking : undecided.length > 0 ? undecided : decisive.steps).flatMap((step) => step.origins)),
    ],
    ...(answeredBy === undefined ? {} : { answeredBy }),
  };
}

/** One answer everywhere is the verdict; worlds that disagree are ambiguous; where a fact decides that no world holds, undetermined. */
function decide(outcomes: readonly (boolean | undefined)[]): VerdictKind {
  const some = (outcome: boolean | undefined): boolean => outcomes.includes(outcome);
  if (some(true) && some(false)) return 'ambiguous';
  if (some(undefined)) return 'undetermined';
  return some(true) ? 'reachable' : 'unreachable';
}

function signature({ result }: Explored<Trace>): string {
  return `${result.reachable} ${result.symptom} ${result.steps.flatMap((step) => (step.outcome === 'pass' ? [] : [step.reason])).join(',')}`;
}

/** One world per different outcome, the first of each. */
function representatives(explored: readonly Explored<Trace>[], keys: ReadonlySet<string>): readonly AnswerWorld[] {
  const groups = Map.groupBy(explored, signature);
  return [...groups.values()].flatMap(([first]) => (first === undefined ? [] : [answerWorld(first, keys)]));
}

function answerWorld({ world, result }: Explored<Trace>, keys: ReadonlySet<string>): AnswerWorld {
  const symptom: Symptom = result.symptom;
  return {
    choices: world.choices.filter((choice) => keys.has(choice.key)).map(({ key, value }) => ({ key, value })),
    reachable: result.reachable === true,
    symptom,
    steps: result.steps,
  };
}

function missingFacts(explored: readonly Explored<Trace>[], keys: ReadonlySet<string>): readonly string[] {
  const chosen = explored.flatMap(({ world }) => world.choices.filter((choice) => keys.has(choice.key)).map((choice) => choice.missing));
  return [...new Set([...chosen, ...explored.flatMap(({ result }) => result.missing)])];
}

/** The unknown facts on which the outcome really depends: choosing otherwise, all else before it equal, changes it. */
function deciding(explored: readonly Explored<Trace>[]): ReadonlySet<string> {
  const keys = new Set<string>();
  if (explored.length === 1) return keys;
  const branches = new Map<string, Map<string, Set<string>>>();
  for (const entry of explored) {
    for (const [position, choice] of entry.world.choices.entries()) {
      const prefix = `${prefixOf(entry.world, position)}|${choice.key}`;
      const byValue = branches.get(prefix) ?? new Map<string, Set<string>>();
      byValue.set(choice.value, (byValue.get(choice.value) ?? new Set()).add(signature(entry)));
      branches.set(prefix, byValue);
    }
  }
  for (const [prefix, byValue] of branches) {
    const outcomes = new Set([...byValue.values()].map((signatures) => [...signatures].sort().join(';')));
    if (outcomes.size > 1) keys.add(prefix.slice(prefix.lastIndexOf('|') + 1));
  }
  return keys;
}

function prefixOf(world: World, position: number): string {
  return world.choices
    .slice(0, position)
    .map(({ key, value }) => `${key}=${value}`)
    .join('|');
}
