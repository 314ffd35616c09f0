/** A received body whose records are pushed as they lie in it. */
import { LogBatch } from '../batch.ts';
import type { Receipt } from '../receipt.ts';
import { slabBytes, slabRecords } from '../slab.ts';
import type { Stream } from '../stream.ts';

/** Where records lie in a body, as it grows. */
export class RecordRanges {
  starts = new Uint32Array(1_024);
  ends = new Uint32Array(1_024);
  count = 0;

  add(start: number, end: number): void {
    if (this.count === this.starts.length) this.#grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count += 1;
  }

  #grow(): void {
    const starts = new Uint32Array(this.count * 2);
    const ends = new Uint32Array(this.count * 2);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }
}

/**
 * Batches of at most a slab's bytes and records (one record that is larger has a batch of its own), in order. Each takes one hold of the receipt that
 * the caller adds.
 */
export function cut(
  stream: Stream,
  body: Buffer,
  ranges: RecordRanges,
  base: number,
  readAtMs: number,
  receipt: Receipt,
): readonly LogBatch[] {
  const batches: LogBatch[] = [];
  for (let from = 0; from < ranges.count; ) {
    const first = ranges.starts[from] ?? 0;
    let to = from + 1;
    while (to < ranges.count && to - from < slabRecords && (ranges.ends[to] ?? 0) - first <= slabBytes) to += 1;
    const starts = ranges.starts.slice(from, to).map((start) => start - first);
    const ends = ranges.ends.slice(from, to).map((end) => end - first);
    const bytes = body.subarray(first, ranges.ends[to - 1] ?? 0);
    batches.push(new LogBatch({ stream, bytes, starts, ends, count: to - from, base: base + first, readAtMs, receipt }));
    from = to;
  }
  return batches;
}
