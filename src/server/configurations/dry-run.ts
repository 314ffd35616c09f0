/** What a change would do, asked of a state that does not exist: who gets what, with the differences. Stores nothing. */

import type { AgentBook } from './agent-book.ts';
import { noAssignment, planAssign } from './assigning.ts';
import type { AgentFacts, ConfigFile, DryRun, DryRunAgent, DryRunChange, Outcome, Refusal, VersionRef } from './configurations.ts';
import { contentHash, inOrder } from './content.ts';
import { type Context, isRefusal } from './context.ts';
import { diffFiles } from './diff.ts';
import type { RolloutRecord, VersionRecord } from './records.ts';
import { planStart } from './rollout-plan.ts';
import { type Resolution, refOf, resolve, rulesOf, type Stored } from './rules.ts';
import { stageOf, thresholdOf } from './select.ts';
import { checkPut, defaultKind, planPut, planRelease } from './versions.ts';

/** The state after the change; and of a rollout, the stage in which an agent gets the version. */
interface Imagined {
  readonly stored: Stored;
  readonly stageFor?: (agent: AgentFacts) => number | undefined;
  /** Bodies of a version that is nowhere yet. */
  readonly files?: readonly ConfigFile[];
}

export async function dryRun(context: Context, book: AgentBook, change: DryRunChange): Promise<Outcome<DryRun>> {
  const imagined = imagine(context, change);
  if (isRefusal(imagined)) return imagined;
  const [before, after] = [context.rules(), rulesOf(imagined.stored)];
  const agents: DryRunAgent[] = [];
  const pairs = new Map<string, { readonly from: VersionRecord | undefined; readonly to: VersionRecord | undefined }>();
  let unchanged = 0;
  for (const agent of context.agents.all()) {
    const own = book.get(agent.uid);
    const [was, will] = [resolve(before, agent, own), resolve(after, agent, own)];
    if (was.desired?.hash === will.desired?.hash) {
      unchanged += 1;
      continue;
    }
    agents.push(changeOf(agent, was, will, imagined.stageFor?.(agent)));
    pairs.set(`${was.desired?.hash} ${will.desired?.hash}`, { from: was.desired, to: will.desired });
  }
  const filesOf = async (version: VersionRecord | undefined): Promise<readonly ConfigFile[]> => {
    if (version === undefined) return [];
    // The files of the request are in no store.
    if (imagined.files !== undefined && version.files.length === 0) return imagined.files;
    const { library } = context;
    return (await library.load(version))?.files ?? [];
  };
  const diffs: DryRun['diffs'][number][] = [];
  for (const { from, to } of pairs.values()) {
    const text = diffFiles(await filesOf(from), await filesOf(to), label(from), label(to));
    diffs.push({ ...(from === undefined ? {} : { from: refOf(from) }), ...(to === undefined ? {} : { to: refOf(to) }), text });
  }
  return { ok: true, value: { agents, unchanged, diffs } };
}

const label = (version: VersionRecord | undefined): string => (version === undefined ? 'none' : `${version.name}@${version.version}`);

function changeOf(agent: AgentFacts, was: Resolution, will: Resolution, stage: number | undefined): DryRunAgent {
  const ref = (one: VersionRecord | undefined): VersionRef | undefined => one && refOf(one);
  const [from, to] = [ref(was.desired), ref(will.desired)];
  return {
    uid: agent.uid,
    name: agent.name,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    because: will.because,
    offline: agent.liveness !== 'online' && agent.liveness !== 'suspect',
    ...(stage === undefined ? {} : { stage }),
  };
}

function imagine(context: Context, change: DryRunChange): Imagined | Refusal {
  const { stored } = context.mirror;
  const now = context.clock.now();
  const actor = 'dry-run';
  switch (change.kind) {
    case 'put': {
      const { request } = change;
      const wrong = checkPut(context, request, stored.heads.get(request.name)?.kind ?? request.kind ?? defaultKind);
      if (wrong !== undefined) return wrong;
      const files = inOrder(request.files);
      const planned = planPut(stored, request, contentHash(files), actor, now);
      if (isRefusal(planned)) return planned;
      if (!planned.created) return { stored };
      const { head, version } = planned;
      const versions = new Map(stored.versions).set(head.name, new Map(stored.versions.get(head.name)).set(version.version, version));
      return { stored: { ...stored, versions, heads: new Map(stored.heads).set(head.name, head) }, files };
    }
    case 'release': {
      const head = planRelease(stored, change.name, change.version, actor, now);
      return isRefusal(head) ? head : { stored: { ...stored, heads: new Map(stored.heads).set(head.name, head) } };
    }
    case 'assign': {
      const record = planAssign(stored, change.assignment, actor, now);
      return isRefusal(record) ? record : { stored: { ...stored, assignments: new Map(stored.assignments).set(record.name, record) } };
    }
    case 'unassign': {
      const assignments = new Map(stored.assignments);
      return assignments.delete(change.name) ? { stored: { ...stored, assignments } } : noAssignment(change.name);
    }
    case 'rollout': {
      const planned = planStart(context.rules(), change.plan, context.agents, actor, now);
      if (isRefusal(planned)) return planned;
      // As it is in its last stage; in which one an agent comes in is told beside it.
      const { rollout, head, population } = planned;
      const last: RolloutRecord = {
        ...rollout,
        stage: rollout.stages.length - 1,
        thresholds: rollout.stages.map((stage) => thresholdOf(stage, population.ranks)),
      };
      return {
        stored: { ...stored, heads: new Map(stored.heads).set(head.name, head), rollouts: new Map(stored.rollouts).set(last.id, last) },
        stageFor: (agent) => stageOf(last, agent.uid, agent.labels),
      };
    }
    default:
      return change satisfies never;
  }
}
