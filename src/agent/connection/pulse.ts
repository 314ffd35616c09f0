/**
 * The timers of a conversation: when a heartbeat is due, when the transport is asked for a sign of life, and when silence means that
 * the connection is dead. All on monotonic time.
 */
import type { Clock } from '../../core/clock.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly replyTimeoutMs: number;
  readonly beat: () => void;
  /** Asks without a message. */
  readonly probe: () => void;
  /** Nothing came for the whole time although something was said. */
  readonly dead: () => void;
}

export interface Pulse {
  /** 0: none. */
  every(intervalMs: number): void;
  /** A message went out: the next heartbeat is one interval from now, and an answer is due. */
  said(): void;
  /** The peer is there. */
  heard(): void;
  /** Nothing could be said now; the heartbeat is one interval from now. */
  later(): void;
  stop(): void;
}

/** With heartbeats rarer than twice this, or none, the transport is asked: proxies drop what is silent. */
const probeEveryMs = 30_000;

export function createPulse({ clock, replyTimeoutMs, beat, probe, dead }: PulseOptions): Pulse {
  let intervalMs = 30_000;
  let running = false;
  let cancelBeat = () => {};
  let cancelProbe = () => {};
  let cancelSilence: (() => void) | undefined;

  const later = () => {
    running = true;
    cancelBeat();
    cancelProbe();
    if (intervalMs > 0) cancelBeat = clock.after(intervalMs, beat);
    if (intervalMs === 0 || intervalMs > 2 * probeEveryMs) cancelProbe = clock.after(probeEveryMs, ask);
  };
  const awaitSign = () => {
    cancelSilence ??= clock.after(replyTimeoutMs, () => {
      cancelSilence = undefined;
      dead();
    });
  };
  const ask = () => {
    probe();
    awaitSign();
    cancelProbe = clock.after(probeEveryMs, ask);
  };
  const heard = () => {
    cancelSilence?.();
    cancelSilence = undefined;
  };
  return {
    later,
    heard,
    every(ms) {
      intervalMs = ms;
      if (running) later();
    },
    said() {
      later();
      awaitSign();
    },
    stop() {
      running = false;
      cancelBeat();
      cancelProbe();
      heard();
    },
  };
}
