/** The system's clock with a wall that can be moved: what a test of certificates needs that are real. Production code does not import it. */
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';

export interface SteppableClock extends Clock {
  step(ms: number): void;
}

export function steppableClock(): SteppableClock {
  let offset = 0;
  return {
    now: () => systemClock.now() + offset,
    monotonicMs: () => systemClock.monotonicMs(),
    after: (delayMs, task) => systemClock.after(delayMs, task),
    step(ms) {
      offset += ms;
    },
  };
}
