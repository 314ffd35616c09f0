/**
 * Which version an agent shall run: pure, from what is stored and what the agent is. The same function answers for the fleet,
 * for `explain` and for a dry run on a state that does not exist.
 */
import { formatSelector, type Labels, matches, type Selector } from '../../core/labels.ts';
import type { VersionRef } from './configurations.ts';
import type { AgentRecord, AssignmentRecord, HeadRecord, QuarantineRecord, RolloutRecord, VersionRecord } from './records.ts';
import { selectorOf, stageOf, stageText } from './select.ts';

/** What is stored, by name, id or hash. */
export interface Stored {
  readonly heads: ReadonlyMap<string, HeadRecord>;
  readonly versions: ReadonlyMap<string, ReadonlyMap<number, VersionRecord>>;
  readonly assignments: ReadonlyMap<string, AssignmentRecord>;
  readonly rollouts: ReadonlyMap<string, RolloutRecord>;
  readonly quarantine: ReadonlyMap<string, QuarantineRecord>;
}

export interface Ranked {
  readonly assignment: AssignmentRecord;
  readonly selector: Selector;
}

/** What is stored, made ready for many questions. */
export interface Rules extends Stored {
  /** In order of precedence: the first that matches wins. */
  readonly ranked: readonly Ranked[];
  /** Rollouts under way, by configuration: at most one each. */
  readonly active: ReadonlyMap<string, RolloutRecord>;
}

export const isActive = (rollout: RolloutRecord | undefined): rollout is RolloutRecord & { readonly state: 'running' | 'paused' } =>
  rollout?.state === 'running' || rollout?.state === 'paused';

export function rulesOf(stored: Stored): Rules {
  const ranked = [...stored.assignments.values()]
    .map((assignment) => ({ assignment, selector: selectorOf(assignment.selector) }))
    .sort(precedence);
  const active = new Map([...stored.rollouts.values()].filter(isActive).map((rollout) => [rollout.configuration, rollout]));
  return { ...stored, ranked, active };
}

/** Highest priority, then most requirements, then name. */
export function precedence(a: Ranked, b: Ranked): number {
  const first = b.assignment.priority - a.assignment.priority || b.selector.length - a.selector.length;
  return first || (a.assignment.name < b.assignment.name ? -1 : 1);
}

export interface Subject {
  readonly uid: string;
  readonly labels: Labels;
  readonly acceptsConfig: boolean;
}

export interface Resolution {
  readonly assignment?: AssignmentRecord;
  /** What the assignment means without any rollout. */
  readonly base?: VersionRecord;
  /** The rollout that is about this agent, whether it is in a stage yet or not. */
  readonly rollout?: RolloutRecord;
  /** Index of the stage that took it. */
  readonly stage?: number;
  readonly desired?: VersionRecord;
  readonly because: string;
}

export function resolve(rules: Rules, agent: Subject, own: AgentRecord | undefined): Resolution {
  if (!agent.acceptsConfig) return { because: 'the agent does not accept remote configurations' };
  const winner = rules.ranked.find(({ selector }) => matches(selector, agent.labels))?.assignment;
  if (winner === undefined) return { because: 'no assignment matches its labels' };
  const named = `assignment "${winner.name}" (priority ${winner.priority})`;
  const base = baseOf(rules, winner);
  if (base === undefined) return { assignment: winner, because: `${named}: there is no ${winner.configuration} ${winner.version}` };
  const rollout = rules.active.get(winner.configuration);
  const concerned = rollout?.fromVersion === base.version ? rollout : undefined;
  const stage = concerned === undefined ? undefined : stageOf(concerned, agent.uid, agent.labels);
  const common = {
    assignment: winner,
    base,
    ...(concerned === undefined ? {} : { rollout: concerned }),
    ...(stage === undefined ? {} : { stage }),
  };
  const target =
    concerned === undefined || stage === undefined ? undefined : versionOf(rules, concerned.configuration, concerned.toVersion);
  if (target !== undefined && concerned !== undefined && allowed(rules, own, target.hash))
    return { ...common, desired: target, because: `${named}, rollout ${concerned.id} stage ${stageText(concerned.stages[stage ?? 0])}` };
  const desired = allowed(rules, own, base.hash) ? base : fallback(rules, base, own);
  return { ...common, ...(desired === undefined ? {} : { desired }), because: `${named}${detour(target, base, desired)}` };
}

export function baseOf(rules: Stored, { configuration, version }: AssignmentRecord): VersionRecord | undefined {
  const head = rules.heads.get(configuration);
  return head === undefined ? undefined : versionOf(rules, configuration, version === 'latest' ? head.released : version);
}

export function versionOf(stored: Stored, name: string, version: number): VersionRecord | undefined {
  return stored.versions.get(name)?.get(version);
}

export function allowed(rules: Stored, own: AgentRecord | undefined, hash: string): boolean {
  return !rules.quarantine.has(hash) && !(own?.bad.some((bad) => bad.hash === hash) ?? false);
}

/** What the agent gets instead of a version in quarantine: the last one that it was well with, else the newest older one. */
function fallback(rules: Stored, base: VersionRecord, own: AgentRecord | undefined): VersionRecord | undefined {
  const versions = rules.versions.get(base.name);
  const good = own?.good
    .filter((ref) => ref.name === base.name && allowed(rules, own, ref.hash))
    .map((ref) => versions?.get(ref.version))
    // A configuration that was deleted and made again has other content under the same number.
    .find((version) => version !== undefined && own.good.some((ref) => ref.hash === version.hash && ref.version === version.version));
  if (good !== undefined) return good;
  for (let number = base.version - 1; number > 0; number--) {
    const version = versions?.get(number);
    if (version !== undefined && allowed(rules, own, version.hash)) return version;
  }
  return undefined;
}

function detour(target: VersionRecord | undefined, base: VersionRecord, desired: VersionRecord | undefined): string {
  const inQuarantine = (version: VersionRecord) => `version ${version.version} is in quarantine`;
  const ofRollout = target === undefined ? '' : `; ${inQuarantine(target)}`;
  if (desired === base) return ofRollout;
  return `${ofRollout}; ${inQuarantine(base)}, ${desired === undefined ? 'and no other one is left: it keeps what it has' : `back to version ${desired.version}`}`;
}

/** Sentences for people: why each assignment that matches wins or does not. */
export function explainMatches(rules: Rules, labels: Labels) {
  const matching = rules.ranked.filter(({ selector }) => matches(selector, labels));
  const [first, second] = matching;
  return matching.map((ranked) => ({
    assignment: ranked.assignment,
    requirements: ranked.selector.length,
    wins: ranked === first,
    why:
      first === undefined
        ? ''
        : ranked === first
          ? whyFirst(first, second)
          : `loses to "${first.assignment.name}": ${whyFirst(first, ranked)}`,
  }));
}

function whyFirst(first: Ranked, other: Ranked | undefined): string {
  if (other === undefined) return `the only one that matches${first.selector.length === 0 ? '' : ` (${formatSelector(first.selector)})`}`;
  const [a, b] = [first.assignment, other.assignment];
  if (a.priority !== b.priority) return `priority ${a.priority} is higher than ${b.priority}`;
  if (first.selector.length !== other.selector.length)
    return `equal priority, and ${first.selector.length} requirements are more than ${other.selector.length}`;
  return `equal priority and as many requirements, and "${a.name}" comes before "${b.name}"`;
}

export const refOf = ({ name, version, hash }: VersionRecord): VersionRef => ({ name, version, hash });
