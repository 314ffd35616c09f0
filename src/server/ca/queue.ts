/** Work in order, a few at once, and never more than a bounded number waiting. */
export interface Queue {
  readonly waiting: number;
  /** Undefined: too many wait already, and the task was not taken. */
  run<T>(task: () => Promise<T>): Promise<T> | undefined;
}

export function createQueue(atOnce: number, limit: number): Queue {
  const waiting: (() => void)[] = [];
  let running = 0;
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const turn = (): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    get waiting() {
      return waiting.length;
    },
    run(task) {
      if (running >= atOnce && waiting.length >= limit) return undefined;
      return turn().then(task).finally(release);
    },
  };
}
