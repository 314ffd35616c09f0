/** How long an outage lasted. Pure. */
import type { OutageRecord } from './fold.ts';

/** Wall clock and time since boot. */
export interface Moment {
  readonly atMs: number;
  readonly upMs: number;
}

/** How long it lasted: by the time since boot where that is the same one, else by the wall clock, which is all there is. */
export function elapsed(outage: OutageRecord, at: Moment, boot: string): { toMs: number; durationMs: number; clockStepMs?: number } {
  const wall = at.atMs - outage.fromMs;
  const sameBoot = outage.boot === boot && at.upMs >= outage.upMs;
  const durationMs = Math.round(sameBoot ? at.upMs - outage.upMs : Math.max(outage.durationMs, wall));
  const step = sameBoot ? Math.round(wall - durationMs) : 0;
  // The two clocks are read one after the other, and NTP slews: below a second it is no step.
  return { toMs: at.atMs, durationMs, ...(Math.abs(step) > 1_000 ? { clockStepMs: step } : {}) };
}
