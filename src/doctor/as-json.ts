/** Origins, verdicts and problems as they appear in all JSON that we print. */
import type { Origin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import type { Step, Verdict } from '../network/answer.ts';

/** Goes up when a field changes its meaning or goes; new fields do not count. */
export const SCHEMA_VERSION = 1;

export function originJson(origin: Origin) {
  if (origin.kind !== 'file') return origin;
  const { line, column, endLine, endColumn } = origin.span;
  return { kind: origin.kind, file: origin.file, line, column, endLine, endColumn, via: origin.via };
}

export function verdictJson(verdict: Verdict) {
  return {
    kind: verdict.kind,
    symptom: verdict.symptom,
    question: verdict.question,
    witness: verdict.witness,
    steps: verdict.steps.map(stepJson),
    blocking: verdict.blocking.map(stepJson),
    missing: verdict.missing,
    assumptions: verdict.assumptions,
    worlds: verdict.worlds.map((world) => ({ choices: world.choices, reachable: world.reachable, symptom: world.symptom })),
    origins: verdict.origins.map(originJson),
    answeredBy: verdict.answeredBy ?? null,
  };
}

function stepJson(step: Step) {
  return {
    stage: step.stage,
    outcome: step.outcome,
    text: step.text,
    reason: step.reason ?? null,
    symptom: step.symptom ?? null,
    origins: step.origins.map(originJson),
  };
}

export function problemJson(problem: Problem) {
  const { severity, code, message, hint, origin } = problem;
  return { severity, code, message, hint, origin: originJson(origin) };
}
