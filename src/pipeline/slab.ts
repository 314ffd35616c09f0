/**
 * Fixed memory for bytes on their way: what is read, changed or encoded lives in slabs of one pool, so that resident memory is flat
 * whatever the rate. A slab goes back when its last reader lets go of it.
 */

/** Bytes of one slab: what is read at once at most, and what the largest wire batch has room in. */
export const slabBytes = 1 << 20;
/** Records that the index of one slab has room for; a batch with more (very short lines) is cut. */
export const slabRecords = 1 << 14;

export interface Slab {
  /** `slabBytes` long. May lie in the memory of the WebAssembly kernel. */
  readonly bytes: Buffer;
  /** Room for where records start and end, `slabRecords` long each. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  hold(): void;
  release(): void;
}

export interface SlabPool {
  /** With one hold; undefined when all are out: then wait for `available`. */
  take(): Slab | undefined;
  /** Resolves when a slab came back; at once when there is one. Waiters are served in order. */
  available(): Promise<void>;
  /** Slabs that are out: 0 when nothing is on its way, which tests check. */
  readonly out: number;
  readonly size: number;
}
