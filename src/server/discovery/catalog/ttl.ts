/**
 * The clockwork of TTL checks: when each has to be renewed, and for how long it has been critical.
 *
 * Deadlines are kept in *observed* time. When this process was stopped or did not get the processor, renewals wait in its
 * sockets while the clock runs on; such time is taken out, or every check would expire at the moment the server comes back.
 * A renewal only moves the deadline: the timer looks at it when it fires, so a heartbeat makes and cancels no timer.
 */
import type { Clock } from '../../../core/clock.ts';

export interface TtlClock extends Disposable {
  /** From now on `expired` is called once unless the check is renewed within its time. */
  renew(key: string, ttlMs: number): void;
  /** No deadline any more; does nothing when there is none. */
  stop(key: string): void;
  /** Observed milliseconds: for how long something has been as it is. */
  observedMs(): number;
}

const tickMs = 1_000;
/** A tick that is later than this was not the usual jitter of timers: the observer was away. */
const latenessMs = 500;

export function createTtlClock(clock: Clock, expired: (key: string) => void): TtlClock {
  const deadlines = new Map<string, { at: number; cancel: () => void }>();
  let lastSeen = clock.monotonicMs();
  let unseen = 0;

  const observedMs = (): number => {
    const now = clock.monotonicMs();
    const gap = now - lastSeen;
    if (gap > tickMs + latenessMs) unseen += gap - tickMs;
    lastSeen = now;
    return now - unseen;
  };
  const tick = () => {
    observedMs();
    cancelTick = clock.after(tickMs, tick);
  };
  let cancelTick = clock.after(tickMs, tick);

  const arm = (key: string, at: number): (() => void) =>
    clock.after(Math.max(0, at - observedMs()), () => {
      const entry = deadlines.get(key);
      if (entry === undefined) return;
      if (entry.at > observedMs()) entry.cancel = arm(key, entry.at);
      else {
        deadlines.delete(key);
        expired(key);
      }
    });

  return {
    renew(key, ttlMs) {
      const at = observedMs() + ttlMs;
      const entry = deadlines.get(key);
      if (entry !== undefined && entry.at <= at) {
        entry.at = at;
        return;
      }
      // New, or the time to live became shorter: the armed timer would come too late.
      entry?.cancel();
      deadlines.set(key, { at, cancel: arm(key, at) });
    },
    stop(key) {
      deadlines.get(key)?.cancel();
      deadlines.delete(key);
    },
    observedMs,
    [Symbol.dispose]() {
      cancelTick();
      for (const { cancel } of deadlines.values()) cancel();
      deadlines.clear();
    },
  };
}
