import type { Slab } from '../slab.ts';
import { slabRecords } from '../slab.ts';
import { kernelOf } from './kernel.ts';

/**
 * Finds the lines that end in slab.bytes[from, to): fills `starts` and `ends` (the delimiter, byte 10, belongs to neither) and returns how
 * many there are, at most `slabRecords`. The first starts at `from`; what follows the last delimiter is not a line yet.
 */
export function indexLines(slab: Slab, from: number, to: number): number {
  const { bytes, starts, ends } = slab;
  const kernel = kernelOf(bytes);
  if (kernel === undefined || starts.buffer !== bytes.buffer || ends.buffer !== bytes.buffer) return indexPlainly(slab, from, to);
  // The kernel would find lines in the slab beside.
  if (from < 0 || to > bytes.length) throw new RangeError(`[${from}, ${to}) is not in a slab`);
  return kernel.functions.lines(bytes.byteOffset, from, to, starts.byteOffset, ends.byteOffset, slabRecords);
}

/** The same without a kernel. */
export function indexPlainly({ bytes, starts, ends }: Slab, from: number, to: number): number {
  let count = 0;
  let start = from;
  while (count < slabRecords) {
    const end = bytes.indexOf(10, start);
    if (end === -1 || end >= to) break;
    starts[count] = start;
    ends[count] = end;
    count += 1;
    start = end + 1;
  }
  return count;
}
