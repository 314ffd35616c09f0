/**
 * Where records are encoded: slabs that are filled from the front, by several wire batches one after the other.
 *
 * One slab is kept for as long as the sink lives. Otherwise a pool whose slabs all hold records that wait for this sink would
 * leave it without one to encode them in.
 */
import type { Slab, SlabPool } from '../../slab.ts';
import { slabBytes } from '../../slab.ts';

export class ArenaSlab {
  readonly bytes: Buffer;
  readonly slab: Slab;
  readonly #free: (slab: ArenaSlab) => void;
  #holds = 0;
  /** What lies before is in use, or was. */
  at = 0;

  constructor(slab: Slab, free: (slab: ArenaSlab) => void) {
    this.slab = slab;
    this.bytes = slab.bytes;
    this.#free = free;
  }

  get held(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#free(this);
  }
}

export class Arena {
  readonly #pool: SlabPool;
  readonly #onRoom: () => void;
  #current: ArenaSlab | undefined;
  readonly #full = new Set<ArenaSlab>();
  #waiting = false;
  #closed = false;

  /** `onRoom`: there may be room again after `room` had none. */
  constructor(pool: SlabPool, onRoom: () => void) {
    this.#pool = pool;
    this.#onRoom = onRoom;
    this.#current = this.#take();
  }

  /** Slabs that batches lie in. */
  get slabs(): number {
    return this.#full.size + (this.#current?.held === true ? 1 : 0);
  }

  /** The slab that is being filled; undefined: wait for `onRoom`. */
  room(): ArenaSlab | undefined {
    if (this.#current === undefined) this.#current = this.#take();
    if (this.#current === undefined) this.#wait();
    return this.#current;
  }

  /** Goes on in another slab, since what is left of this one is too little; false: wait for `onRoom`. */
  next(): boolean {
    const current = this.#current;
    if (current === undefined) return false;
    if (!current.held) {
      current.at = 0;
      return true;
    }
    const fresh = this.#take();
    if (fresh === undefined) {
      this.#wait();
      return false;
    }
    this.#full.add(current);
    this.#current = fresh;
    return true;
  }

  /** Gives everything back; all batches have let go. */
  close(): void {
    this.#closed = true;
    this.#current?.slab.release();
    this.#current = undefined;
  }

  #take(): ArenaSlab | undefined {
    const slab = this.#pool.take();
    return slab === undefined ? undefined : new ArenaSlab(slab, (free) => this.#freed(free));
  }

  #freed(slab: ArenaSlab): void {
    if (this.#full.delete(slab)) slab.slab.release();
    else slab.at = 0;
    if (!this.#closed) this.#onRoom();
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    void this.#pool.available().then(() => {
      this.#waiting = false;
      if (!this.#closed) this.#onRoom();
    });
  }
}

export const arenaSlabBytes = slabBytes;
