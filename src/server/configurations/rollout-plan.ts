/** A rollout as a record: how it begins, goes on and ends. Pure: every step is the next record from the one before. */
import { matches, parseSelector } from '../../core/labels.ts';
import { badSelector } from './assigning.ts';
import type { AgentFacts, Agents, GateLimits, Refusal, RolloutPlan, Stage } from './configurations.ts';
import { isRefusal, refusal } from './context.ts';
import { type AssignmentRecord, type HeadRecord, maxPinned, type RolloutRecord, type VersionRecord } from './records.ts';
import { type Resolution, type Rules, resolve, type Stored, versionOf } from './rules.ts';
import { rankOf, stageText, thresholdOf } from './select.ts';
import { noConfiguration, noVersion, rolloutRuns } from './versions.ts';

const maxStages = 20;
const maxHistory = 100;
const weekMs = 7 * 86_400_000;

/** Agents that the rollout is about: those that an assignment gives the version it starts from. */
export interface Population {
  readonly agents: readonly AgentFacts[];
  readonly ranks: readonly number[];
}

export function populationOf(
  id: string,
  configuration: string,
  fromVersion: number,
  agents: Agents,
  resolutionOf: (agent: AgentFacts) => Resolution,
): Population {
  const concerned = [...agents.all()].filter((agent) => {
    const { base } = resolutionOf(agent);
    return base?.name === configuration && base.version === fromVersion;
  });
  return { agents: concerned, ranks: concerned.map(({ uid }) => rankOf(id, uid)) };
}

/** The numbers of rollouts count on; a finished one is never forgotten, so the largest is the last. */
export const nextId = (stored: Stored): string => String(Math.max(0, ...[...stored.rollouts.keys()].map(Number)) + 1);

export interface PlannedStart {
  readonly rollout: RolloutRecord;
  readonly head: HeadRecord;
  readonly population: Population;
}

export function planStart(rules: Rules, plan: RolloutPlan, agents: Agents, actor: string, nowMs: number): PlannedStart | Refusal {
  const found = checkVersions(rules, plan);
  if (isRefusal(found)) return found;
  const { head, from, to } = found;
  const wrong = checkStages(plan.stages) ?? checkGate(plan.gate) ?? checkPinned(rules, head, from);
  if (wrong !== undefined) return wrong;
  const id = nextId(rules);
  const population = populationOf(id, head.name, from.version, agents, (agent) => resolve(rules, agent, undefined));
  if (population.agents.length === 0)
    return refusal(
      'nothing-to-do',
      `no agent is assigned version ${from.version} of ${head.name}`,
      `assign it first, or release version ${to.version} at once: fairlead config release ${head.name} ${to.version}`,
    );
  const empty = plan.stages.find((stage) => stage.kind === 'canary' && !population.agents.some((agent) => selects(stage.selector, agent)));
  if (empty?.kind === 'canary')
    return refusal(
      'invalid',
      `no agent with ${head.name} ${from.version} matches the canary "${empty.selector}"`,
      'name labels that some of them have',
    );
  const [first] = plan.stages;
  return {
    population,
    head: { ...head, rollout: id },
    rollout: {
      id,
      configuration: head.name,
      fromVersion: from.version,
      toVersion: to.version,
      fromHash: from.hash,
      toHash: to.hash,
      stages: [...plan.stages],
      gate: plan.gate,
      state: 'running',
      stage: 0,
      thresholds: first === undefined ? [] : [thresholdOf(first, population.ranks)],
      startedAtMs: nowMs,
      startedBy: actor,
      stageStartedAtMs: nowMs,
      reason: '',
      history: [{ atMs: nowMs, actor, what: `started with ${stageText(first)}` }],
    },
  };
}

const selects = (text: string, agent: AgentFacts): boolean => {
  const parsed = parseSelector(text);
  return parsed.ok && matches(parsed.selector, agent.labels);
};

function checkVersions(rules: Rules, { configuration, fromVersion, toVersion }: RolloutPlan) {
  const head = rules.heads.get(configuration);
  if (head === undefined) return noConfiguration(configuration);
  const active = rules.active.get(configuration);
  if (active !== undefined) return rolloutRuns(active.id, configuration);
  const [from, to] = [fromVersion ?? head.released, toVersion].map((version) =>
    version > head.latest ? undefined : versionOf(rules, configuration, version),
  );
  if (from === undefined) return noVersion(configuration, fromVersion ?? head.released);
  if (to === undefined) return noVersion(configuration, toVersion);
  if (from.hash === to.hash)
    return refusal(
      'nothing-to-do',
      `versions ${from.version} and ${to.version} of ${configuration} have the same content`,
      'put what shall change first',
    );
  const bad = rules.quarantine.get(to.hash);
  if (bad !== undefined)
    return refusal('quarantined', `version ${to.version} is in quarantine: ${bad.reason}`, 'clear the quarantine first');
  return { head, from, to };
}

