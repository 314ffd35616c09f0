/** Where bytes are read to: a slab for what is much, the heap for what is little, or larger than a slab. */
import type { Area } from '../framing/framer.ts';
import type { SlabPool } from '../slab.ts';
import { slabBytes, slabRecords } from '../slab.ts';

/** Below this a slab would be wasted: a thousand files with a line each would have them all. */
export const smallBytes = 32 << 10;

// One index for all that is framed on the heap: framing does not wait for anything, and what is kept of it is copied.
const starts = new Uint32Array(slabRecords);
const ends = new Uint32Array(slabRecords);

/** Undefined: there is no slab now. */
export function takeArea(slabs: SlabPool, length: number): Area | undefined {
  if (length <= smallBytes || length > slabBytes) return { bytes: Buffer.allocUnsafe(length), starts, ends };
  const slab = slabs.take();
  return slab === undefined ? undefined : { bytes: slab.bytes, starts: slab.starts, ends: slab.ends, slab };
}

/** The area with an index of its own. */
export function keepIndex(area: Area, count: number): Area {
  return area.slab === undefined ? { ...area, starts: starts.slice(0, count), ends: ends.slice(0, count) } : area;
}
