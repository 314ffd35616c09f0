/**
 * Kafka's records by the kernel: what lies in its memory already is only pointed at; columns of numbers that do not are copied into its
 * scratch once for each call, and records that do not in runs, as many at once as have room there.
 */
import type { LogBatch } from '../batch.ts';
import { slabRecords } from '../slab.ts';
import { encodePlainly, tailOf } from './kafka-plain.ts';
import type { EncodedRecords, RecordsOptions } from './kafka-records.ts';
import { type Kernel, kernelOf } from './kernel.ts';

/** Offsets in `struct common` of kernel.c. */
const at = {
  ...{ base: 0, readAt: 8, baseTime: 16, latest: 24 },
  ...{ starts: 32, ends: 36, positions: 40, times: 44 },
  ...{ tail: 48, tailBytes: 52, identity: 56, written: 60, insert: 64, inserted: 68 },
} as const;

/** Undefined when the kernel cannot: `out` is not in its memory, or records have keys. */
export function encodeInKernel(
  batch: LogBatch,
  from: number,
  out: Buffer,
  outStart: number,
  outLimit: number,
  options: RecordsOptions,
): EncodedRecords | undefined {
  const kernel = kernelOf(out);
  if (kernel === undefined || options.keyStarts !== undefined) return undefined;
  if (outStart < 0 || outLimit > out.length) throw new RangeError(`[${outStart}, ${outLimit}) is not in ${out.length} bytes`);
  const to = Math.min(options.to ?? Number.POSITIVE_INFINITY, options.select?.length ?? batch.count);
  if (!setCommon(kernel, batch, options)) return undefined;
  if (batch.bytes.buffer !== kernel.memory.buffer) return encodeVisitors(kernel, batch, from, to, out, outStart, outLimit, options);
  if (to - from > slabRecords) return undefined;
  const first = options.select === undefined ? pointAt(kernel, batch, from, to) : gather(kernel, batch, options.select, from, to);
  const { byteOffset } = batch.bytes;
  return call(kernel, byteOffset, first, to - from, out.byteOffset + outStart, outLimit - outStart, options.firstOffsetDelta);
}

/** What does not change from record to record; false when there is no room for it. */
function setCommon({ scratch }: Kernel, batch: LogBatch, options: RecordsOptions): boolean {
  const { common } = scratch;
  const tail = tailOf(batch, options);
  const inserted = options.insert?.length ?? 0;
  if (tail.bytes.length > scratch.tail.length || inserted > scratch.insert.length) return false;
  scratch.tail.set(tail.bytes);
  if (options.insert !== undefined) scratch.insert.set(options.insert);
  common.setFloat64(at.base, batch.base, true);
  common.setFloat64(at.readAt, Math.floor(batch.readAtMs), true);
  common.setFloat64(at.baseTime, options.baseTimestampMs, true);
  common.setUint32(at.tail, scratch.tail.byteOffset, true);
  common.setUint32(at.tailBytes, tail.bytes.length, true);
  common.setUint32(at.identity, tail.identity ? 1 : 0, true);
  common.setUint32(at.insert, scratch.insert.byteOffset, true);
  common.setUint32(at.inserted, inserted, true);
  return true;
}

function call(kernel: Kernel, bytes: number, first: number, count: number, out: number, room: number, offsetDelta: number): EncodedRecords {
  const { common } = kernel.scratch;
  const records = kernel.functions.records(bytes, first, first + count, out, Math.max(0, room), offsetDelta, common.byteOffset);
  return { records, bytes: common.getUint32(at.written, true), maxTimestampMs: common.getFloat64(at.latest, true) };
}

