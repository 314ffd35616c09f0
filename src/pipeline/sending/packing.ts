/** Gathers records of many batches into parcels of a size that a receiver likes, by lane; the bytes of a batch are let go of at once. */
import type { Clock } from '../../core/clock.ts';
import type { LogBatch, MetricBatch } from '../batch.ts';
import { metricJson } from '../encode/metric-json.ts';
import type { Stream } from '../stream.ts';
import { LogStore, MetricStore, Parcel, pointBytes } from './parcel.ts';

export interface PackingParts {
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly lingerMs: number;
  /** Parcels of one lane are delivered in their order when the sink asks for that. */
  laneOf(stream: Stream): number;
  emit(parcel: Parcel<LogStore> | Parcel<MetricStore>): void;
}

/** Stores that wait for their next use: what is let go of is memory that the next parcel would ask for at once. */
const keptStores = 4;

export class Packing {
  readonly #parts: PackingParts;
  readonly #logs = new Map<number, LogStore>();
  readonly #metrics = new Map<number, MetricStore>();
  readonly #free: LogStore[] = [];
  #cancelLinger: (() => void) | undefined;

  constructor(parts: PackingParts) {
    this.#parts = parts;
  }

  /** Copies the records, lets the bytes of the batch go and holds its receipt for each parcel that it goes into. */
  add(batch: LogBatch): void {
    if (batch.count === 0) {
      batch.free();
      batch.receipt.release();
      return;
    }
    const lane = this.#parts.laneOf(batch.stream);
    for (let record = 0; record < batch.count; ) {
      if (record > 0) batch.receipt.hold();
      record = this.#fill(lane, batch, record);
    }
    batch.free();
    this.#wait();
  }

  addPoints(batch: MetricBatch): void {
    if (batch.points.length === 0) return batch.receipt.release();
    const lane = this.#parts.laneOf(batch.stream);
    for (let next = 0; next < batch.points.length; ) {
      if (next > 0) batch.receipt.hold();
      next = this.#fillPoints(lane, batch, next);
    }
    this.#wait();
  }

  /** Emits what waits, whatever its size. */
  flush(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    for (const lane of [...this.#logs.keys()]) this.#emitLogs(lane);
    for (const lane of [...this.#metrics.keys()]) this.#emitMetrics(lane);
  }

  #wait(): void {
    if (this.#logs.size === 0 && this.#metrics.size === 0) return;
    if (this.#parts.lingerMs === 0) this.flush();
    else this.#cancelLinger ??= this.#parts.clock.after(this.#parts.lingerMs, () => this.flush());
  }

  /** Copies from record `from` on as many as there is room for, at least one; returns the next. */
  #fill(lane: number, batch: LogBatch, from: number): number {
    const store = this.#storeFor(lane, (batch.ends[from] ?? 0) - (batch.starts[from] ?? 0));
    const segment = store.segments.push({ stream: batch.stream, receipt: batch.receipt, readAtMs: batch.readAtMs }) - 1;
    let record = from;
    while (record < batch.count && store.count < store.starts.length) {
      const next = copyRun(batch, record, store, segment);
      if (next === record) break;
      record = next;
    }
    if (record < batch.count || store.count === store.starts.length || store.used >= this.#parts.maxBytes) this.#emitLogs(lane);
    return record;
  }

  #fillPoints(lane: number, batch: MetricBatch, from: number): number {
    let store = this.#metrics.get(lane);
    if (store === undefined) {
      store = new MetricStore(lane, this.#parts.maxRecords, (point) => Buffer.from(metricJson(point)));
      this.#metrics.set(lane, store);
    }
    const segment = store.segments.push({ stream: batch.stream, receipt: batch.receipt, readAtMs: 0 }) - 1;
    let next = from;
    for (; next < batch.points.length && store.points.length < this.#parts.maxRecords && store.used < this.#parts.maxBytes; next++) {
      const point = batch.points[next];
      if (point === undefined) break;
      store.segmentOf[store.points.length] = segment;
      store.points.push(point);
      store.used += pointBytes(point);
    }
    if (store.points.length === this.#parts.maxRecords || store.used >= this.#parts.maxBytes) this.#emitMetrics(lane);
    return next;
  }

  /** The store that is being filled, with room for one record of this length; a longer one than any gets a store of its own. */
  #storeFor(lane: number, length: number): LogStore {
    const present = this.#logs.get(lane);
    if (present !== undefined && present.used + length < present.bytes.length) return present;
    this.#emitLogs(lane);
    const { maxBytes: bytes, maxRecords: records } = this.#parts;
    const store = length >= bytes ? new LogStore(lane, { bytes: length + 1, records: 1 }, () => {}) : this.#fresh(lane, { bytes, records });
    this.#logs.set(lane, store);
    return store;
  }

  #fresh(lane: number, room: { readonly bytes: number; readonly records: number }): LogStore {
    const kept = this.#free.pop();
    if (kept === undefined) return new LogStore(lane, room, (done) => this.#giveBack(done));
    kept.lane = lane;
    return kept;
  }

  #giveBack(store: LogStore): void {
    if (this.#free.length >= keptStores) return;
    store.segments.length = 0;
    store.count = 0;
    store.used = 0;
    this.#free.push(store);
  }

  #emitLogs(lane: number): void {
    const store = this.#logs.get(lane);
    if (store === undefined) return;
    this.#logs.delete(lane);
    this.#parts.emit(new Parcel(store, allRows(store.count)));
  }

  #emitMetrics(lane: number): void {
    const store = this.#metrics.get(lane);
    if (store === undefined) return;
    this.#metrics.delete(lane);
    this.#parts.emit(new Parcel(store, allRows(store.points.length)));
  }
}

/**
 * Copies records that lie one after the other in the batch, each with a line break behind it as it was read, in one piece; as many as there is room for, at least one if
 * it fits. Returns the next. Line breaks stay between records, so that no record can complete the characters of another.
 */
function copyRun(batch: LogBatch, from: number, store: LogStore, segment: number): number {
  const { bytes, starts, ends, positions, times } = batch;
  const first = starts[from] ?? 0;
  const shift = store.used - first;
  const last = Math.min(batch.count, from + store.starts.length - store.count);
  const limit = first + store.bytes.length - store.used;
  let record = from;
  for (let start = first; record < last; record++) {
    if (starts[record] !== start || (ends[record] ?? 0) + 1 > limit) break;
    const end = ends[record] ?? 0;
    const row = store.count;
    store.starts[row] = start + shift;
    store.ends[row] = end + shift;
    store.segmentOf[row] = segment;
    store.positions[row] = positions === undefined ? batch.base + start : (positions[record] ?? 0);
    store.times[row] = times === undefined ? Number.NaN : (times[record] ?? Number.NaN);
    store.count += 1;
    start = bytes[end] === 10 ? end + 1 : -1;
  }
  if (record === from) return from;
  store.used += bytes.copy(store.bytes, store.used, first, ends[record - 1]);
  store.bytes[store.used] = 10;
  store.used += 1;
  return record;
}

const allRows = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);
