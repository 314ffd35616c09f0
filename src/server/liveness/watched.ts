/** One agent as the detector sees it, and its silence in words. */
import { formatDuration } from '../../core/duration.ts';
import type { LivenessPolicy, LivenessState } from '../fleet/agent.ts';
import type { Member } from './wheel.ts';

/** Times are observed time. Fields are only ever written in place: a heartbeat allocates nothing. */
export interface Watched extends Member {
  readonly uid: string;
  policy: LivenessPolicy;
  state: LivenessState;
  since: number;
  /** The last heartbeat; where there was none yet, when we began to wait for one. */
  heard: number;
  everHeard: boolean;
  /** Silent for longer than `suspectAfterMs`. A suspect that is not late is one that flaps. */
  late: boolean;
  /** Returns, each forgotten after ten heartbeats (a leaky bucket). */
  returns: number;
  returnsAt: number;
  /** While flapping: when its heartbeats began to come without a gap. */
  steadyFrom: number;
}

export function silenceOf({ heard, everHeard }: Watched, seenMs: number): string {
  const silence = formatDuration(seconds(seenMs - heard));
  return everHeard ? `no heartbeat for ${silence}` : `no heartbeat in the ${silence} since the server looks for it`;
}

export function expiryOf({ state, since, policy }: Watched, seenMs: number): string {
  const time = formatDuration(seconds(Math.max(seenMs - since, policy.expireAfterMs)));
  return state === 'enrolled' ? `never heard in ${time}` : `${state} for ${time}`;
}

/** Whole seconds, in ms: nobody reads more of a silence. */
export const seconds = (ms: number): number => Math.round(ms / 1_000) * 1_000;
