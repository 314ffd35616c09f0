/** A log that remembers, and that can be waited for. Production code does not import it. */
import type { EventName } from '../../observe/events/index.ts';
import type { Fields, Log } from '../../observe/log.ts';

export interface Said {
  readonly name: EventName;
  readonly fields: Fields;
  readonly atMs: number;
}

export interface ListeningLog extends Log {
  readonly said: readonly Said[];
  /** The `count`-th event of this name (from 1), as soon as it is there; rejects when it does not come within the time. */
  heard(name: EventName, count?: number, withinMs?: number): Promise<Said>;
  count(name: EventName): number;
}

export function listeningLog(): ListeningLog {
  const said: Said[] = [];
  const waiting = new Set<() => void>();
  const log: ListeningLog = {
    said,
    count: (name) => said.filter((one) => one.name === name).length,
    event(name, fields = {}, cause) {
      said.push({ name, fields: cause instanceof Error ? { ...fields, cause: cause.stack } : fields, atMs: performance.now() });
      if (process.env.FAIRLEAD_TEST_LOG) console.error(name, JSON.stringify(fields), cause ?? '');
      for (const look of waiting) look();
    },
    with: () => log,
    heard: (name, count = 1, withinMs = 30_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no ${name} (${count}) within ${withinMs} ms; said: ${JSON.stringify(said.slice(-20), undefined, 1)}`));
        }, withinMs);
        const look = () => {
          const found = said.filter((one) => one.name === name)[count - 1];
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
  return log;
}

/** Waits for something that happens by itself; rejects in vain after the time. */
export async function until(holds: () => boolean, what: string, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
