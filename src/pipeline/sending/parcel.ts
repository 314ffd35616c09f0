/**
 * What one request carries: rows of a store, each row a record or a metric point. A parcel that is refused is split into parcels over the same store; receipts are
 * held once by each parcel that has a row of theirs.
 */
import type { DeadLetter } from '../dead-letters/dead-letters.ts';
import type { MetricPoint } from '../metric-point.ts';
import type { Receipt } from '../receipt.ts';
import type { Stream } from '../stream.ts';

/** The part of a store that came from one batch. */
export interface Segment {
  readonly stream: Stream;
  readonly receipt: Receipt;
  /** Of records that have no time of their own. */
  readonly readAtMs: number;
}

export interface ParcelStore {
  readonly lane: number;
  readonly segments: Segment[];
  /** Row → its segment. */
  readonly segmentOf: Uint32Array;
  /** Parcels over it that are not settled yet. */
  parcels: number;
  rowBytes(row: number): number;
  letter(row: number): { readonly position: number; readonly bytes: Uint8Array };
  /** No parcel needs it any more. */
  done(): void;
}

export class Parcel<Store extends ParcelStore = ParcelStore> {
  readonly store: Store;
  /** Ascending. */
  readonly rows: Uint32Array;
  readonly bytes: number;
  /** What it looks like on the wire, kept from the first attempt to the next. */
  body: Buffer | undefined;

  /** Takes over one hold of the receipt of every segment that has a row in it. */
  constructor(store: Store, rows: Uint32Array) {
    this.store = store;
    this.rows = rows;
    store.parcels += 1;
    let bytes = 0;
    for (const row of rows) bytes += store.rowBytes(row);
    this.bytes = bytes;
  }

  get count(): number {
    return this.rows.length;
  }

  segment(row: number): Segment {
    const segment = this.store.segments[this.store.segmentOf[row] ?? 0];
    if (segment === undefined) throw new Error('a row without a segment');
    return segment;
  }

  /** Two parcels in its place, which take its holds over. */
  halves(): readonly [Parcel<Store>, Parcel<Store>] {
    const middle = this.rows.length >> 1;
    const [first, second] = this.divide([this.rows.slice(0, middle), this.rows.slice(middle)]);
    if (first === undefined || second === undefined) throw new Error('a parcel of one record was split');
    return [first, second];
  }

  /** Parcels in its place, one for each set of rows that is not empty; together they are all of its rows. */
  divide(sets: readonly Uint32Array[]): readonly Parcel<Store>[] {
    const parts = sets.filter((rows) => rows.length > 0).map((rows) => new Parcel(this.store, rows));
    for (const part of parts) for (const segment of part.#segments()) segment.receipt.hold();
    this.settle(true);
    return parts;
  }

  /** The rows with these numbers within the parcel, and the others. */
  rowsAt(numbers: ReadonlySet<number>): { readonly in: Uint32Array; readonly out: Uint32Array } {
    return { in: this.rows.filter((_, index) => numbers.has(index)), out: this.rows.filter((_, index) => !numbers.has(index)) };
  }

  /** Lets go of its holds and of its store. */
  settle(delivered: boolean): void {
    this.body = undefined;
    for (const { receipt } of this.#segments()) {
      if (delivered) receipt.release();
      else receipt.fail();
    }
    this.store.parcels -= 1;
    if (this.store.parcels === 0) this.store.done();
  }

  letters(sink: string, reason: string): readonly DeadLetter[] {
    return Array.from(this.rows, (row) => {
      const { stream } = this.segment(row);
      return { sink, reason, source: stream.source, generation: stream.generation, ...this.store.letter(row) };
    });
  }

  #segments(): Set<Segment> {
    const found = new Set<Segment>();
    for (const row of this.rows) found.add(this.segment(row));
    return found;
  }
}

/** Records of logs, copied out of their slabs. */
export class LogStore implements ParcelStore {
  lane: number;
  readonly segments: Segment[] = [];
  readonly segmentOf: Uint32Array;
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly positions: Float64Array;
  /** NaN for a record without a time. */
  readonly times: Float64Array;
  readonly #done: (store: LogStore) => void;
  parcels = 0;
  count = 0;
  used = 0;

  constructor(lane: number, room: { readonly bytes: number; readonly records: number }, done: (store: LogStore) => void) {
    this.lane = lane;
    this.bytes = Buffer.allocUnsafeSlow(room.bytes);
    this.starts = new Uint32Array(room.records);
    this.ends = new Uint32Array(room.records);
    this.segmentOf = new Uint32Array(room.records);
    this.positions = new Float64Array(room.records);
    this.times = new Float64Array(room.records);
    this.#done = done;
  }

  rowBytes(row: number): number {
    return (this.ends[row] ?? 0) - (this.starts[row] ?? 0);
  }

  readAtMs(row: number): number {
    return this.segments[this.segmentOf[row] ?? 0]?.readAtMs ?? 0;
  }

  timeOf(row: number): number {
    const time = this.times[row] ?? Number.NaN;
    return Number.isNaN(time) ? this.readAtMs(row) : time;
  }

  letter(row: number) {
    return { position: this.positions[row] ?? 0, bytes: this.bytes.subarray(this.starts[row], this.ends[row]) };
  }

  done(): void {
    this.#done(this);
  }
}

export class MetricStore implements ParcelStore {
  readonly lane: number;
  readonly segments: Segment[] = [];
  readonly segmentOf: Uint32Array;
  readonly points: MetricPoint[] = [];
  readonly #letter: (point: MetricPoint) => Uint8Array;
  parcels = 0;
  used = 0;

  constructor(lane: number, room: number, letter: (point: MetricPoint) => Uint8Array) {
    this.lane = lane;
    this.segmentOf = new Uint32Array(room);
    this.#letter = letter;
  }

  rowBytes(row: number): number {
    const point = this.points[row];
    return point === undefined ? 0 : pointBytes(point);
  }

  letter(row: number) {
    const point = this.points[row];
    return { position: row, bytes: point === undefined ? new Uint8Array() : this.#letter(point) };
  }

  done(): void {}
}

/** About what a point takes in memory and on the wire. */
export function pointBytes(point: MetricPoint): number {
  let bytes = point.name.length + 32;
  for (const key in point.labels) bytes += key.length + (point.labels[key]?.length ?? 0);
  return point.value.kind === 'histogram' ? bytes + 16 * point.value.counts.length : bytes;
}
