/**
 * Tells from heartbeats who is alive. Pure: time comes in, transitions come out, and the fleet stores and logs them.
 *
 * What is judged is silence in observed time (observed-time.ts) since the last heartbeat, but never since before the last moment of
 * grace: the start, a long absence of this server, and the release of the brake give every agent a whole `ttl` anew.
 */
import { formatDuration } from '../../core/duration.ts';
import type { LivenessPolicy, LivenessState } from '../fleet/agent.ts';
import { type BrakeOptions, createBrake, defaultBrake } from './brake.ts';
import { type ObservedTime, observedTime } from './observed-time.ts';
import { suspectAfterMs } from './policy.ts';
import { expiryOf, seconds, silenceOf, type Watched } from './watched.ts';
import { createWheel, type Wheel } from './wheel.ts';

export interface DetectorOptions {
  /** How often `tick` is called; ticks that come later than twice this are lag of the observer. Default 1 s. */
  readonly tickMs?: number;
  /** Lag beyond which agents get a whole `ttl` anew: their connections broke meanwhile, and they come back one by one. Default 10 s. */
  readonly awayMs?: number;
  /** `false` for none. */
  readonly brake?: Partial<BrakeOptions> | false;
  /** Returns that an agent may have in a row before it counts as flapping. Default 3. */
  readonly flapLimit?: number;
}

export interface Transition {
  readonly uid: string;
  readonly from: LivenessState;
  readonly to: LivenessState;
  /** One clause: `no heartbeat for 107s (ttl 1m45s)`. */
  readonly reason: string;
  /** Monotonic. */
  readonly atMs: number;
}

export interface Detector {
  /**
   * From now on the agent is watched. `state` is what was known of it, for `inStateMs` already: a server that starts again puts in
   * what it had stored. An agent that is known already starts over.
   */
  add(uid: string, policy: LivenessPolicy, state: LivenessState, nowMs: number, inStateMs?: number): void;
  /** Something was heard of the agent. Costs the same whatever the size of the fleet; agents that are unknown are nobody's heartbeat. */
  beat(uid: string, nowMs: number): void;
  /** The agent said goodbye. */
  stopped(uid: string, nowMs: number): void;
  remove(uid: string): void;
  setPolicy(uid: string, policy: LivenessPolicy): void;
  /** To be called every `tickMs`: everything that has changed since the call before, in the order in which it happened. */
  tick(nowMs: number): readonly Transition[];
  state(uid: string): LivenessState | undefined;
  /** Evictions are held, or let through slowly; `sinceMs` is monotonic. */
  brake(): { readonly sinceMs: number; readonly sentence: string } | undefined;
  counts(): Readonly<Record<LivenessState, number>>;
  /** Agents that are late by a heartbeat or more and not yet offline: what the brake weighs. */
  readonly silent: number;
  /** Time so far during which this server did not look. */
  readonly unobservedMs: number;
}

/**
 * An agent that loses every tenth heartbeat for long, or returns four times in a row, flaps: it stays suspect until ten heartbeats
 * came without a gap. Its changes would otherwise be written, watched and acted upon for ever.
 */
const steadyBeats = 10;
/** An eviction that the brake holds is asked for again after this. */
const heldMs = 1_000;
const none: readonly Transition[] = [];

