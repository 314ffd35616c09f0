/** Which agents a stage of a rollout takes. Pure: the same agents on every server and after every restart. */
import { hash } from 'node:crypto';
import { type Labels, matches, parseSelector, type Selector } from '../../core/labels.ts';
import type { Stage } from './configurations.ts';
import type { RolloutRecord } from './records.ts';

/** A number in [0, 1) that follows from agent and rollout alone, so that every rollout has other canaries. 48 bits of a SHA-256. */
export function rankOf(rolloutId: string, uid: string): number {
  return Number.parseInt(hash('sha256', `${rolloutId}/${uid}`).slice(0, 12), 16) / 2 ** 48;
}

/**
 * The threshold of a stage: agents whose rank is below it are in. It is fixed when the stage begins, from the agents that are
 * there: exactly so many are in, at least one where there is one, and a larger share contains the smaller one. An agent
 * that comes later is in when its rank is below, and pushes nobody out.
 */
export function thresholdOf(stage: Stage, ranks: readonly number[]): number {
  if (stage.kind === 'canary') return 0;
  if (stage.kind === 'all') return 1;
  const wanted = stage.kind === 'count' ? stage.count : Math.max(1, Math.ceil((ranks.length * stage.percent) / 100));
  if (stage.kind === 'percent' && stage.percent >= 100) return 1;
  const ordered = ranks.toSorted((a, b) => a - b);
  const last = ordered[Math.min(wanted, ordered.length) - 1];
  if (last === undefined) return stage.kind === 'percent' ? stage.percent / 100 : 0;
  // Just above the last one that is in; ranks are multiples of 2^-48, so nothing else fits between.
  return last + 2 ** -49;
}

const parsed = new Map<string, Selector>();

/** Of stored texts, which were checked before they were stored. */
export function selectorOf(text: string): Selector {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = parseSelector(text);
  // A selector that a newer version wrote and this one does not understand must select nobody, not everybody.
  const selector: Selector = result.ok ? result.selector : [{ key: 'fairlead.invalid', operator: 'in', values: [] }];
  if (parsed.size > 5_000) parsed.clear();
  parsed.set(text, selector);
  return selector;
}

/** Index of the first stage that takes the agent, among those that have begun; undefined: none yet. */
export function stageOf(
  rollout: Pick<RolloutRecord, 'id' | 'stages' | 'stage' | 'thresholds'>,
  uid: string,
  labels: Labels,
): number | undefined {
  const rank = rankOf(rollout.id, uid);
  const taken = rollout.stages
    .slice(0, rollout.stage + 1)
    .findIndex((stage, index) =>
      stage.kind === 'canary' ? matches(selectorOf(stage.selector), labels) : rank < (rollout.thresholds[index] ?? 0),
    );
  return taken === -1 ? undefined : taken;
}

/** `canary role=edge`, `first 5`, `25 %`, `all`. */
export function stageText(stage: Stage | undefined): string {
  switch (stage?.kind) {
    case 'canary':
      return `canary ${stage.selector}`;
    case 'count':
      return `first ${stage.count}`;
    case 'percent':
      return `${stage.percent} %`;
    case 'all':
    case undefined:
      return 'all';
    default:
      return stage satisfies never;
  }
}
