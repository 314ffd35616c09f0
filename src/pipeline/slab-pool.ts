import type { Slab, SlabPool } from './slab.ts';
import { slabBytes, slabRecords } from './slab.ts';

/** At most `size` slabs, each made when it is first needed. */
export function createSlabPool(size: number): SlabPool {
  const free: PooledSlab[] = [];
  const waiting: (() => void)[] = [];
  let made = 0;
  const back = (slab: PooledSlab) => {
    free.push(slab);
    waiting.shift()?.();
  };
  return {
    size,
    get out() {
      return made - free.length;
    },
    take() {
      const slab = free.pop() ?? (made < size ? new PooledSlab(back) : undefined);
      if (slab === undefined) return undefined;
      if (slab.fresh) made += 1;
      slab.taken();
      return slab;
    },
    available: () => (free.length > 0 || made < size ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

class PooledSlab implements Slab {
  readonly bytes = Buffer.allocUnsafeSlow(slabBytes);
  readonly starts = new Uint32Array(slabRecords);
  readonly ends = new Uint32Array(slabRecords);
  readonly #back: (slab: PooledSlab) => void;
  #holds = 0;
  fresh = true;

  constructor(back: (slab: PooledSlab) => void) {
    this.#back = back;
  }

  taken(): void {
    this.fresh = false;
    this.#holds = 1;
  }

  hold(): void {
    if (this.#holds === 0) throw new Error('a slab that nobody holds was held');
    this.#holds += 1;
  }

  release(): void {
    if (this.#holds === 0) throw new Error('a slab that nobody holds was released');
    this.#holds -= 1;
    if (this.#holds === 0) this.#back(this);
  }
}