export function createDetector(options: DetectorOptions = {}): Detector {
  const { tickMs = 1_000, awayMs = 10_000, flapLimit = 3 } = options;
  const brake = options.brake === false ? undefined : createBrake({ ...defaultBrake, ...options.brake });
  const agents = new Map<string, Watched>();
  const counts: Record<LivenessState, number> = { enrolled: 0, online: 0, suspect: 0, offline: 0, stopped: 0, expired: 0 };
  let silent = 0;
  let transitions: Transition[] = [];
  let time: ObservedTime | undefined;
  let wheel: Wheel<Watched> | undefined;
  /** Nobody's silence is older than this. */
  let grace = 0;
  let now = 0;
  let seen = 0;

  /** Every call begins here; the first one begins the grace of the start. */
  function look(nowMs: number): Wheel<Watched> {
    if (time === undefined || wheel === undefined) {
      time = observedTime(nowMs, tickMs);
      grace = time.at(nowMs);
      wheel = createWheel(grace);
    }
    now = nowMs;
    seen = time.at(nowMs);
    return wheel;
  }

  const weights = () => ({ silent, alive: counts.online + counts.suspect });

  function setLate(agent: Watched, late: boolean): void {
    if (agent.late !== late) silent += late ? 1 : -1;
    agent.late = late;
  }

  function become(agent: Watched, to: LivenessState, reason: string): void {
    transitions.push({ uid: agent.uid, from: agent.state, to, reason, atMs: now });
    counts[agent.state] -= 1;
    counts[to] += 1;
    agent.state = to;
    agent.since = seen;
    if (to !== 'suspect') setLate(agent, false);
  }

  /** When the agent has to be looked at next, given that nothing is heard of it; undefined: never. */
  function dueAt(agent: Watched): number | undefined {
    const { state, policy, since, late } = agent;
    const silentFrom = Math.max(agent.heard, grace);
    switch (state) {
      case 'online':
      case 'suspect':
        return silentFrom + (late ? policy.ttlMs : Math.min(suspectAfterMs(policy), policy.ttlMs));
      case 'enrolled':
      case 'offline':
      case 'stopped':
        // After a start it may be on its way back: not forgotten before it had the time.
        return Math.max(since + policy.expireAfterMs, grace + policy.ttlMs);
      case 'expired':
        return undefined;
      default:
        return state satisfies never;
    }
  }

  function schedule(agent: Watched, on: Wheel<Watched>): void {
    const due = dueAt(agent);
    if (due === undefined) on.remove(agent);
    else on.put(agent, due);
  }

  function visit(agent: Watched, on: Wheel<Watched>): void {
    const due = dueAt(agent);
    if (due !== undefined && due <= seen) {
      if (agent.state === 'online' || agent.state === 'suspect') judgeSilence(agent);
      else if (brake?.engaged !== true) become(agent, 'expired', expiryOf(agent, seen));
      if ((dueAt(agent) ?? Number.POSITIVE_INFINITY) <= seen) return on.put(agent, seen + heldMs);
    }
    schedule(agent, on);
  }

  function judgeSilence(agent: Watched): void {
    const { policy } = agent;
    setLate(agent, true);
    if (Math.max(agent.heard, grace) + policy.ttlMs <= seen && (brake?.admit(weights(), seen, now) ?? true))
      return become(agent, 'offline', `${silenceOf(agent, seen)} (ttl ${formatDuration(policy.ttlMs)})`);
    if (agent.state === 'online')
      become(agent, 'suspect', `${silenceOf(agent, seen)} (one was due every ${formatDuration(policy.heartbeatIntervalMs)})`);
  }

  /** A heartbeat of an agent that was not simply online. */
  function welcome(agent: Watched, on: Wheel<Watched>): void {
    const { state, policy } = agent;
    const tenBeats = steadyBeats * policy.heartbeatIntervalMs;
    if (state === 'suspect' && !agent.late) {
      if (seen - agent.steadyFrom >= tenBeats) become(agent, 'online', `steady for ${formatDuration(seconds(tenBeats))}`);
      return;
    }
    const first = state === 'enrolled';
    const silence = `heard again after ${formatDuration(seconds(seen - agent.heard))}`;
    setLate(agent, false);
    agent.returns = first ? 0 : Math.max(0, agent.returns - (seen - agent.returnsAt) / tenBeats) + 1;
    agent.returnsAt = seen;
    agent.heard = seen;
    if (agent.returns > flapLimit) {
      agent.steadyFrom = seen;
      const reason = `came back too often: suspect until it is steady for ${formatDuration(seconds(tenBeats))}`;
      if (state !== 'suspect') become(agent, 'suspect', reason);
    } else become(agent, 'online', first ? 'first heartbeat' : state === 'stopped' ? 'started again' : silence);
    schedule(agent, on); // what was due was far away: its ttl or its expiry
  }

  function remove(uid: string): void {
    const agent = agents.get(uid);
    if (agent === undefined) return;
    agents.delete(uid);
    counts[agent.state] -= 1;
    setLate(agent, false);
    wheel?.remove(agent);
  }

  return {
    add(uid, policy, state, nowMs, inStateMs = 0) {
      const on = look(nowMs);
      remove(uid);
      const agent: Watched = {
        uid,
        policy,
        state,
        since: seen - inStateMs,
        heard: seen,
        everHeard: false,
        late: false,
        returns: 0,
        returnsAt: seen,
        steadyFrom: seen,
        slot: -1,
        before: undefined,
        behind: undefined,
      };
      // Suspect from before a restart: one heartbeat will do to be online again.
      setLate(agent, state === 'suspect');
      agents.set(uid, agent);
      counts[state] += 1;
      schedule(agent, on);
    },
    beat(uid, nowMs) {
      const agent = agents.get(uid);
      if (agent === undefined) return;
      const on = look(nowMs);
      if (agent.state !== 'online' || agent.late) welcome(agent, on);
      agent.heard = seen;
      agent.everHeard = true;
    },
    stopped(uid, nowMs) {
      const agent = agents.get(uid);
      if (agent === undefined || agent.state === 'stopped') return;
      const on = look(nowMs);
      become(agent, 'stopped', 'said goodbye');
      schedule(agent, on);
    },
    remove,
    setPolicy(uid, policy) {
      const agent = agents.get(uid);
      if (agent === undefined || wheel === undefined) return;
      agent.policy = policy;
      schedule(agent, wheel);
    },
    tick(nowMs) {
      const unseen = time?.tick(nowMs) ?? 0;
      const on = look(nowMs);
      if (unseen >= awayMs) grace = seen;
      if (brake?.update(weights(), seen) === true) grace = seen;
      on.advance(seen, (agent) => visit(agent, on));
      if (transitions.length === 0) return none;
      const told = transitions;
      transitions = [];
      return told;
    },
    state: (uid) => agents.get(uid)?.state,
    brake: () => brake?.state(),
    counts: () => ({ ...counts }),
    get silent() {
      return silent;
    },
    get unobservedMs() {
      return time?.lostMs ?? 0;
    },
  };
}
