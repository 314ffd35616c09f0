/** Transforms one after the other, compiled together: what a route does with every batch. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { LogBatch, MetricBatch } from '../batch.ts';
import type { SlabPool } from '../slab.ts';

export interface ChainContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly slabs: SlabPool;
  /** Metrics that a transform makes of records; each carries the receipts of what it was made of. */
  emit(batch: MetricBatch): void;
}

export interface StepCounters {
  /** Name of the transform. */
  readonly name: string;
  readonly type: string;
  in: number;
  out: number;
  /** Records that had to be parsed. */
  parsed: number;
  /** Records that a transform could not do its work on, and passed on as they are. */
  errors: number;
}

export interface Explanation {
  readonly name: string;
  readonly type: string;
  /** `bytes`: no record is parsed. `some`: only those for which the bytes do not decide. `all`: every record. */
  readonly parses: 'none' | 'some' | 'all';
  /** One sentence of why, and what would avoid it. */
  readonly why: string;
}

export interface Chain {
  /**
   * Takes the batch over and gives the one that goes on, with its holds; undefined when nothing is left of it (its bytes and its receipt were let go
   * of). A promise only while there is no free slab.
   */
  apply(batch: LogBatch): LogBatch | undefined | Promise<LogBatch | undefined>;
  readonly counters: readonly StepCounters[];
  /** Shows the listener what leaves the step of this name, until the returned function is called. The batch is only lent: nothing may be held or let go of. */
  tap(step: string, listener: (batch: LogBatch) => void): () => void;
  /** Emits what is kept (aggregates) and lets every receipt go. Nothing is applied afterwards. */
  close(): void;
}
