import { LogBatch } from '../batch.ts';
import { extentOf, positionsOf } from '../encode/columns.ts';
import type { Output, Outputs } from '../encode/output.ts';
import { pick } from '../pick.ts';
import type { Stream } from '../stream.ts';
import type { Group, Outcome, Placed, Stage } from './stages.ts';
import type { PickStep, RewriteStep, StreamStep } from './step.ts';
import { eachStreamOnce } from './step.ts';
import { RecordParts } from './taken-apart.ts';

export function stageOf(group: Group, outputs: Outputs): Stage {
  if (group.kind === 'fused') return fusedStage(group.placed, outputs);
  const { placed } = group;
  const { step } = placed;
  switch (step.kind) {
    case 'stream':
      return streamStage(placed, step);
    case 'pick':
      return pickStage(placed, step);
    case 'rewrite':
      return rewriteStage(placed, step, outputs);
    case 'change':
      return fusedStage([placed], outputs);
    default:
      return step satisfies never;
  }
}

const completes = ({ last, owner }: Placed): string | undefined => (last ? owner.name : undefined);

function count({ first, last, owner }: Placed, before: number, after: number): void {
  if (first) owner.counters.in += before;
  if (last) owner.counters.out += after;
}

const withStream = (batch: LogBatch, stream: Stream): LogBatch => (stream === batch.stream ? batch : new LogBatch({ ...batch, stream }));

/** Nothing of it goes on: as good as delivered. */
export function letGo(batch: LogBatch): undefined {
  batch.free();
  batch.receipt.release();
  return undefined;
}

function streamStage(placed: Placed, step: StreamStep): Stage {
  return {
    completes: completes(placed),
    run(batch) {
      count(placed, batch.count, batch.count);
      return withStream(batch, step.streamFor(batch.stream));
    },
  };
}

function pickStage(placed: Placed, step: PickStep): Stage {
  let wanted = new Uint8Array(1_024);
  return {
    completes: completes(placed),
    run(batch) {
      const { bytes, starts, ends } = batch;
      if (wanted.length < batch.count) wanted = new Uint8Array(batch.count * 2);
      let kept = 0;
      step.begin(batch, extentOf(batch).to);
      for (let record = 0; record < batch.count; record++) {
        const keeps = step.keeps(bytes, starts[record] ?? 0, ends[record] ?? 0, record) ? 1 : 0;
        wanted[record] = keeps;
        kept += keeps;
      }
      step.end?.();
      count(placed, batch.count, kept);
      if (kept === batch.count) return batch;
      return kept === 0 ? letGo(batch) : pick(batch, wanted);
    },
  };
}

function rewriteStage(placed: Placed, step: RewriteStep, outputs: Outputs): Stage {
  return {
    completes: completes(placed),
    run(batch): Outcome {
      const { bytes, starts, ends } = batch;
      const { from, to } = extentOf(batch);
      const changed = new Map<number, Buffer>();
      let larger = 0;
      step.begin(batch, to);
      for (let record = 0; record < batch.count; record++) {
        const start = starts[record] ?? 0;
        const end = ends[record] ?? 0;
        const instead = step.rewrite(bytes, start, end);
        if (instead === undefined) continue;
        changed.set(record, instead);
        larger += Math.max(0, instead.length - (end - start));
      }
      if (changed.size > 0) {
        const output = outputs.take(to - from + larger + 1, batch.count);
        if (output === undefined) return 'wait';
        for (let record = 0; record < batch.count; record++) {
          const instead = changed.get(record);
          if (instead === undefined) writeRecord(output, record, bytes, starts[record] ?? 0, ends[record] ?? 0);
          else writeRecord(output, record, instead, 0, instead.length);
        }
        count(placed, batch.count, batch.count);
        return written(batch, output, batch.stream, batch.count, positionsOf(batch), batch.times);
      }
      count(placed, batch.count, batch.count);
      return batch;
    },
  };
}

function writeRecord(output: Output, record: number, bytes: Buffer, start: number, end: number): void {
  output.room(end - start);
  output.starts[record] = output.at;
  output.at += bytes.copy(output.bytes, output.at, start, end);
  output.ends[record] = output.at;
}

