import type { Slab, SlabPool } from '../slab.ts';

/** A part of a pool: whoever has it can never take the last slab away from the others. */
export function shareOf(pool: SlabPool, size: number): SlabPool {
  let out = 0;
  const waiting: (() => void)[] = [];
  const back = () => {
    out -= 1;
    waiting.shift()?.();
  };
  return {
    size,
    get out() {
      return out;
    },
    take() {
      const slab = out < size ? pool.take() : undefined;
      if (slab === undefined) return undefined;
      out += 1;
      return new SharedSlab(slab, back);
    },
    available: () => (out < size ? pool.available() : new Promise((resolve) => waiting.push(resolve))),
  };
}

class SharedSlab implements Slab {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly #slab: Slab;
  readonly #back: () => void;
  #holds = 1;

  constructor(slab: Slab, back: () => void) {
    this.#slab = slab;
    this.#back = back;
    this.bytes = slab.bytes;
    this.starts = slab.starts;
    this.ends = slab.ends;
  }

  hold(): void {
    if (this.#holds === 0) throw new Error('a slab that nobody holds was held');
    this.#holds += 1;
  }

  release(): void {
    if (this.#holds === 0) throw new Error('a slab that nobody holds was released');
    this.#holds -= 1;
    if (this.#holds > 0) return;
    this.#slab.release();
    this.#back();
  }
}
