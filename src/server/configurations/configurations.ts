/** The configuration center, as the rest of the server sees it. */
import type { Labels } from '../../core/labels.ts';
import type { Problem } from '../../core/problem.ts';
import type { ConfigStatus, LivenessState } from '../fleet/agent.ts';

/** What the center must know of an agent to decide for it and to gate a rollout on it. */
export interface AgentFacts {
  readonly uid: string;
  readonly name: string;
  readonly labels: Labels;
  /** Capability bit AcceptsRemoteConfig. */
  readonly acceptsConfig: boolean;
  readonly liveness: LivenessState;
  readonly healthy: boolean;
  readonly config: ConfigStatus;
}

export interface Agents {
  get(uid: string): AgentFacts | undefined;
  all(): Iterable<AgentFacts>;
}

/** One version of a named configuration; never changes. */
export interface ConfigVersion {
  readonly name: string;
  readonly version: number;
  /** Hex SHA-256 over the files (names, content types, bodies): the `config_hash` on the wire. */
  readonly hash: string;
  readonly files: readonly ConfigFile[];
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly note: string;
}

/** What an agent shall run now. The same object for all agents that get the same version, so that it is encoded once. */
export interface Desired {
  readonly config: ConfigVersion;
  /** Why this one: `assignment "prod" (priority 10), rollout 3 stage 25 %`. */
  readonly because: string;
}

export interface Configurations extends AsyncDisposable {
  /** Undefined: nothing is assigned, and the agent keeps what it has. No I/O; cheap enough to ask at every message. */
  desired(agent: AgentFacts): Desired | undefined;
  /**
   * Something about an agent is new: configuration status, health, liveness, labels, or that it is gone (`Agents.get` gives nothing
   * then, and it is forgotten). May move a rollout, roll back or quarantine; costs the same however many agents there are.
   */
  observed(uid: string): void;
  /** `desired` may differ now for these agents; undefined: for any. */
  onChange(listener: (uids: readonly string[] | undefined) => void): () => void;
}

// What operators do with the center: the API and the command line call these, and nothing else of this folder.

export interface ConfigFile {
  /** The key in OpAMP's AgentConfigMap; the empty text where an agent expects one nameless file. */
  readonly name: string;
  readonly contentType: string;
  readonly body: string;
}

/** Stable words for what was refused, for programs; the sentence for people stands beside it. */
export const refusalCodes = [
  'not-found',
  'invalid',
  'conflict',
  'in-use',
  'quarantined',
  'rollout-active',
  'rollout-ended',
  'nothing-to-do',
  'too-many',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** An expected no: nothing was changed. */
export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** One sentence without a full stop: what is wrong, with the value. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
  /** With file:line:column, where the content of files is what was refused. */
  readonly problems: readonly Problem[];
}

/** A rejection, on the other hand, is a store that failed (FAIRLEAD_STORE_*). */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refusal;

export interface ConfigSummary {
  readonly name: string;
  /** What validates it: `fairlead-agent`, or another word such as `otel-collector`. Fixed by the first version. */
  readonly kind: string;
  readonly latest: number;
  /** What assignments to `latest` mean: the newest version that was not held back. */
  readonly released: number;
  /** Id of the rollout that is under way. */
  readonly rollout?: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface VersionSummary {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly files: readonly { readonly name: string; readonly contentType: string; readonly bytes: number }[];
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly note: string;
  readonly released: boolean;
  readonly quarantined: boolean;
}

export interface PutRequest {
  readonly name: string;
  readonly files: readonly ConfigFile[];
  /** Of the first version; later ones may leave it out, and may not change it. Default `fairlead-agent`. */
  readonly kind?: string;
  readonly note?: string;
  /** Latest version that the author has seen; 0: there is none. Undefined: whatever is there. */
  readonly expected?: number;
  /** False: stored and held back, so that a rollout can bring it out. Default true; while a rollout runs, always held back. */
  readonly release?: boolean;
}

export interface PutDone {
  readonly version: VersionSummary;
  /** False: the latest version has the same content, and no new one was made. */
  readonly created: boolean;
}

export interface Assignment {
  readonly name: string;
  /** A selector of labels (core/labels.ts); the empty text selects every agent. */
  readonly selector: string;
  readonly priority: number;
  readonly configuration: string;
  readonly version: number | 'latest';
}

export interface StoredAssignment extends Assignment {
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface VersionRef {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
}

export interface Explanation {
  readonly uid: string;
  readonly name: string;
  /** All that match, the one that wins first. */
  readonly matches: readonly {
    readonly assignment: StoredAssignment;
    readonly requirements: number;
    readonly wins: boolean;
    readonly why: string;
  }[];
  readonly desired?: VersionRef;
  /** One sentence: why this version, or why none. */
  readonly because: string;
  readonly rollout?: { readonly id: string; readonly stage: number; readonly member: boolean };
  /** What the agent reports. */
  readonly reported: ConfigStatus;
  /** Versions that this agent alone must not get, because it failed with them. */
  readonly quarantined: readonly QuarantineEntry[];
}

export interface QuarantineEntry {
  readonly hash: string;
  /** Undefined: no agent gets it. */
  readonly uid?: string;
  readonly configuration: string;
  readonly version: number;
  readonly reason: string;
  readonly rollout?: string;
  readonly sinceMs: number;
}

export type Stage =
  | { readonly kind: 'canary'; readonly selector: string }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'all' };

export interface GateLimits {
  /** So long has every agent of the stage to be healthy with the new version, without a break. */
  readonly minHealthyMs: number;
  /** More agents than these that refuse the version, or do not apply it in time: roll back. */
  readonly maxFailed: number;
  /** More agents than these that are ill with it, or fell silent over it: roll back. */
  readonly maxUnhealthy: number;
  /** So long has an agent to apply the version, and so long may it be ill before it counts. */
  readonly applyTimeoutMs: number;
}

export interface RolloutPlan {
  readonly configuration: string;
  /** Undefined: the released version. */
  readonly fromVersion?: number;
  readonly toVersion: number;
  /** The last one must be `all`. */
  readonly stages: readonly Stage[];
  readonly gate: GateLimits;
}

export const rolloutStates = ['running', 'paused', 'completed', 'rolled-back', 'aborted'] as const;
export type RolloutState = (typeof rolloutStates)[number];

/** Agents that have the new version as their desired one, by where they stand. */
export interface RolloutCounts {
  readonly pending: number;
  /** Applied and healthy, but not yet for long enough. */
  readonly soaking: number;
  readonly passed: number;
  /** Applied and ill, but not yet for long enough to count. */
  readonly ill: number;
  readonly unhealthy: number;
  readonly failed: number;
  /** Fell silent after they were to get it: count as unhealthy. */
  readonly lost: number;
  /** Were silent already, or said goodbye: neither block nor count. */
  readonly offline: number;
}

export interface RolloutView extends Required<RolloutPlan> {
  readonly id: string;
  readonly state: RolloutState;
  /** Index of the stage that runs, or ran last. */
  readonly stage: number;
  readonly startedAtMs: number;
  readonly startedBy: string;
  readonly stageStartedAtMs: number;
  readonly endedAtMs?: number;
  /** Why it ended as it did, or what it waits for. */
  readonly reason: string;
  /** Undefined when it has ended. */
  readonly counts?: RolloutCounts;
  readonly history: readonly { readonly atMs: number; readonly actor: string; readonly what: string }[];
}

/** A change that is only thought. */
export type DryRunChange =
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'release'; readonly name: string; readonly version: number }
  | { readonly kind: 'assign'; readonly assignment: Assignment }
  | { readonly kind: 'unassign'; readonly name: string }
  | { readonly kind: 'rollout'; readonly plan: RolloutPlan };

