/** Who waits for a topic to change. A watcher is an entry in a set and a timer: while nothing changes it costs nothing. */
import type { Clock } from '../../../core/clock.ts';
import type { Topic } from './catalog.ts';

export interface Watchers extends Disposable {
  readonly size: number;
  /** Resolves when the topic changes, the time is over, the signal aborts, or the registry closes; never rejects. */
  wait(topic: Topic, ms: number, signal: AbortSignal): Promise<void>;
  wake(topics: readonly Topic[]): void;
}

export function createWatchers(clock: Clock): Watchers {
  const waiting = new Map<Topic, Set<() => void>>();
  let size = 0;
  const wakeAll = (topic: Topic) => {
    // A copy: waking takes each one out of the set.
    for (const wake of [...(waiting.get(topic) ?? [])]) wake();
  };
  return {
    get size() {
      return size;
    },
    wait(topic, ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const here = waiting.get(topic) ?? new Set();
        waiting.set(topic, here);
        const wake = () => {
          if (!here.delete(wake)) return;
          size -= 1;
          if (here.size === 0 && waiting.get(topic) === here) waiting.delete(topic);
          cancel();
          signal.removeEventListener('abort', wake);
          resolve();
        };
        here.add(wake);
        size += 1;
        const cancel = clock.after(ms, wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
    wake(topics) {
      for (const topic of topics) wakeAll(topic);
    },
    [Symbol.dispose]() {
      for (const topic of [...waiting.keys()]) wakeAll(topic);
    },
  };
}
