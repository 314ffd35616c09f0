/** A clock for tests and simulations: it stands still until it is moved. */
import type { Clock } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves both times forward and runs what falls due on the way, in order. */
  advance(ms: number): void;
  /** Steps the wall clock alone, as an operator or NTP does; timers do not notice. */
  step(ms: number): void;
}

export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let monotonic = 0;
  let offset = startMs;
  const due: { readonly at: number; readonly task: () => void }[] = [];
  return {
    now: () => offset + monotonic,
    monotonicMs: () => monotonic,
    after(delayMs, task) {
      const entry = { at: monotonic + Math.max(0, delayMs), task };
      const place = due.findIndex((other) => other.at > entry.at);
      due.splice(place === -1 ? due.length : place, 0, entry);
      return () => {
        const index = due.indexOf(entry);
        if (index !== -1) due.splice(index, 1);
      };
    },
    advance(ms) {
      const end = monotonic + ms;
      for (let next = due[0]; next !== undefined && next.at <= end; next = due[0]) {
        due.shift();
        monotonic = next.at;
        next.task();
      }
      monotonic = end;
    },
    step(ms) {
      offset += ms;
    },
  };
}
