/** Time as a parameter, so that a test or a simulation can be the clock. */
export interface Clock {
  /** Milliseconds since 1970, UTC. May jump in both directions: only for what is stored or shown. */
  now(): number;
  /** Milliseconds since some moment; never goes back and knows no steps. For intervals and deadlines. */
  monotonicMs(): number;
  /** Calls `task` once after `delayMs`; the result takes it back. The timer alone does not keep the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** The longest delay that a timer of JavaScript takes; a longer one would fire at once. */
const longestDelayMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    if (delayMs > longestDelayMs) {
      let cancel = () => {};
      cancel = systemClock.after(longestDelayMs, () => {
        cancel = systemClock.after(delayMs - longestDelayMs, task);
      });
      return () => cancel();
    }
    const timer = setTimeout(task, Math.max(0, delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