/** Columns from record `from` on; those on the heap are copied. Returns where the first record is in them. */
function pointAt({ scratch, memory }: Kernel, batch: LogBatch, from: number, to: number): number {
  const { starts, ends, positions, times } = batch;
  const inPlace = starts.buffer === memory.buffer && ends.buffer === memory.buffer;
  // All columns begin at the same record, so either all are pointed at where they lie or all begin at `from`.
  if (inPlace && positions === undefined && times === undefined) {
    setColumns(scratch.common, starts.byteOffset, ends.byteOffset, 0, 0);
    return from;
  }
  scratch.starts.set(starts.subarray(from, to));
  scratch.ends.set(ends.subarray(from, to));
  if (positions !== undefined) scratch.positions.set(positions.subarray(from, to));
  if (times !== undefined) scratch.times.set(times.subarray(from, to));
  setScratchColumns(scratch, positions !== undefined, times !== undefined);
  return 0;
}

function gather({ scratch }: Kernel, batch: LogBatch, select: Uint32Array, from: number, to: number): number {
  for (let next = from; next < to; next++) setRecord(scratch, next - from, batch, select[next] ?? 0, 0);
  setScratchColumns(scratch, true, true);
  return 0;
}

function encodeVisitors(
  kernel: Kernel,
  batch: LogBatch,
  from: number,
  to: number,
  out: Buffer,
  outStart: number,
  outLimit: number,
  options: RecordsOptions,
): EncodedRecords {
  const { scratch } = kernel;
  let next = from;
  let end = outStart;
  let latest = -1;
  while (next < to) {
    const count = gatherRun(scratch, batch, options.select, next, to);
    const offsetDelta = options.firstOffsetDelta + next - from;
    const done =
      count === 0
        ? encodePlainly(batch, next, out, end, outLimit, { ...options, firstOffsetDelta: offsetDelta, to: next + 1 })
        : call(kernel, scratch.visitors.byteOffset, 0, count, out.byteOffset + end, outLimit - end, offsetDelta);
    next += done.records;
    end += done.bytes;
    latest = Math.max(latest, done.maxTimestampMs);
    if (done.records < Math.max(1, count)) break;
  }
  return { records: next - from, bytes: end - outStart, maxTimestampMs: latest };
}

/** Copies records from `from` on that lie behind one another and have room together; 0 when the first alone has none. */
function gatherRun(scratch: Kernel['scratch'], batch: LogBatch, select: Uint32Array | undefined, from: number, to: number): number {
  const { starts, ends, bytes } = batch;
  const first = starts[select?.[from] ?? from] ?? 0;
  const most = Math.min(to - from, slabRecords);
  let count = 0;
  let last = first;
  for (; count < most; count++) {
    const record = select?.[from + count] ?? from + count;
    const end = ends[record] ?? 0;
    if ((starts[record] ?? 0) < first || end - first > scratch.visitors.length) break;
    setRecord(scratch, count, batch, record, first);
    if (end > last) last = end;
  }
  if (count > 0) bytes.copy(scratch.visitors, 0, first, last);
  setScratchColumns(scratch, true, true);
  return count;
}

function setRecord(scratch: Kernel['scratch'], to: number, batch: LogBatch, record: number, origin: number): void {
  scratch.starts[to] = (batch.starts[record] ?? 0) - origin;
  scratch.ends[to] = (batch.ends[record] ?? 0) - origin;
  scratch.positions[to] = batch.positionOf(record);
  scratch.times[to] = batch.timeOf(record);
}

function setScratchColumns(scratch: Kernel['scratch'], positions: boolean, times: boolean): void {
  const { starts, ends } = scratch;
  const positionsAt = positions ? scratch.positions.byteOffset : 0;
  setColumns(scratch.common, starts.byteOffset, ends.byteOffset, positionsAt, times ? scratch.times.byteOffset : 0);
}

function setColumns(common: DataView, starts: number, ends: number, positions: number, times: number): void {
  common.setUint32(at.starts, starts, true);
  common.setUint32(at.ends, ends, true);
  common.setUint32(at.positions, positions, true);
  common.setUint32(at.times, times, true);
}
