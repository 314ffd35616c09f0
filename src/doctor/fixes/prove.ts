/**
 * Fixes are proven before they are offered: the patched texts are read again, the question is asked again, and every
 * other answer is compared. What turns the verdict and harms nothing is offered, with what else it changes.
 */
import { resolve } from 'node:path';
import { applyEdits, type TextEdit } from '../../core/text.ts';
import type { Finding, Fix, Verdict, VerdictKind } from '../../network/answer.ts';
import type { Model } from '../../network/model.ts';
import { createReach, type Reach } from '../../reach/index.ts';
import { type Files, withOverlay } from '../../readers/files.ts';
import type { DraftFinding, FixPlan, Rule } from '../rule.ts';
import { type Draft, ruleContext, runRules } from '../rules/run.ts';
import { type Judged, linkKey, linkShifts, pairShifts, type Shift } from './answers.ts';
import { type Desk, openDesk } from './desk.ts';
import { changedOwners, factsOf } from './facts.ts';
import { compareFindings } from './findings.ts';
import { type Written, writePlan } from './write.ts';

export interface ProofInput {
  readonly drafts: readonly Draft[];
  readonly model: Model;
  readonly reach: Reach;
  readonly files: Files;
  /** Reads all inputs again, through other files. */
  readonly reread: (files: Files) => Model;
  readonly ruleSet: readonly Rule[];
  /** Called before each proof, which costs a reading of everything. May throw to stop. */
  readonly onProof?: (rule: Rule) => void;
}

/** A proof costs a reading of everything: so many are made in one run, fewer in large inputs. The rest is told in words. */
const MAX_PROOFS = 60;
const MIN_PROOFS = 6;
const WORKLOADS_READ = 6000;

const proofsFor = (model: Model): number =>
  Math.max(MIN_PROOFS, Math.min(MAX_PROOFS, Math.floor(WORKLOADS_READ / Math.max(1, model.workloads.length))));

export function proveFixes(input: ProofInput): readonly Finding[] {
  const session = openSession(input);
  return input.drafts.map(({ rule, draft }) => ({
    ruleId: rule.id,
    rule: rule.name,
    severity: draft.severity ?? rule.severity,
    subject: draft.subject,
    message: draft.message,
    evidence: draft.evidence,
    reasons: draft.reasons ?? [],
    ...(draft.symptom === undefined ? {} : { symptom: draft.symptom }),
    ...(draft.verdict === undefined ? {} : { verdict: draft.verdict }),
    fixes: (draft.fixes ?? []).flatMap((plan) => prove(session, { rule, draft }, plan)),
  }));
}

interface Session extends Judged {
  readonly input: ProofInput;
  readonly desk: Desk;
  readonly facts: () => ReadonlyMap<string, string>;
  proofs: number;
}

function openSession(input: ProofInput): Session {
  let facts: ReadonlyMap<string, string> | undefined;
  return {
    input,
    model: input.model,
    reach: input.reach,
    desk: openDesk(input.model, input.files),
    facts: () => {
      facts ??= factsOf(input.model);
      return facts;
    },
    proofs: 0,
  };
}

function prove(session: Session, subject: Draft, plan: FixPlan): readonly Fix[] {
  const inWords: Fix = { title: plan.title, applicability: 'manual', edits: [], commands: [] };
  if (plan.changes.length === 0) return [inWords];
  const written = writePlan(session.desk, plan);
  if (written === undefined || session.proofs >= proofsFor(session.model)) return [inWords];
  if (written.edits.length === 0) return [{ ...inWords, commands: written.commands }];
  session.proofs += 1;
  session.input.onProof?.(subject.rule);
  const judged = judgePatch(session, subject, plan, written);
  if (judged === undefined) return [];
  const { proof, also } = judged;
  const title = proof === undefined && also.length > 0 ? `${plan.title} (then ${also.join('; ')})` : plan.title;
  const fix: Fix = { title, applicability: plan.applicability, edits: written.edits.filter(isWritable), commands: written.commands };
  return [proof === undefined ? fix : { ...fix, proof }];
}

/** Standard input cannot be written to: there the corrected commands are all that is given. */
const isWritable = (edit: TextEdit): boolean => edit.file !== '<stdin>';

interface Verified {
  /** Undefined where no question belongs to the finding (two users of one port): it is gone, and that is all. */
  readonly proof: Fix['proof'];
  readonly also: readonly string[];
}

