/** Batches and clocks for tests. */

import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { LogBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import type { Stream } from '../stream.ts';

export const testStream: Stream = { source: 'app', generation: '00112233aabbccdd', labels: { host: 'a' }, tags: ['t'], format: 'text' };

/** A batch of lines on the heap; `base` is the position of the first. */
export function linesBatch(
  lines: readonly string[],
  base = 0,
  stream: Stream = testStream,
  receipt: Receipt = new Receipt(() => {}),
): LogBatch {
  const parts = lines.map((line) => Buffer.from(line));
  const bytes = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
  const [starts, ends] = [new Uint32Array(lines.length), new Uint32Array(lines.length)];
  let at = 0;
  for (const [record, part] of parts.entries()) {
    starts[record] = at;
    ends[record] = at + part.length;
    at += part.length + 1;
  }
  return new LogBatch({ stream, bytes, starts, ends, count: lines.length, base, readAtMs: 1_000, receipt });
}

/** The records of a batch as texts. */
export function linesOf(batch: LogBatch): readonly string[] {
  return Array.from({ length: batch.count }, (_, record) => batch.bytes.toString('utf8', batch.starts[record], batch.ends[record]));
}

/** Does not wait: what is due later runs in the next turn of the event loop. Time passes as asked for. */
export function hastyClock(): Clock {
  let waited = 0;
  return {
    now: () => systemClock.now(),
    monotonicMs: () => waited,
    after(delayMs, task) {
      const timer = setImmediate(() => {
        waited += delayMs;
        task();
      });
      return () => clearImmediate(timer);
    },
  };
}

/** Numbers from a seed (mulberry32), so that a run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
