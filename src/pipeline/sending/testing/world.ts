/** What tests of sinks share: a context, batches whose receipts are counted, and dead letters in memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../../core/clock.ts';
import type { Labels } from '../../../core/labels.ts';
import type { Fields, Log } from '../../../observe/log.ts';
import { LogBatch, MetricBatch } from '../../batch.ts';
import { newSinkCounters } from '../../counters.ts';
import { anyAddress, type DataPlane } from '../../data-plane.ts';
import type { DeadLetter } from '../../dead-letters/dead-letters.ts';
import type { MetricPoint } from '../../metric-point.ts';
import { Receipt } from '../../receipt.ts';
import type { SinkContext } from '../../sink.ts';
import { createSlabPool } from '../../slab-pool.ts';
import type { Format, Stream } from '../../stream.ts';

export interface World {
  readonly context: SinkContext;
  readonly letters: DeadLetter[];
  readonly said: { readonly name: string; readonly fields: Fields }[];
  /** How receipts were settled so far, in order. */
  readonly settled: boolean[];
  /** Receipts that were handed out. */
  readonly given: number;
  /** A batch of lines in a slab, as a file source makes it: line after line, each with its line break. */
  lines(lines: readonly (string | Uint8Array)[], stream?: Partial<Stream>, more?: { base?: number; times?: readonly number[] }): LogBatch;
  metrics(points: readonly MetricPoint[], stream?: Partial<Stream>): MetricBatch;
  /** Resolves when every receipt that was handed out is settled. */
  allSettled(limitMs?: number): Promise<void>;
  until(what: string, holds: () => boolean, limitMs?: number): Promise<void>;
}

export interface WorldOptions {
  readonly clock?: Clock;
  readonly plane?: DataPlane;
  readonly random?: () => number;
  readonly slabs?: number;
}

export const readAtMs = Date.UTC(2026, 10, 23, 1, 2, 3, 45);

export function world(options: WorldOptions = {}): World {
  const letters: DeadLetter[] = [];
  const said: { name: string; fields: Fields }[] = [];
  const settled: boolean[] = [];
  let given = 0;
  const log: Log = { event: (name, fields = {}) => void said.push({ name, fields }), with: () => log };
  const slabs = createSlabPool(options.slabs ?? 16);
  const context: SinkContext = {
    name: 'out',
    clock: options.clock ?? systemClock,
    log,
    random: options.random ?? Math.random,
    slabs,
    plane: options.plane ?? anyAddress,
    deadLetters: {
      put: (more) => {
        letters.push(...more.map((letter) => ({ ...letter, bytes: Buffer.from(letter.bytes) })));
        return Promise.resolve();
      },
    },
    counters: newSinkCounters(),
    registry: new Registry(),
    agent: 'agent-1',
  };
  const receipt = () => {
    given += 1;
    return new Receipt((delivered) => void settled.push(delivered));
  };
  const until: World['until'] = async (what, holds, limitMs = 20_000) => {
    const deadline = performance.now() + limitMs;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms; said ${JSON.stringify(said)}`);
      await sleep(2); // the sink's own state, which has no event for others
    }
  };
  return {
    context,
    letters,
    said,
    settled,
    get given() {
      return given;
    },
    lines(lines, stream = {}, more = {}) {
      const slab = slabs.take();
      if (slab === undefined) throw new Error('no slab is free');
      let at = 0;
      for (const [record, line] of lines.entries()) {
        slab.starts[record] = at;
        at += Buffer.from(line).copy(slab.bytes, at);
        slab.ends[record] = at;
        slab.bytes[at] = 10;
        at += 1;
      }
      return new LogBatch({
        stream: streamOf(stream),
        bytes: slab.bytes,
        starts: slab.starts,
        ends: slab.ends,
        count: lines.length,
        base: more.base ?? 0,
        times: more.times === undefined ? undefined : Float64Array.from(more.times),
        readAtMs,
        receipt: receipt(),
        slab,
      });
    },
    metrics: (points, stream = {}) => new MetricBatch(streamOf(stream), points, receipt()),
    allSettled: (limitMs) => until('every receipt settled', () => settled.length === given, limitMs),
    until,
  };
}

const streamOf = (stream: Partial<Stream>): Stream => ({
  source: 'app',
  generation: '0123456789abcdef',
  labels: {} satisfies Labels,
  tags: [],
  format: 'text' satisfies Format,
  ...stream,
});
