import { createKernel, type Kernel } from './kernel/kernel.ts';
import type { Slab, SlabPool } from './slab.ts';
import { slabBytes, slabRecords } from './slab.ts';

const indexBytes = slabRecords * 4;
/** Bytes of a slab and its two index arrays, one behind the other. */
const strideBytes = slabBytes + 2 * indexBytes;

/**
 * At most `size` slabs, each made when it is first needed. They lie in the one memory of a kernel, so that it works on them where they are,
 * and slabs of one pool can be written from one into the other; without a kernel each is on its own.
 */
export function createSlabPool(size: number): SlabPool {
  const kernel = createKernel(size * strideBytes);
  const free: PooledSlab[] = [];
  const waiting: (() => void)[] = [];
  let made = 0;
  const back = (slab: PooledSlab) => {
    free.push(slab);
    waiting.shift()?.();
  };
  const make = (): PooledSlab => {
    const slab = kernel === undefined ? heapSlab(back) : kernelSlab(kernel, made, back);
    made += 1;
    return slab;
  };
  return {
    size,
    get out() {
      return made - free.length;
    },
    take() {
      // The one that came back last is taken first: what was touched already stays in use, and memory that was never needed is never touched.
      const slab = free.pop() ?? (made < size ? make() : undefined);
      slab?.taken();
      return slab;
    },
    available: () => (free.length > 0 || made < size ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

type Back = (slab: PooledSlab) => void;

function kernelSlab({ memory, roomAt }: Kernel, index: number, back: Back): PooledSlab {
  const at = roomAt + index * strideBytes;
  return new PooledSlab(
    Buffer.from(memory.buffer, at, slabBytes),
    new Uint32Array(memory.buffer, at + slabBytes, slabRecords),
    new Uint32Array(memory.buffer, at + slabBytes + indexBytes, slabRecords),
    back,
  );
}

const heapSlab = (back: Back): PooledSlab =>
  new PooledSlab(Buffer.allocUnsafeSlow(slabBytes), new Uint32Array(slabRecords), new Uint32Array(slabRecords), back);

class PooledSlab implements Slab {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly #back: Back;
  #holds = 0;

  constructor(bytes: Buffer, starts: Uint32Array, ends: Uint32Array, back: Back) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
    this.#back = back;
  }

  taken(): void {
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
