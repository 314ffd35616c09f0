/**
 * The time during which this server looked. Silence of agents is measured in it: while the event loop was held up, the process was
 * stopped or the machine suspended, heartbeats may have come that nobody read, so that time is nobody's silence.
 *
 * Ticks tell: they come every `tickMs`, and observed time stands still as long as the next one is more than one interval late.
 */
export interface ObservedTime {
  /** Observed time at this moment. */
  at(nowMs: number): number;
  /** To be called every `tickMs`. The result is how much of the time since the last call was not observed. */
  tick(nowMs: number): number;
  /** All that was not observed so far. */
  readonly lostMs: number;
}

export function observedTime(startMs: number, tickMs: number): ObservedTime {
  /** Being late by one interval is the noise of timers. */
  const longestGapMs = 2 * tickMs;
  let last = startMs;
  let lost = 0;
  return {
    at: (nowMs) => Math.min(nowMs, last + longestGapMs) - lost,
    tick(nowMs) {
      const unseen = Math.max(0, nowMs - last - longestGapMs);
      lost += unseen;
      last = nowMs;
      return unseen;
    },
    get lostMs() {
      return lost;
    },
  };
}
