/**
 * What the center keeps in the store, and under which keys. A page of docs/configurations.md describes them.
 *
 * `configurations/state/…` is small, held in memory and watched; `configurations/bodies/<sha-256>/<piece>` holds the texts of
 * files, each kept once whoever uses it, in pieces because a value of the store is at most 1 MiB.
 */
import * as z from 'zod';

export const statePrefix = 'configurations/state/';
export const bodiesPrefix = 'configurations/bodies/';

export const keys = {
  head: (name: string) => `${statePrefix}heads/${name}`,
  version: (name: string, version: number) => `${statePrefix}versions/${name}/${String(version).padStart(8, '0')}`,
  assignment: (name: string) => `${statePrefix}assignments/${name}`,
  rollout: (id: string) => `${statePrefix}rollouts/${id.padStart(8, '0')}`,
  quarantine: (hash: string) => `${statePrefix}quarantine/${hash}`,
  agent: (uid: string) => `${statePrefix}agents/${uid}`,
  piece: (sha: string, piece: number) => `${bodiesPrefix}${sha}/${String(piece).padStart(4, '0')}`,
};

const head = z.object({
  name: z.string(),
  kind: z.string(),
  latest: z.int(),
  released: z.int(),
  rollout: z.string().optional(),
  updatedAtMs: z.number(),
  updatedBy: z.string(),
});

const version = z.object({
  name: z.string(),
  version: z.int(),
  hash: z.string(),
  files: z.array(z.object({ name: z.string(), contentType: z.string(), bytes: z.int(), sha: z.string(), pieces: z.int() })),
  createdAtMs: z.number(),
  createdBy: z.string(),
  note: z.string(),
});

const assignment = z.object({
  name: z.string(),
  selector: z.string(),
  priority: z.int(),
  configuration: z.string(),
  version: z.union([z.int(), z.literal('latest')]),
  updatedAtMs: z.number(),
  updatedBy: z.string(),
});

const stage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('canary'), selector: z.string() }),
  z.object({ kind: z.literal('count'), count: z.int() }),
  z.object({ kind: z.literal('percent'), percent: z.number() }),
  z.object({ kind: z.literal('all') }),
]);

const rollout = z.object({
  id: z.string(),
  configuration: z.string(),
  fromVersion: z.int(),
  toVersion: z.int(),
  fromHash: z.string(),
  toHash: z.string(),
  stages: z.array(stage),
  gate: z.object({ minHealthyMs: z.number(), maxFailed: z.int(), maxUnhealthy: z.int(), applyTimeoutMs: z.number() }),
  state: z.enum(['running', 'paused', 'completed', 'rolled-back', 'aborted']),
  stage: z.int(),
  /** Of every stage that has begun: agents whose rank is below it are in (select.ts). 0 for a canary by labels. */
  thresholds: z.array(z.number()),
  startedAtMs: z.number(),
  startedBy: z.string(),
  stageStartedAtMs: z.number(),
  endedAtMs: z.number().optional(),
  reason: z.string(),
  history: z.array(z.object({ atMs: z.number(), actor: z.string(), what: z.string() })),
});

const quarantine = z.object({
  hash: z.string(),
  configuration: z.string(),
  version: z.int(),
  reason: z.string(),
  rollout: z.string().optional(),
  sinceMs: z.number(),
});

const ref = z.object({ name: z.string(), version: z.int(), hash: z.string() });

const agent = z.object({
  uid: z.string(),
  /** Versions that it ran and was healthy with, the newest first: where it goes back to. */
  good: z.array(ref),
  /** Versions that it failed with, the newest last. */
  bad: z.array(z.object({ ...ref.shape, reason: z.string(), sinceMs: z.number() })),
});

export const schemas = { heads: head, versions: version, assignments: assignment, rollouts: rollout, quarantine, agents: agent };

export type HeadRecord = z.infer<typeof head>;
export type VersionRecord = z.infer<typeof version>;
export type AssignmentRecord = z.infer<typeof assignment>;
export type RolloutRecord = z.infer<typeof rollout>;
export type QuarantineRecord = z.infer<typeof quarantine>;
export type AgentRecord = z.infer<typeof agent>;

/** As many as an agent plausibly goes through before somebody looks at it; the oldest is dropped. */
export const maxBad = 100;
export const maxGood = 3;
/** All assignments are looked at for an agent whose labels changed, and a finished rollout may rewrite those of its configuration. */
export const maxAssignments = 1_000;
export const maxPinned = 100;
export const maxVersions = 99_999_999;
