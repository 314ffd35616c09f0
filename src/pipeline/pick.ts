import { LogBatch } from './batch.ts';

/** The records whose entry of `wanted` is not 0, with index arrays of their own; bytes, slab and receipt are those of the batch. */
export function pick(batch: LogBatch, wanted: Uint8Array): LogBatch {
  const { count, positions, times } = batch;
  let size = 0;
  for (let record = 0; record < count; record++) if (wanted[record] !== 0) size += 1;
  const starts = new Uint32Array(size);
  const ends = new Uint32Array(size);
  const pickedPositions = positions === undefined ? undefined : new Float64Array(size);
  const pickedTimes = times === undefined ? undefined : new Float64Array(size);
  let next = 0;
  for (let record = 0; record < count; record++) {
    if (wanted[record] === 0) continue;
    starts[next] = batch.starts[record] ?? 0;
    ends[next] = batch.ends[record] ?? 0;
    if (pickedPositions !== undefined) pickedPositions[next] = positions?.[record] ?? 0;
    if (pickedTimes !== undefined) pickedTimes[next] = times?.[record] ?? Number.NaN;
    next += 1;
  }
  return new LogBatch({ ...batch, starts, ends, count: size, positions: pickedPositions, times: pickedTimes });
}