function checkStages(stages: readonly Stage[]): Refusal | undefined {
  const invalid = (message: string, hint: string) => refusal('invalid', message, hint);
  if (stages.length === 0 || stages.length > maxStages) return invalid(`${stages.length} stages`, `name 1 to ${maxStages} stages`);
  let percent = 0;
  for (const [at, stage] of stages.entries()) {
    const place = `stage ${at + 1}`;
    if ((stage.kind === 'all') !== (at === stages.length - 1))
      return invalid(`${place} is "${stageText(stage)}"`, 'the last stage is "all", and only the last');
    if (stage.kind === 'count' && !(Number.isSafeInteger(stage.count) && stage.count > 0))
      return invalid(`${place}: ${stage.count} is no number of agents`, 'write a whole number from 1 on');
    if (stage.kind === 'canary') {
      const parsed = parseSelector(stage.selector);
      if (!parsed.ok) return badSelector(stage.selector, parsed.problem, parsed.offset);
      if (parsed.selector.length === 0) return invalid(`${place}: the canary selects every agent`, 'name labels of a few agents');
    }
    if (stage.kind !== 'percent') continue;
    if (!(stage.percent > percent && stage.percent <= 100))
      return invalid(`${place}: ${stage.percent} % after ${percent} %`, 'write shares that grow, up to 100');
    percent = stage.percent;
  }
  return undefined;
}

function checkGate({ minHealthyMs, maxFailed, maxUnhealthy, applyTimeoutMs }: GateLimits): Refusal | undefined {
  const within = (value: number, least: number, most: number) => Number.isSafeInteger(value) && value >= least && value <= most;
  if (!within(minHealthyMs, 0, weekMs)) return refusal('invalid', `minHealthy of ${minHealthyMs} ms`, 'write a duration up to 7d');
  if (!within(applyTimeoutMs, 1_000, weekMs))
    return refusal('invalid', `applyTimeout of ${applyTimeoutMs} ms`, 'write a duration from 1s to 7d');
  const many = [maxFailed, maxUnhealthy].find((value) => !within(value, 0, 1_000_000));
  return many === undefined ? undefined : refusal('invalid', `${many} is no number of agents`, 'write a whole number from 0 on');
}

function checkPinned(stored: Stored, head: HeadRecord, from: VersionRecord): Refusal | undefined {
  const pinned = pinnedTo(stored, head.name, from.version);
  if (pinned.length <= maxPinned) return undefined;
  return refusal('too-many', `${pinned.length} assignments name version ${from.version} of ${head.name}`, 'let them say "latest"');
}

export function pinnedTo(stored: Stored, configuration: string, version: number): readonly AssignmentRecord[] {
  return [...stored.assignments.values()].filter((one) => one.configuration === configuration && one.version === version);
}

/** What one step writes: all of it or nothing. */
export interface Step {
  readonly rollout: RolloutRecord;
  readonly head?: HeadRecord;
  /** Assignments that named the old version, and name the new one from now on. */
  readonly assignments: readonly AssignmentRecord[];
  /** The new version's hash goes into quarantine. */
  readonly quarantine: boolean;
}

/** The next stage, or the end when this was the last. */
export function forward(stored: Stored, rollout: RolloutRecord, ranks: readonly number[], actor: string, nowMs: number): Step {
  const next = rollout.stages[rollout.stage + 1];
  if (next === undefined) return complete(stored, rollout, actor, nowMs);
  const record = said({ ...rollout, stage: rollout.stage + 1, stageStartedAtMs: nowMs }, actor, nowMs, `went on to ${stageText(next)}`);
  // Never lower than before: an agent that has the new version does not lose it because others left.
  const threshold = Math.max(thresholdOf(next, ranks), ...rollout.thresholds, 0);
  return {
    rollout: { ...record, thresholds: [...rollout.thresholds, next.kind === 'canary' ? 0 : threshold] },
    assignments: [],
    quarantine: false,
  };
}

function complete(stored: Stored, rollout: RolloutRecord, actor: string, nowMs: number): Step {
  const { fromVersion, toVersion } = rollout;
  const ended = end(stored, rollout, 'completed', actor, nowMs, 'all agents of the last stage are healthy with it');
  const released = ended.head?.released === fromVersion ? toVersion : ended.head?.released;
  const pinned = pinnedTo(stored, rollout.configuration, fromVersion);
  const assignments = pinned.map((one) => ({ ...one, version: toVersion, updatedAtMs: nowMs, updatedBy: actor }));
  const head =
    ended.head === undefined || released === undefined ? {} : { head: { ...ended.head, released, updatedAtMs: nowMs, updatedBy: actor } };
  return { ...ended, ...head, assignments };
}

const noHead: HeadRecord = { name: '', kind: '', latest: 0, released: 0, updatedAtMs: 0, updatedBy: '' };

export function end(
  stored: Stored,
  rollout: RolloutRecord,
  state: 'completed' | 'rolled-back' | 'aborted',
  actor: string,
  nowMs: number,
  reason: string,
): Step {
  const record = said({ ...rollout, state, reason: reason.slice(0, 2_000), endedAtMs: nowMs }, actor, nowMs, state);
  const { rollout: _ended, ...head } = stored.heads.get(rollout.configuration) ?? noHead;
  // The head is there: it cannot be deleted while a rollout runs. Where it is not (a damaged store), the rollout ends all the same.
  const known = head.name === '' ? {} : { head };
  return { rollout: record, ...known, assignments: [], quarantine: state === 'rolled-back' };
}

export function said(rollout: RolloutRecord, actor: string, atMs: number, what: string): RolloutRecord {
  return { ...rollout, history: [...rollout.history, { atMs, actor, what: what.slice(0, 500) }].slice(-maxHistory) };
}
