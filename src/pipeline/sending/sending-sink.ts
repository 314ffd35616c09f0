/** What all sinks have in common that send requests and get answers: packing, retrying, bounds, an orderly end. */
import { randomBytes } from 'node:crypto';
import type { Batch, LogBatch, MetricBatch } from '../batch.ts';
import type { Sink, SinkContext, SinkLink } from '../sink.ts';
import type { Stream } from '../stream.ts';
import { Dispatch } from './dispatch.ts';
import { metricsAsLogs } from './metrics-as-logs.ts';
import type { Outcome } from './outcome.ts';
import { Packing } from './packing.ts';
import { type LogStore, type MetricStore, type Parcel, pointBytes } from './parcel.ts';

export type AnyParcel = Parcel<LogStore> | Parcel<MetricStore>;

/** A sink that asked for lines gets no parcels of points. */
export function logsOf(parcel: AnyParcel): Parcel<LogStore> {
  // The packing makes stores of points only for those who asked for points.
  return parcel as Parcel<LogStore>;
}

export interface SendingParts {
  readonly context: SinkContext;
  /** HOST:PORT. */
  readonly to: string;
  readonly packing: { readonly maxBytes: number; readonly maxRecords: number; readonly linger: number };
  readonly maxConcurrency: number;
  /** Bytes of records that may be on their way. */
  readonly maxPendingBytes: number;
  /** With how many lanes parcels are delivered in order, one at a time in each; undefined: order does not matter. */
  readonly lanes?: { readonly count: number; keyOf(stream: Stream): string };
  /** Before records are copied: how they are to look. */
  prepare?(batch: LogBatch): LogBatch | Promise<LogBatch>;
  /** `lines`: metric points become JSON records. */
  readonly metrics: 'points' | 'lines';
  exchange(parcel: AnyParcel): Promise<Outcome>;
  /** Ends what is under way, so that `exchange` resolves soon. */
  destroy(): void;
}

export class SendingSink implements Sink {
  readonly #parts: SendingParts;
  readonly #packing: Packing;
  readonly #dispatch: Dispatch<AnyParcel>;
  readonly #lines = metricsAsLogs(randomBytes(8).toString('hex'));
  #waiters: (() => void)[] = [];
  /** Of this one alone: a sink may be two that share their counters. */
  #pendingBytes = 0;
  #closing = false;
  #closed = false;

  constructor(parts: SendingParts) {
    this.#parts = parts;
    const { context, packing, lanes } = parts;
    this.#dispatch = new Dispatch<AnyParcel>({
      context,
      to: parts.to,
      exchange: (parcel) => parts.exchange(parcel),
      maxConcurrency: parts.maxConcurrency,
      ordered: lanes !== undefined,
      onSettled: (parcel) => this.#settled(parcel),
    });
    this.#packing = new Packing({
      clock: context.clock,
      maxBytes: packing.maxBytes,
      maxRecords: packing.maxRecords,
      lingerMs: packing.linger,
      laneOf: lanes === undefined ? () => 0 : laneByKey(lanes.count, lanes.keyOf),
      emit: (parcel) => this.#dispatch.submit(parcel),
    });
  }

  push(batch: Batch): Promise<void> | undefined {
    if (batch.kind === 'metrics') return this.#parts.metrics === 'points' ? this.#takePoints(batch) : this.#take(this.#lines(batch));
    const prepared = this.#parts.prepare?.(batch) ?? batch;
    return prepared instanceof Promise ? prepared.then((ready) => this.#take(ready)) : this.#take(prepared);
  }

  problem(): string | undefined {
    return this.#dispatch.problem();
  }

  links(): readonly SinkLink[] {
    const { to } = this.#parts;
    const reason = this.problem();
    return [reason === undefined ? { to, state: this.#dispatch.delivered ? 'up' : 'idle' } : { to, state: 'down', reason }];
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#packing.flush();
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.context.clock.after(graceMs, late.resolve);
    await Promise.race([this.#dispatch.idle(), late.promise]);
    cancel();
    this.#closed = true;
    this.#dispatch.abandon();
    this.#parts.destroy();
    await this.#dispatch.idle();
    this.#wake();
  }

  #take(batch: LogBatch): Promise<void> | undefined {
    if (this.#closed) {
      // It was being encoded when the sink was closed.
      batch.free();
      batch.receipt.fail();
      return undefined;
    }
    let bytes = 0;
    for (let record = 0; record < batch.count; record++) bytes += (batch.ends[record] ?? 0) - (batch.starts[record] ?? 0);
    this.#pending(batch.count, bytes);
    this.#packing.add(batch);
    if (this.#closing) this.#packing.flush();
    return this.#fullness();
  }

  #takePoints(batch: MetricBatch): Promise<void> | undefined {
    let bytes = 0;
    for (const point of batch.points) bytes += pointBytes(point);
    this.#pending(batch.points.length, bytes);
    this.#packing.addPoints(batch);
    return this.#fullness();
  }

  #fullness(): Promise<void> | undefined {
    return this.#isFull() ? new Promise((resolve) => this.#waiters.push(resolve)) : undefined;
  }

  #pending(records: number, bytes: number): void {
    const { counters } = this.#parts.context;
    counters.pendingRecords += records;
    counters.pendingBytes += bytes;
    this.#pendingBytes += bytes;
  }

  #isFull(): boolean {
    return this.#pendingBytes >= this.#parts.maxPendingBytes;
  }

  #settled(parcel: AnyParcel): void {
    this.#pending(-parcel.count, -parcel.bytes);
    if (!this.#isFull()) this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

/** The same key always goes into the same lane (FNV-1a over the text, remembered by stream). */
function laneByKey(count: number, keyOf: (stream: Stream) => string): (stream: Stream) => number {
  const known = new WeakMap<Stream, number>();
  return (stream) => {
    const found = known.get(stream);
    if (found !== undefined) return found;
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(keyOf(stream))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    known.set(stream, hash % count);
    return hash % count;
  };
}
