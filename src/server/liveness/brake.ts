/**
 * The mass-failure brake. When many agents fall silent at once, the network or this server is the likelier culprit than all of them:
 * evicting them would empty discovery and bring a storm when they return. So evictions are held.
 *
 * Eureka does this below 85 % of the expected renewals and may stay so for ever, because those who really died are expected for ever;
 * Kubernetes slows evictions down from 55 % of unhealthy nodes on. Here both: held first, and after a stated time let through slowly,
 * so that a real mass failure is told in the end.
 */
import { formatDuration } from '../../core/duration.ts';

export interface BrakeOptions {
  /** Of the agents that count, so many may be silent. Eureka's 85 % seen from the other side. */
  readonly share: number;
  /** Fewer silent agents than this are never a mass: one of three is a dead agent. */
  readonly minSilent: number;
  /** Held for this long at most. */
  readonly holdMs: number;
  /** After that, this part of the fleet is let go per second, and at least one agent. */
  readonly releasedShare: number;
  /** Agents that went offline this recently count as silent. */
  readonly windowMs: number;
}

export const defaultBrake: BrakeOptions = { share: 0.15, minSilent: 5, holdMs: 600_000, releasedShare: 0.001, windowMs: 60_000 };

/** How many agents there are for the brake to weigh. */
export interface Weights {
  /** Late by a heartbeat or more and not yet offline. */
  readonly silent: number;
  /** Online or suspect. */
  readonly alive: number;
}

export interface Brake {
  /** Once per tick, before any `admit`. True: the brake was just released, and who is silent should get a whole `ttl` again. */
  update(weights: Weights, seenMs: number): boolean;
  /** May one more agent be declared offline? Engages the brake when that would be too many. */
  admit(weights: Weights, seenMs: number, nowMs: number): boolean;
  readonly engaged: boolean;
  state(): { readonly sinceMs: number; readonly sentence: string } | undefined;
}

interface Engaged {
  /** Monotonic, and in observed time. */
  readonly sinceMs: number;
  readonly sinceSeenMs: number;
  seenMs: number;
  weights: Weights;
  /** Evictions that the slow release allows by now. */
  tokens: number;
}

export function createBrake(options: BrakeOptions = defaultBrake): Brake {
  const { share, minSilent, holdMs, releasedShare, windowMs } = options;
  let engaged: Engaged | undefined;
  const recent = slidingCount(windowMs);

  /** Those who have just gone count on both sides: a wave that is spread out is a wave all the same. */
  function silentShare({ silent, alive }: Weights, seenMs: number): number {
    const gone = recent.at(seenMs);
    return alive + gone === 0 ? 0 : (silent + gone) / (alive + gone);
  }

  return {
    update(weights, seenMs) {
      if (engaged === undefined) return false;
      const { silent, alive } = weights;
      // Half of what engages it: a share that wavers around the limit must not switch it on and off.
      if (silent === 0 || silent / Math.max(1, alive) < share / 2) {
        engaged = undefined;
        recent.clear();
        return true;
      }
      if (seenMs - engaged.sinceSeenMs >= holdMs) {
        const perSecond = Math.max(1, alive * releasedShare);
        engaged.tokens = Math.min(perSecond * 10, engaged.tokens + ((seenMs - engaged.seenMs) / 1_000) * perSecond);
      }
      engaged.seenMs = seenMs;
      engaged.weights = weights;
      return false;
    },
    admit(weights, seenMs, nowMs) {
      if (engaged !== undefined) {
        if (engaged.tokens < 1) return false;
        engaged.tokens -= 1;
        return true;
      }
      if (weights.silent >= minSilent && silentShare(weights, seenMs) > share) {
        engaged = { sinceMs: nowMs, sinceSeenMs: seenMs, seenMs, weights, tokens: 0 };
        return false;
      }
      recent.add(seenMs);
      return true;
    },
    get engaged() {
      return engaged !== undefined;
    },
    state() {
      return engaged === undefined ? undefined : { sinceMs: engaged.sinceMs, sentence: sentenceOf(engaged, options) };
    },
  };
}

function sentenceOf({ weights, seenMs, sinceSeenMs }: Engaged, { share, holdMs }: BrakeOptions): string {
  const percent = Math.round((weights.silent / Math.max(1, weights.alive)) * 100);
  const who = `${weights.silent} of ${weights.alive} agents (${percent} %) are silent at once, more than ${Math.round(share * 100)} %`;
  const leftMs = sinceSeenMs + holdMs - seenMs;
  if (leftMs <= 0) return `${who}, and have been for over ${formatDuration(holdMs)}: they are declared offline little by little`;
  const left = formatDuration(Math.ceil(leftMs / 1_000) * 1_000);
  return `${who}: more likely the network or this server than all of them, so none is declared offline for the next ${left}`;
}

/** How many in the last window, by two halves: exact for what is spread evenly, and nothing is kept per event. */
function slidingCount(windowMs: number) {
  let bucket = 0;
  let current = 0;
  let previous = 0;
  function turn(nowMs: number): void {
    const now = Math.floor(nowMs / windowMs);
    if (now === bucket) return;
    previous = now === bucket + 1 ? current : 0;
    current = 0;
    bucket = now;
  }
  return {
    add(nowMs: number): void {
      turn(nowMs);
      current += 1;
    },
    at(nowMs: number): number {
      turn(nowMs);
      return current + previous * (1 - (nowMs % windowMs) / windowMs);
    },
    clear(): void {
      current = 0;
      previous = 0;
    },
  };
}
