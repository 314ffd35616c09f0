/**
 * What flows: log records as bytes that nobody has parsed, and metric points.
 *
 * Whoever receives a batch (a `push`, an `apply`) owns one hold of its bytes and one hold of its receipt, and passes both on or lets each go
 * exactly once: `free()` as soon as the bytes are not needed any more (they were encoded elsewhere), `receipt.release()` when it is delivered.
 */
import type { MetricPoint } from './metric-point.ts';
import type { Receipt } from './receipt.ts';
import type { Slab } from './slab.ts';
import type { Stream } from './stream.ts';

export interface LogColumns {
  readonly stream: Stream;
  readonly bytes: Buffer;
  /** Record i is bytes[starts[i], ends[i]), without its delimiter. Only the first `count` entries count. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
  /** Position of record i in its generation is `base + starts[i]`, unless `positions` says otherwise. */
  readonly base: number;
  readonly positions?: Float64Array | undefined;
  /** Milliseconds since 1970 with fractions (to about a quarter of a microsecond); NaN for a record without a time. Without it: `readAtMs`. */
  readonly times?: Float64Array | undefined;
  readonly readAtMs: number;
  readonly receipt: Receipt;
  /** The slab that `bytes` lies in; without one they are on the heap. */
  readonly slab?: Slab | undefined;
}

export class LogBatch implements LogColumns {
  readonly kind = 'logs';
  readonly stream: Stream;
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
  readonly base: number;
  readonly positions: Float64Array | undefined;
  readonly times: Float64Array | undefined;
  readonly readAtMs: number;
  readonly receipt: Receipt;
  readonly slab: Slab | undefined;

  constructor(columns: LogColumns) {
    this.stream = columns.stream;
    this.bytes = columns.bytes;
    this.starts = columns.starts;
    this.ends = columns.ends;
    this.count = columns.count;
    this.base = columns.base;
    this.positions = columns.positions;
    this.times = columns.times;
    this.readAtMs = columns.readAtMs;
    this.receipt = columns.receipt;
    this.slab = columns.slab;
  }

  /** One more reader of the bytes. */
  hold(): void {
    this.slab?.hold();
  }

  /** One reader less. The index arrays of a slab are as gone as its bytes. */
  free(): void {
    this.slab?.release();
  }

  positionOf(record: number): number {
    return this.positions?.[record] ?? this.base + (this.starts[record] ?? 0);
  }

  timeOf(record: number): number {
    const time = this.times?.[record];
    return time === undefined || Number.isNaN(time) ? this.readAtMs : time;
  }
}

export class MetricBatch {
  readonly kind = 'metrics';
  readonly stream: Stream;
  readonly points: readonly MetricPoint[];
  readonly receipt: Receipt;

  constructor(stream: Stream, points: readonly MetricPoint[], receipt: Receipt) {
    this.stream = stream;
    this.points = points;
    this.receipt = receipt;
  }

  /** Points are on the heap: there is nothing to give back. */
  hold(): void {}
  free(): void {}
}

export type Batch = LogBatch | MetricBatch;
