/** Rollouts as the API shows and takes them. */
import * as z from 'zod';
import { duration } from '../../../config/fields.ts';
import { formatDuration } from '../../../core/duration.ts';
import type { RolloutPlan, RolloutView } from '../../configurations/configurations.ts';
import { rolloutStates } from '../../configurations/configurations.ts';
import { isoTime, time } from './shapes.ts';

const stage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('canary'), selector: z.string().max(4_096) }).describe('agents with these labels'),
  z.strictObject({ kind: z.literal('count'), count: z.int().min(1) }).describe('so many agents'),
  z.strictObject({ kind: z.literal('percent'), percent: z.number().gt(0).max(100) }).describe('this share of the agents'),
  z.strictObject({ kind: z.literal('all') }).describe('all that are left'),
]);

/** Long enough for what fails soon to fail, short enough that nobody turns it off. */
const gateBody = z.strictObject({
  minHealthy: duration().prefault('1m').describe('so long every agent of a stage has to be healthy with the version, without a break'),
  applyTimeout: duration().prefault('5m').describe('so long an agent may take to apply it, and so long it may be ill before it counts'),
  maxFailed: z.int().min(0).default(0).describe('more agents than these that refuse it or do not apply it in time: roll back'),
  maxUnhealthy: z.int().min(0).default(0).describe('more agents than these that are ill with it or fall silent: roll back'),
});

export const planBody = z.strictObject({
  configuration: z.string(),
  from: z.int().min(1).optional().describe('the released version when left out'),
  to: z.int().min(1).describe('the version to bring out'),
  stages: z.array(stage).min(1).max(20).describe('the last one is `all`'),
  gate: gateBody.prefault({}),
});

export function planOf({ configuration, from, to, stages, gate }: z.output<typeof planBody>): RolloutPlan {
  const { minHealthy, applyTimeout, maxFailed, maxUnhealthy } = gate;
  return {
    configuration,
    ...(from === undefined ? {} : { fromVersion: from }),
    toVersion: to,
    stages,
    gate: { minHealthyMs: minHealthy, applyTimeoutMs: applyTimeout, maxFailed, maxUnhealthy },
  };
}

export const rollout = z
  .object({
    id: z.string(),
    configuration: z.string(),
    from: z.int(),
    to: z.int(),
    stages: z.array(stage),
    gate: z.object({ minHealthy: z.string(), applyTimeout: z.string(), maxFailed: z.int(), maxUnhealthy: z.int() }),
    state: z.enum(rolloutStates),
    stage: z.int().describe('index of the stage that runs, or ran last'),
    started: time,
    startedBy: z.string(),
    stageStarted: time,
    ended: time.optional(),
    reason: z.string().describe('why it ended as it did, or what it waits for'),
    counts: z
      .object({
        pending: z.int(),
        soaking: z.int().describe('healthy with it, but not yet for long enough'),
        passed: z.int(),
        ill: z.int().describe('ill with it, but not yet for long enough to count'),
        unhealthy: z.int(),
        failed: z.int(),
        lost: z.int().describe('fell silent over it'),
        offline: z.int().describe('were silent already: neither block nor count'),
      })
      .optional()
      .describe('agents that have the new version as their desired one; absent when it has ended'),
    history: z.array(z.object({ at: time, actor: z.string(), what: z.string() })),
  })
  .meta({ id: 'Rollout' });

export function rolloutView(view: RolloutView): z.input<typeof rollout> {
  const { id, configuration, fromVersion, toVersion, stages, gate, state, stage: at, reason, counts, endedAtMs } = view;
  return {
    id,
    configuration,
    from: fromVersion,
    to: toVersion,
    stages: [...stages],
    gate: {
      minHealthy: formatDuration(gate.minHealthyMs),
      applyTimeout: formatDuration(gate.applyTimeoutMs),
      maxFailed: gate.maxFailed,
      maxUnhealthy: gate.maxUnhealthy,
    },
    state,
    stage: at,
    started: isoTime(view.startedAtMs),
    startedBy: view.startedBy,
    stageStarted: isoTime(view.stageStartedAtMs),
    ...(endedAtMs === undefined ? {} : { ended: isoTime(endedAtMs) }),
    reason,
    ...(counts === undefined ? {} : { counts: { ...counts } }),
    history: view.history.map(({ atMs, ...rest }) => ({ at: isoTime(atMs), ...rest })),
  };
}
