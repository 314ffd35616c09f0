/**
 * How long an agent may be silent. Two spellings of one idea: `ttl` says it as a time, `failThreshold` as a number of heartbeats in
 * a row that did not come. Both at once: an agent is offline when both say so, because a healthy agent that is evicted costs more
 * than a dead one that is found some seconds later.
 */
import { formatDuration } from '../../core/duration.ts';
import { type Labels, matches, type Selector } from '../../core/labels.ts';
import type { LivenessPolicy } from '../fleet/agent.ts';

export interface PolicySpelling {
  readonly heartbeatIntervalMs?: number;
  readonly ttlMs?: number;
  /** Heartbeats in a row that have to be missing. */
  readonly failThreshold?: number;
  readonly expireAfterMs?: number;
}

/** Agents with these labels are judged so. */
export interface PolicyGroup {
  readonly selector: Selector;
  readonly policy: PolicySpelling;
}

/** OpAMP's default heartbeat; three missed ones; offline for a day is forgotten. */
export const defaultSpelling = {
  heartbeatIntervalMs: 30_000,
  failThreshold: 3,
  expireAfterMs: 86_400_000,
} as const satisfies PolicySpelling;

/**
 * How much later than planned a heartbeat may come without counting as missed: half an interval, 15 s at most. It covers timers of
 * a busy host and the first retransmissions of TCP (1 + 2 + 4 s, RFC 6298 section 5).
 */
export function jitterAllowanceMs(heartbeatIntervalMs: number): number {
  return Math.min(heartbeatIntervalMs / 2, 15_000);
}

/** Silence after which an agent is suspect: one heartbeat was missed. */
export function suspectAfterMs({ heartbeatIntervalMs }: LivenessPolicy): number {
  return heartbeatIntervalMs + jitterAllowanceMs(heartbeatIntervalMs);
}

/** What is left out comes from `defaultSpelling`. Never shorter than one missed heartbeat: `policyProblem` says so beforehand. */
export function livenessPolicy(spelling: PolicySpelling): LivenessPolicy {
  const { heartbeatIntervalMs = defaultSpelling.heartbeatIntervalMs, ttlMs, expireAfterMs = defaultSpelling.expireAfterMs } = spelling;
  const failThreshold = spelling.failThreshold ?? (ttlMs === undefined ? defaultSpelling.failThreshold : 1);
  const missed = Math.max(1, failThreshold) * heartbeatIntervalMs + jitterAllowanceMs(heartbeatIntervalMs);
  return { heartbeatIntervalMs, ttlMs: Math.max(ttlMs ?? 0, missed), expireAfterMs };
}

/** Why a person should not want this policy; undefined when it is sound. */
export function policyProblem(spelling: PolicySpelling): string | undefined {
  const { heartbeatIntervalMs = defaultSpelling.heartbeatIntervalMs, ttlMs, failThreshold, expireAfterMs } = spelling;
  if (!(heartbeatIntervalMs >= 100)) return `a heartbeat every ${formatDuration(heartbeatIntervalMs)} is more often than every 100ms`;
  if (failThreshold !== undefined && !(Number.isSafeInteger(failThreshold) && failThreshold >= 1))
    return `fail threshold ${failThreshold} is not a number of heartbeats: 1 or more`;
  const least = heartbeatIntervalMs + jitterAllowanceMs(heartbeatIntervalMs);
  if (ttlMs !== undefined && ttlMs < least)
    return `ttl ${formatDuration(ttlMs)} leaves no room for one late heartbeat: with one every ${formatDuration(heartbeatIntervalMs)} it has to be ${formatDuration(least)} or more`;
  const policy = livenessPolicy(spelling);
  if (expireAfterMs !== undefined && expireAfterMs < policy.ttlMs)
    return `expiry after ${formatDuration(expireAfterMs)} is before the agent is offline (${formatDuration(policy.ttlMs)})`;
  return undefined;
}

/** How many heartbeats in a row have to be missing under this policy: the other spelling of its `ttl`. */
export function failThresholdOf({ heartbeatIntervalMs, ttlMs }: LivenessPolicy): number {
  return Math.max(1, Math.floor((ttlMs - jitterAllowanceMs(heartbeatIntervalMs)) / heartbeatIntervalMs));
}

/**
 * The policy of one agent: the default, then every group whose selector matches in their order, then the agent's own, setting by
 * setting, later over earlier. Who says `ttl` or `failThreshold` replaces both of what was said before; who says neither but another
 * interval keeps the number of heartbeats, not the time.
 */
export function policyFor(
  labels: Labels,
  groups: readonly PolicyGroup[],
  own: PolicySpelling = {},
  base: PolicySpelling = {},
): LivenessPolicy {
  const layers = [base, ...groups.filter(({ selector }) => matches(selector, labels)).map(({ policy }) => policy), own];
  return livenessPolicy(layers.reduce(over));
}

function over(below: PolicySpelling, above: PolicySpelling): PolicySpelling {
  const { ttlMs: _ttl, failThreshold: _threshold, ...rest } = below;
  const silence = above.ttlMs === undefined && above.failThreshold === undefined ? below : above;
  return {
    ...rest,
    ...(above.heartbeatIntervalMs === undefined ? {} : { heartbeatIntervalMs: above.heartbeatIntervalMs }),
    ...(above.expireAfterMs === undefined ? {} : { expireAfterMs: above.expireAfterMs }),
    ...(silence.ttlMs === undefined ? {} : { ttlMs: silence.ttlMs }),
    ...(silence.failThreshold === undefined ? {} : { failThreshold: silence.failThreshold }),
  };
}
