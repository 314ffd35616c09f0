/** Rollouts as operators see and steer them. */

import type { Conductor } from './conductor.ts';
import type { Outcome, Refusal, RolloutPlan, RolloutView } from './configurations.ts';
import { type Context, carryOut, isRefusal, type Plan, putChange, refusal, unchanged } from './context.ts';
import { keys, type RolloutRecord } from './records.ts';
import { end, forward, planStart, said } from './rollout-plan.ts';
import { isActive } from './rules.ts';
import { stageText } from './select.ts';
import { prefetch } from './versions.ts';

export async function start(context: Context, conductor: Conductor, plan: RolloutPlan, actor: string): Promise<Outcome<RolloutView>> {
  const { mirror, agents, clock, log } = context;
  await prefetch(context, plan.configuration, plan.toVersion);
  const outcome = await carryOut(mirror, (): Plan<RolloutRecord> | Refusal => {
    const planned = planStart(context.rules(), plan, agents, actor, clock.now());
    if (isRefusal(planned)) return planned;
    const { rollout, head } = planned;
    const [key, headKey] = [keys.rollout(rollout.id), keys.head(head.name)];
    return {
      conditions: unchanged(mirror, key, headKey),
      changes: [putChange(key, rollout), putChange(headKey, head)],
      done: () => rollout,
    };
  });
  if (!outcome.ok) return outcome;
  const { id, configuration, fromVersion: from, toVersion: to, stages } = outcome.value;
  log.event('configurations.rollout-started', { actor, rollout: id, configuration, from, to, stage: stageText(stages[0]) });
  return { ok: true, value: view(conductor, outcome.value) };
}

export function view(conductor: Conductor, record: RolloutRecord): RolloutView {
  const { id, configuration, fromVersion, toVersion, stages, gate, state, stage } = record;
  const { startedAtMs, startedBy, stageStartedAtMs, endedAtMs, history } = record;
  const counts = isActive(record) ? conductor.counts(id) : undefined;
  return {
    ...{ id, configuration, fromVersion, toVersion, stages, gate, state, stage, startedAtMs, startedBy, stageStartedAtMs, history },
    reason: conductor.waitsFor(record),
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(counts === undefined ? {} : { counts }),
  };
}

export type Steering = 'pause' | 'resume' | 'abort' | 'promote';

export async function steer(
  context: Context,
  conductor: Conductor,
  id: string,
  what: Steering,
  actor: string,
  reason = '',
): Promise<Outcome<RolloutView>> {
  const { mirror, clock } = context;
  const outcome = await conductor.step(id, (rollout) => {
    const now = clock.now();
    const still = (next: RolloutRecord) => ({ rollout: next, assignments: [], quarantine: false });
    switch (what) {
      case 'pause':
        if (rollout.state === 'paused') return nothing(id, 'is paused already');
        return still(said({ ...rollout, state: 'paused' }, actor, now, 'paused'));
      case 'resume':
        if (rollout.state === 'running') return nothing(id, 'is running already');
        return still(said({ ...rollout, state: 'running' }, actor, now, 'resumed'));
      case 'abort':
        return end(mirror.stored, rollout, 'aborted', actor, now, reason === '' ? `aborted by ${actor}` : reason);
      case 'promote':
        return forward(mirror.stored, rollout, conductor.ranks(rollout), actor, now);
      default:
        return what satisfies never;
    }
  });
  return outcome.ok ? { ok: true, value: view(conductor, outcome.value) } : outcome;
}

const nothing = (id: string, what: string): Refusal => refusal('nothing-to-do', `rollout ${id} ${what}`, 'nothing was changed');