/** Undefined: the patch does not do what it should, or does harm. */
function judgePatch(session: Session, subject: Draft, plan: FixPlan, written: Written): Verified | undefined {
  const texts = patchedTexts(session.input.files, written.edits);
  if (texts === undefined) return undefined;
  const model = session.input.reread(withOverlay(session.input.files, texts));
  if (isRefused(session.model, model)) return undefined;
  const after: Judged = { model, reach: createReach(model) };
  const changed = changedOwners(session.facts(), factsOf(model));
  if ([...changed].some((owner) => !written.intended.has(owner))) return undefined;
  const turned = plan.turns === undefined ? undefined : turn(session, after, subject.draft, plan.turns);
  if (plan.turns !== undefined && turned === undefined) return undefined;
  const found = compareFindings(session.input.drafts, runRules(ruleContext(model, after.reach), session.input.ruleSet), subject);
  if (found === undefined) return undefined;
  const shifts = [
    ...linkShifts(session, after, subjectLink(session, subject.draft)),
    ...pairShifts(session, after, touchedWorkloads(changed), plan.turns),
  ];
  if (shifts.some((shift: Shift) => shift.worse)) return undefined;
  const also = [...(turned?.open ?? []), ...shifts.map(({ text }) => text), ...found];
  const asked = turned ?? askAgain(after, subject.draft);
  return { proof: asked === undefined ? undefined : { before: asked.before, after: asked.after, alsoChanges: also }, also };
}

/** Absolute path → text. Undefined when a file is gone or the edits no longer fit. */
export function patchedTexts(files: Files, edits: readonly TextEdit[]): ReadonlyMap<string, string> | undefined {
  const texts = new Map<string, string>();
  for (const [path, ofFile] of Map.groupBy(edits, (edit) => resolve(edit.file))) {
    const result = files.read(ofFile[0]?.file ?? path);
    if (!result.ok || ofFile.some((edit) => edit.end > result.source.text.length)) return undefined;
    texts.set(path, applyEdits(result.source.text, ofFile));
  }
  return texts;
}

/** Whether reading the patched texts meets something that docker or Compose would refuse or warn of, and did not before. */
function isRefused(before: Model, after: Model): boolean {
  const remarks = (model: Model): readonly string[] =>
    model.problems.filter(({ severity }) => severity !== 'gap').map(({ code, message }) => `${code} ${message}`);
  const known = new Set(remarks(before));
  return remarks(after).some((remark) => !known.has(remark));
}

interface Turned {
  readonly before: VerdictKind;
  readonly after: VerdictKind;
  /** What still has to be known for the answer to be "reachable". */
  readonly open: readonly string[];
}

/**
 * Reachable is proven. Short of it, the fix holds where nothing that is in the files stands in the way any more: what is
 * left are facts that no file of the input says (who listens, whether the host's firewall is open), and they are named.
 */
function turn(before: Judged, after: Judged, draft: DraftFinding, question: NonNullable<FixPlan['turns']>): Turned | undefined {
  const is = after.reach.ask(question);
  const was = draft.verdict?.kind ?? before.reach.ask(question).kind;
  if (is.kind === 'reachable') return { before: was, after: 'reachable', open: [] };
  if (is.kind === 'unreachable' || blockedByFile(is) || (was === is.kind && draft.verdict === undefined)) return undefined;
  return { before: was, after: is.kind, open: is.missing.map((fact) => `not proven by the files: ${fact}`) };
}

/** Without a question of its own, the finding's is asked again. */
function askAgain(after: Judged, { verdict }: DraftFinding): Omit<Turned, 'open'> | undefined {
  if (verdict === undefined) return undefined;
  const { from } = verdict.question;
  if (from.kind === 'workload' && !after.model.workloads.some(({ id }) => id === from.workloadId)) return undefined;
  return { before: verdict.kind, after: after.reach.ask(verdict.question).kind };
}

/** Reasons for which a world that differs from ours in the environment is to blame, not the text. */
const worldly = new Set(['host-firewall-drop', 'host-firewall-reject', 'rootless-host-loopback', 'host-gateway-missing']);
const untold = new Set(['listener-unknown', 'host-listener-unknown', 'listener-on-other-address', 'external-destination']);

function blockedByFile(verdict: Verdict): boolean {
  const steps = verdict.worlds.flatMap((world) => world.steps);
  return steps.some(
    ({ outcome, reason = '' }) => (outcome === 'block' && !worldly.has(reason)) || (outcome === 'unknown' && !untold.has(reason)),
  );
}

/** The link that the finding is about: its change is the point of the fix and not a side effect. */
function subjectLink(session: Session, draft: DraftFinding): string | undefined {
  const link = session.model.links.find((candidate) => {
    const question = session.reach.questionOf(candidate);
    return question !== undefined && draft.verdict !== undefined && session.reach.ask(question) === draft.verdict;
  });
  return link === undefined ? undefined : linkKey(link);
}

function touchedWorkloads(owners: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...owners].filter((owner) => owner.startsWith('workload ')).map((owner) => owner.slice('workload '.length)));
}
