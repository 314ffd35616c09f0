/**
 * A fleet in simulated time that drives the real detector: heartbeats get lost at random, all at once, or because the server was
 * stopped. Used by the tests and by bench/liveness.ts to hold the false-offline arithmetic of docs/liveness.md against.
 */
import type { LivenessPolicy } from '../fleet/agent.ts';
import { createDetector, type DetectorOptions } from './detector.ts';

/** From `fromMs` for `forMs`. */
interface Span {
  readonly fromMs: number;
  readonly forMs: number;
}

export interface Simulation {
  readonly agents: number;
  readonly policy: LivenessPolicy;
  readonly durationMs: number;
  /** Each heartbeat is lost with this probability, independently of all others. */
  readonly loss: number;
  /** Heartbeats of this share of the agents are all lost. */
  readonly bursts?: readonly (Span & { readonly share: number })[];
  /** The server is stopped: it reads no heartbeat, and nobody calls `tick`. */
  readonly stops?: readonly Span[];
  readonly seed: number;
  readonly detector?: DetectorOptions;
}

export interface Outcome {
  readonly beats: number;
  /** Transitions to offline. Every agent lives all the time, so each one is false. */
  readonly falseOffline: number;
  readonly suspects: number;
  /** The brake was engaged at some tick. */
  readonly braked: boolean;
}

const tickMs = 1_000;

/**
 * Heartbeats of one agent come exactly `heartbeatIntervalMs` apart; agents are spread evenly over the interval. Times are those of the
 * ticks: what is in question is whether heartbeats come, and not when within a second.
 */
export function simulate({ agents, policy, durationMs, loss, bursts = [], stops = [], seed, detector: options }: Simulation): Outcome {
  const detector = createDetector({ tickMs, ...options });
  const lossIn = gaps(loss, seeded(seed));
  const uids = Array.from({ length: agents }, (_, at) => `agent-${at}`);
  for (const uid of uids) detector.add(uid, policy, 'online', 0);
  const steps = policy.heartbeatIntervalMs / tickMs;
  let untilLoss = lossIn();
  let beats = 0;
  let falseOffline = 0;
  let suspects = 0;
  let braked = false;
  for (let now = 0; now < durationMs; now += tickMs) {
    if (stops.some((stop) => within(stop, now))) continue;
    const burst = bursts.find((one) => within(one, now));
    const muted = burst === undefined ? 0 : Math.floor(agents * burst.share);
    for (let at = (now / tickMs) % steps; at < agents; at += steps) {
      beats += 1;
      untilLoss -= 1;
      if (untilLoss === 0) untilLoss = lossIn();
      else if (at >= muted) detector.beat(uids[at] ?? '', now);
    }
    for (const { to } of detector.tick(now)) {
      if (to === 'offline') falseOffline += 1;
      if (to === 'suspect') suspects += 1;
    }
    braked ||= detector.brake() !== undefined;
  }
  return { beats, falseOffline, suspects, braked };
}

/**
 * Expected false evictions: an agent is declared offline once for each run of k or more lost heartbeats, so it is the number of
 * heartbeats at which such a run begins: N · (duration / T) · (1 − p) · p^k.
 */
export function expectedFalseOffline(agents: number, durationMs: number, intervalMs: number, loss: number, threshold: number): number {
  return agents * (durationMs / intervalMs) * (1 - loss) * loss ** threshold;
}

const within = ({ fromMs, forMs }: Span, now: number): boolean => now >= fromMs && now < fromMs + forMs;

/** How many heartbeats further the next lost one is: geometric, so that one random number serves for a hundred heartbeats. */
function gaps(loss: number, random: () => number): () => number {
  if (loss === 0) return () => Number.POSITIVE_INFINITY;
  const scale = Math.log(1 - loss);
  return () => 1 + Math.floor(Math.log(1 - random()) / scale);
}

/** mulberry32 (public domain): small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
