/** What the parts of the center share: what is stored, made ready for questions, and how a change is carried out. */
import type { Clock } from '../../core/clock.ts';
import type { Problem } from '../../core/problem.ts';
import type { Log } from '../../observe/log.ts';
import type { Change, Condition } from '../store/store.ts';
import type { Agents, Outcome, Refusal, RefusalCode } from './configurations.ts';
import type { Library } from './library.ts';
import type { ConfigurationsMetrics } from './metrics.ts';
import type { Mirror } from './mirror.ts';
import type { Rules } from './rules.ts';
import type { Validate } from './validation.ts';

export interface Context {
  readonly mirror: Mirror;
  readonly library: Library;
  readonly agents: Agents;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ConfigurationsMetrics;
  readonly validate: Validate;
  /** Made anew when something changed; the same object until then. */
  rules(): Rules;
}

export interface Plan<T> {
  readonly conditions: readonly Condition[];
  readonly changes: readonly Change[];
  /** Asked after the commit, when memory holds the change. */
  readonly done: () => T;
}

export function refusal(code: RefusalCode, message: string, hint: string, problems: readonly Problem[] = []): Refusal {
  return { ok: false, code, message, hint, problems };
}

export const isRefusal = (value: object): value is Refusal => 'ok' in value && value.ok === false;

/** Conflicts in a row after which the caller is told: each means that somebody else got on, so it is not a deadlock. */
const attempts = 10;

/** Decides on what is in memory and commits; when somebody was faster, decides again on what they left. */
export async function carryOut<T>(mirror: Mirror, plan: () => Plan<T> | Refusal): Promise<Outcome<T>> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const planned = plan();
    if (isRefusal(planned)) return planned;
    if (planned.changes.length === 0 || (await mirror.commit(planned.conditions, planned.changes)))
      return { ok: true, value: planned.done() };
  }
  return refusal('conflict', 'others changed the same thing at the same time, again and again', 'try again');
}

export const putChange = (key: string, value: unknown): Change => ({ kind: 'put', key, value: JSON.stringify(value) });

/** Conditions that the keys are as they are in memory. */
export const unchanged = (mirror: Mirror, ...keys: readonly string[]): readonly Condition[] =>
  keys.map((key) => ({ key, modRevision: mirror.revisionOf(key) }));
