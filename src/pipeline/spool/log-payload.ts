/**
 * The payload of a `logs` frame: 32 bytes, then positions, times, starts and ends as the batch has them in memory (little-endian on all
 * machines that Node.js runs on and we know), then the bytes. Nothing is done for a single record.
 */
import type { LogBatch } from '../batch.ts';
import { LogBatch as Batch } from '../batch.ts';
import type { Receipt } from '../receipt.ts';
import type { Slab } from '../slab.ts';
import { slabBytes, slabRecords } from '../slab.ts';
import type { Stream } from '../stream.ts';

const fixedBytes = 32;
const hasPositions = 1;
const hasTimes = 2;
/** Fewer bytes are not worth one of the few slabs. */
const worthASlab = 1 << 14;

/** The parts of the payload; the large ones are views of the batch. */
export function logPayload(batch: LogBatch): Uint8Array[] {
  const { from, to, used } = extent(batch);
  // Most of it was filtered away: what is left is copied together, each with its position.
  if (used < (to - from) / 2) return logPayload(compact(batch, used));
  const fixed = Buffer.alloc(fixedBytes);
  fixed.writeDoubleLE(batch.base, 0);
  fixed.writeDoubleLE(batch.readAtMs, 8);
  fixed.writeUInt32LE(from, 16);
  fixed.writeUInt32LE(to - from, 20);
  fixed.writeUInt32LE((batch.positions ? hasPositions : 0) | (batch.times ? hasTimes : 0), 24);
  const { positions, times, starts, ends, count } = batch;
  const parts: Uint8Array[] = [fixed];
  for (const column of [positions, times, starts, ends]) if (column !== undefined) parts.push(bytesOf(column.subarray(0, count)));
  parts.push(batch.bytes.subarray(from, to));
  return parts;
}

export function readLogPayload(payload: Buffer, count: number, stream: Stream, receipt: Receipt, slab: Slab | undefined): LogBatch {
  const flags = payload.readUInt32LE(24);
  const from = payload.readUInt32LE(16);
  const length = payload.readUInt32LE(20);
  let at = fixedBytes;
  const column = <Column extends Float64Array | Uint32Array>(into: Column): Column => {
    const bytes = bytesOf(into);
    payload.copy(bytes, 0, at, at + bytes.length);
    at += bytes.length;
    return into;
  };
  const positions = flags & hasPositions ? column(new Float64Array(count)) : undefined;
  const times = flags & hasTimes ? column(new Float64Array(count)) : undefined;
  const starts = column(slab?.starts.subarray(0, count) ?? new Uint32Array(count));
  const ends = column(slab?.ends.subarray(0, count) ?? new Uint32Array(count));
  const bytes = slab?.bytes ?? Buffer.allocUnsafeSlow(length);
  payload.copy(bytes, 0, at, at + length);
  for (let record = 0; from > 0 && record < count; record++) {
    starts[record] = (starts[record] ?? 0) - from;
    ends[record] = (ends[record] ?? 0) - from;
  }
  const [base, readAtMs] = [payload.readDoubleLE(0) + from, payload.readDoubleLE(8)];
  return new Batch({ stream, bytes, starts, ends, count, base, positions, times, readAtMs, receipt, slab });
}

/** Whether the batch in this payload is to be brought in a slab. */
export function wantsSlab(payload: Buffer, count: number): boolean {
  const length = payload.readUInt32LE(20);
  return length >= worthASlab && length <= slabBytes && count <= slabRecords;
}

/** Where the records lie, and how many bytes they are. */
function extent({ starts, ends, count }: LogBatch): { readonly from: number; readonly to: number; readonly used: number } {
  let [from, to, used] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let record = 0; record < count; record++) {
    const start = starts[record] ?? 0;
    const end = ends[record] ?? 0;
    if (start < from) from = start;
    if (end > to) to = end;
    used += end - start + 1;
  }
  return { from: Math.min(from, to), to, used };
}

function compact(batch: LogBatch, used: number): LogBatch {
  const bytes = Buffer.allocUnsafeSlow(used);
  const [starts, ends] = [new Uint32Array(batch.count), new Uint32Array(batch.count)];
  const positions = new Float64Array(batch.count);
  let at = 0;
  for (let record = 0; record < batch.count; record++) {
    positions[record] = batch.positionOf(record);
    starts[record] = at;
    at += batch.bytes.copy(bytes, at, batch.starts[record], batch.ends[record]);
    ends[record] = at;
  }
  return new Batch({ ...batch, bytes, starts, ends, positions, slab: undefined });
}

function bytesOf(column: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