export interface DryRunAgent {
  readonly uid: string;
  readonly name: string;
  readonly from?: VersionRef;
  readonly to?: VersionRef;
  readonly because: string;
  /** Gets it when it is back. */
  readonly offline: boolean;
  /** Of a rollout: index of the stage in which it gets the version. */
  readonly stage?: number;
}

export interface DryRun {
  /** Only agents for which something changes. */
  readonly agents: readonly DryRunAgent[];
  readonly unchanged: number;
  /** One for each pair of versions among `agents`. */
  readonly diffs: readonly { readonly from?: VersionRef; readonly to?: VersionRef; readonly text: string }[];
}

export interface ConfigurationCenter extends Configurations {
  /** Validated, stored, and released unless held back. Refused: invalid, conflict, quarantined. */
  put(request: PutRequest, actor: string): Promise<Outcome<PutDone>>;
  get(name: string, version: number | 'latest' | 'released'): Promise<ConfigVersion | undefined>;
  list(): readonly ConfigSummary[];
  summary(name: string): ConfigSummary | undefined;
  /** The newest first. */
  versions(name: string): readonly VersionSummary[];
  /** A unified diff of all files; the empty text when they are equal. */
  diff(name: string, from: number, to: number): Promise<Outcome<string>>;
  /** Makes another version, older ones too, the one that `latest` means, for all at once. */
  release(name: string, version: number, actor: string): Promise<Outcome<ConfigSummary>>;
  delete(name: string, actor: string): Promise<Outcome<undefined>>;
  assign(assignment: Assignment, actor: string): Promise<Outcome<StoredAssignment>>;
  unassign(name: string, actor: string): Promise<Outcome<undefined>>;
  /** In order of precedence. */
  assignments(): readonly StoredAssignment[];
  explain(uid: string): Explanation | undefined;
  /** Stores nothing. */
  dryRun(change: DryRunChange): Promise<Outcome<DryRun>>;
  startRollout(plan: RolloutPlan, actor: string): Promise<Outcome<RolloutView>>;
  rollout(id: string): RolloutView | undefined;
  /** The newest first. */
  rollouts(): readonly RolloutView[];
  /** No further stage by itself; the roll-back stays armed. */
  pause(id: string, actor: string): Promise<Outcome<RolloutView>>;
  resume(id: string, actor: string): Promise<Outcome<RolloutView>>;
  /** All go back to the version before; the new one is not quarantined. */
  abort(id: string, actor: string, reason?: string): Promise<Outcome<RolloutView>>;
  /** The next stage now, whatever the gate says; from the last one: done. */
  promote(id: string, actor: string): Promise<Outcome<RolloutView>>;
  quarantine(): readonly QuarantineEntry[];
  /** With `uid` for that agent alone, without for the fleet. */
  clearQuarantine(hash: string, uid: string | undefined, actor: string): Promise<Outcome<undefined>>;
}
