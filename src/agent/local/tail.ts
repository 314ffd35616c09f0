/** Records for somebody who looks: never more than they can read, and never at the cost of what flows. */
import type { LogBatch } from '../../pipeline/batch.ts';

/** A second's worth for people; what is more is counted and left out. */
const maxPerSecond = 500;
/** A record is shown up to here. */
const maxShownBytes = 16 * 1024;

export interface Tail {
  /** The batch is only lent. */
  take(at: string, batch: LogBatch): void;
  /** The reader has room again. */
  drained(): void;
  end(): void;
}

/** `write` returns false when the reader is slow. One line of JSON for each record; `{"left": n}` for n that were left out. */
export function createTail(write: (text: string) => boolean, now: () => number = () => performance.now()): Tail {
  let slow = false;
  let left = 0;
  let second = now();
  let shown = 0;
  let ended = false;
  return {
    take(at, batch) {
      if (ended) return;
      if (now() - second >= 1_000) {
        second = now();
        shown = 0;
      }
      const room = slow ? 0 : Math.max(0, maxPerSecond - shown);
      const taken = Math.min(room, batch.count);
      if (taken > 0) {
        const before = left > 0 ? `{"left":${left}}\n` : '';
        left = 0;
        let text = before;
        for (let record = 0; record < taken; record++) text += line(at, batch, record);
        shown += taken;
        slow = !write(text);
      }
      left += batch.count - taken;
    },
    drained() {
      slow = false;
    },
    end() {
      ended = true;
    },
  };
}

function line(at: string, batch: LogBatch, record: number): string {
  const start = batch.starts[record] ?? 0;
  const end = batch.ends[record] ?? 0;
  const { source, labels, tags, path } = batch.stream;
  const shown = batch.bytes.toString('utf8', start, Math.min(end, start + maxShownBytes));
  return `${JSON.stringify({
    at,
    source,
    ...(path === undefined ? {} : { path }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    time: new Date(batch.timeOf(record)).toISOString(),
    ...(end - start > maxShownBytes ? { bytes: end - start } : {}),
    record: shown,
  })}\n`;
}
