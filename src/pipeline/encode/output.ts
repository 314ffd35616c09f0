/**
 * Where changed or encoded records are written: memory that comes back.
 *
 * Whoever writes records anew still holds the slab that they came in. Were it to wait for a slab of the same pool, and every slab were held by somebody who
 * does the same, all would wait for ever. So a shared slab is taken only while there is one, and what is waited for is a reserve of one's own, which
 * only those further down hold. What is written may also be larger than a slab (every record grew by its tags): memory of the reserve grows.
 */
import type { Slab, SlabPool } from '../slab.ts';
import { slabBytes, slabRecords } from '../slab.ts';

/** Less than this is written to the heap: a slab for a few lines would only run short. */
const heapBytes = 64 << 10;
/** Memory of the reserve that grew beyond this (a line of 10 MiB) is not kept. */
const keptBytes = 4 << 20;

export interface Output {
  bytes: Buffer;
  starts: Uint32Array;
  ends: Uint32Array;
  /** The next byte to be written. */
  at: number;
  /** Makes room for so many bytes behind `at`; `bytes` may be another buffer afterwards, with the same content up to `at`. */
  room(more: number): void;
  /** What the batch is given; undefined when its bytes are on the heap. */
  readonly slab: Slab | undefined;
}

export interface Outputs {
  /** `bytes` is a guess, `records` is not. Undefined when all of it is out: wait for `available`. */
  take(bytes: number, records: number): Output | undefined;
  available(): Promise<void>;
}

export function createOutputs(slabs: SlabPool, reserve: number): Outputs {
  const free: ReserveSlab[] = [];
  const waiting: (() => void)[] = [];
  let out = 0;
  const back = (slab: ReserveSlab) => {
    out -= 1;
    if (slab.bytes.length <= keptBytes) free.push(slab);
    waiting.shift()?.();
  };
  const own = (bytes: number, records: number): Output | undefined => {
    if (out >= reserve) return undefined;
    out += 1;
    const slab = free.pop() ?? new ReserveSlab(back);
    slab.begin(bytes, records);
    return slab;
  };
  return {
    take(bytes, records) {
      if (bytes <= heapBytes) return new HeapOutput(bytes, records);
      const slab = bytes <= slabBytes && records <= slabRecords ? slabs.take() : undefined;
      return slab === undefined ? own(bytes, records) : new SlabOutput(slab);
    },
    available: () => (out < reserve ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

const grown = (bytes: Buffer, used: number, needed: number): Buffer => {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.ceil(bytes.length * 1.5)));
  bytes.copy(larger, 0, 0, used);
  return larger;
};

class HeapOutput implements Output {
  bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly slab: Slab | undefined = undefined;
  at = 0;

  constructor(bytes: number, records: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.starts = new Uint32Array(records);
    this.ends = new Uint32Array(records);
  }

  room(more: number): void {
    if (this.at + more > this.bytes.length) this.bytes = grown(this.bytes, this.at, this.at + more);
  }
}

/** In a slab as long as it fits, then on the heap. */
class SlabOutput implements Output {
  bytes: Buffer;
  starts: Uint32Array;
  ends: Uint32Array;
  at = 0;
  slab: Slab | undefined;

  constructor(slab: Slab) {
    this.slab = slab;
    this.bytes = slab.bytes;
    this.starts = slab.starts;
    this.ends = slab.ends;
  }

  room(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    this.bytes = grown(this.bytes, this.at, this.at + more);
    if (this.slab === undefined) return;
    this.starts = this.starts.slice();
    this.ends = this.ends.slice();
    this.slab.release();
    this.slab = undefined;
  }
}

class ReserveSlab implements Slab, Output {
  bytes: Buffer = Buffer.alloc(0);
  starts: Uint32Array = new Uint32Array(0);
  ends: Uint32Array = new Uint32Array(0);
  at = 0;
  readonly slab: Slab = this;
  readonly #back: (slab: ReserveSlab) => void;
  #holds = 0;

  constructor(back: (slab: ReserveSlab) => void) {
    this.#back = back;
  }

  begin(bytes: number, records: number): void {
    this.#holds = 1;
    this.at = 0;
    // Half a MiB at a time, so that batches of about the same size use the same memory.
    if (this.bytes.length < bytes) this.bytes = Buffer.allocUnsafeSlow(Math.ceil(bytes / (512 << 10)) * (512 << 10));
    if (this.starts.length < records) {
      this.starts = new Uint32Array(Math.max(slabRecords, records));
      this.ends = new Uint32Array(Math.max(slabRecords, records));
    }
  }

  room(more: number): void {
    if (this.at + more > this.bytes.length) this.bytes = grown(this.bytes, this.at, this.at + more);
  }

  hold(): void {
    if (this.#holds === 0) throw new Error('memory that nobody holds was held');
    this.#holds += 1;
  }

  release(): void {
    if (this.#holds === 0) throw new Error('memory that nobody holds was released');
    this.#holds -= 1;
    if (this.#holds === 0) this.#back(this);
  }
}