function written(
  batch: LogBatch,
  output: Output,
  stream: Stream,
  records: number,
  positions: Float64Array,
  times: Float64Array | undefined,
): LogBatch {
  const { readAtMs, receipt } = batch;
  const { bytes, starts, ends, slab } = output;
  const result = new LogBatch({ stream, bytes, starts, ends, count: records, base: 0, positions, times, readAtMs, receipt, slab });
  batch.free();
  return result;
}

/** Room for what is written, as a part of what was read: the most of late, and a little. */
const firstGuess = 1.25;

function fusedStage(group: readonly Placed[], outputs: Outputs): Stage {
  const parts = new RecordParts();
  const dropped = new Uint32Array(group.length);
  const last = group.at(-1);
  let guess = firstGuess;

  /** The stream as each step sees it, and as it is after all of them. */
  const begin = (batch: LogBatch): Stream => {
    let seen = batch;
    const { to } = extentOf(batch);
    for (const { step } of group) {
      if (step.kind === 'pick') step.begin(seen, to);
      if (step.kind === 'change') step.begin(seen);
      if (step.kind === 'stream' || step.kind === 'change') seen = withStream(seen, step.streamFor?.(seen.stream) ?? seen.stream);
    }
    return seen.stream;
  };

  /** Index of the step that the record ends at; -1 when it goes on. */
  const change = (record: number): number => {
    for (let index = 0; index < group.length; index += 1) {
      const step = group[index]?.step;
      if (step?.kind === 'change' && !step.change(parts, record)) return index;
      if (step?.kind === 'pick' && !step.keepsParts(parts, record)) return index;
    }
    return -1;
  };

  const finish = (batch: LogBatch): void => {
    let left = batch.count;
    for (const [index, placed] of group.entries()) {
      if (placed.step.kind === 'pick') placed.step.end?.();
      const before = left;
      left -= dropped[index] ?? 0;
      if (index === 0) placed.owner.counters.parsed += before;
      count(placed, before, left);
    }
    dropped.fill(0);
  };

  return {
    completes: last === undefined ? undefined : completes(last),
    run(batch): Outcome {
      const { bytes, starts, ends } = batch;
      const { from, to } = extentOf(batch);
      const output = outputs.take(Math.ceil((to - from) * guess) + 64, batch.count);
      if (output === undefined) return 'wait';
      const stream = begin(batch);
      const isText = batch.stream.format === 'text';
      const positions = new Float64Array(batch.count);
      const times = new Float64Array(batch.count);
      let kept = 0;
      // As long as it is so, nothing is written: lines that were found to be JSON stay where they are.
      let untouched = true;
      parts.timed = false;
      for (let record = 0; record < batch.count; record++) {
        const start = starts[record] ?? 0;
        const end = ends[record] ?? 0;
        parts.load(bytes, start, end, isText, batch.times?.[record] ?? Number.NaN);
        const endedAt = change(record);
        const changes = endedAt !== -1 || parts.table?.changed === true;
        if (changes && untouched) {
          for (let before = 0; before < kept; before++) writeRecord(output, before, bytes, starts[before] ?? 0, ends[before] ?? 0);
          untouched = false;
        }
        if (endedAt !== -1) {
          dropped[endedAt] = (dropped[endedAt] ?? 0) + 1;
          continue;
        }
        positions[kept] = batch.positionOf(record);
        times[kept] = parts.time;
        if (parts.table?.changed === true) {
          output.room(parts.table.length);
          output.starts[kept] = output.at;
          output.at = parts.table.write(output.bytes, output.at);
          output.ends[kept] = output.at;
        } else if (!untouched) writeRecord(output, kept, bytes, start, end);
        kept += 1;
      }
      finish(batch);
      if (!untouched) guess = Math.max((output.at / Math.max(1, to - from)) * 1.05, guess * 0.99);
      const timed = parts.timed || batch.times !== undefined ? times : undefined;
      if (untouched || kept === 0) output.slab?.release();
      if (kept === 0) return letGo(batch);
      if (untouched) return timed === undefined ? withStream(batch, stream) : new LogBatch({ ...batch, stream, times: timed });
      return written(batch, output, stream, kept, positions.subarray(0, kept), timed?.subarray(0, kept));
    },
  };
}

export const unchanged: StreamStep = { kind: 'stream', streamFor: eachStreamOnce((stream) => stream) };
