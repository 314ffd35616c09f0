/** What is asked of the columns of a batch whenever its records are written anew. */
import type { LogBatch } from '../batch.ts';

/** The range of the bytes that all records lie in. */
export function extentOf({ starts, ends, count }: LogBatch): { readonly from: number; readonly to: number } {
  let from = count === 0 ? 0 : (starts[0] ?? 0);
  let to = from;
  for (let record = 0; record < count; record++) {
    const start = starts[record] ?? 0;
    const end = ends[record] ?? 0;
    if (start < from) from = start;
    if (end > to) to = end;
  }
  return { from, to };
}

/** Positions that stay true when the records lie elsewhere. */
export function positionsOf(batch: LogBatch): Float64Array {
  if (batch.positions !== undefined) return batch.positions;
  const positions = new Float64Array(batch.count);
  for (let record = 0; record < batch.count; record++) positions[record] = batch.base + (batch.starts[record] ?? 0);
  return positions;
}
