/** Records as lines: each followed by one line break, in a buffer that grows. */
import type { LogBatch, MetricBatch } from '../batch.ts';
import { metricJson } from '../encode/metric-json.ts';

const lineBreak = 10;

/** How many bytes records [from, to) take as lines. */
export function lineBytes(batch: LogBatch, from: number, to: number): number {
  let bytes = to - from;
  for (let record = from; record < to; record++) bytes += (batch.ends[record] ?? 0) - (batch.starts[record] ?? 0);
  return bytes;
}

/**
 * Copies records [from, to) of a batch as lines into `into` at `at`, where they must have room; returns where they end. What lies in the batch as it
 * was read, line after line, is copied in one piece.
 */
export function copyLines(batch: LogBatch, from: number, to: number, into: Buffer, at: number): number {
  const { bytes, starts, ends } = batch;
  let out = at;
  for (let record = from; record < to; ) {
    const first = record;
    while (record < to - 1 && starts[record + 1] === (ends[record] ?? 0) + 1 && bytes[ends[record] ?? 0] === lineBreak) record += 1;
    const end = ends[record] ?? 0;
    out += bytes.copy(into, out, starts[first], end);
    into[out] = lineBreak;
    out += 1;
    record += 1;
  }
  return out;
}

export function metricLines(batch: Pick<MetricBatch, 'points'>): Buffer {
  return Buffer.from(batch.points.map((point) => `${metricJson(point)}\n`).join(''));
}
