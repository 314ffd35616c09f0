/** A Kafka sink with everything around it that a pipeline gives it, and records for it. */
import { Registry } from 'prom-client';
import { systemClock } from '../../src/core/clock.ts';
import type { Log } from '../../src/observe/log.ts';
import { LogBatch, MetricBatch } from '../../src/pipeline/batch.ts';
import { newSinkCounters } from '../../src/pipeline/counters.ts';
import type { DataPlane } from '../../src/pipeline/data-plane.ts';
import { anyAddress } from '../../src/pipeline/data-plane.ts';
import type { DeadLetter } from '../../src/pipeline/dead-letters/dead-letters.ts';
import { indexLines } from '../../src/pipeline/kernel/lines.ts';
import type { MetricPoint } from '../../src/pipeline/metric-point.ts';
import { Receipt } from '../../src/pipeline/receipt.ts';
import type { Sink, SinkContext } from '../../src/pipeline/sink.ts';
import { createKafka } from '../../src/pipeline/sinks/kafka/kafka.ts';
import { kafkaSettings } from '../../src/pipeline/sinks/kafka/settings.ts';
import { createSlabPool } from '../../src/pipeline/slab-pool.ts';
import type { Stream } from '../../src/pipeline/stream.ts';

export interface Feed extends AsyncDisposable {
  readonly sink: Sink;
  readonly context: SinkContext;
  readonly letters: DeadLetter[];
  readonly events: { readonly name: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** Batches that were delivered, and that were given back, so far. */
  readonly settled: { delivered: number; failed: number };
  /** Resolves when the sink can take more. */
  push(lines: readonly string[], stream?: Partial<Stream>): Promise<void>;
  /** Records that lie on the heap, as a source brings those that no slab has room for; they have no delimiters. */
  pushLarge(records: readonly Buffer[]): Promise<void>;
  pushMetrics(points: readonly MetricPoint[]): Promise<void>;
  /** Resolves when everything that was pushed is settled. */
  delivered(): Promise<void>;
  /** Resolves as soon as it is so. */
  until(what: string, condition: () => boolean, timeoutMs?: number): Promise<void>;
}

const plainStream: Stream = { source: 'lab', generation: '00112233aabbccdd', labels: {}, tags: [], format: 'text' };

export async function openFeed(
  settings: Readonly<Record<string, unknown>>,
  { plane = anyAddress, slabs = 12 }: { readonly plane?: DataPlane; readonly slabs?: number } = {},
): Promise<Feed> {
  const pool = createSlabPool(slabs);
  const letters: DeadLetter[] = [];
  const events: Feed['events'] = [];
  const log: Log = { event: (name, fields = {}) => void events.push({ name, fields }), with: () => log };
  const context: SinkContext = {
    ...{ name: 'kafka', clock: systemClock, log, random: Math.random, slabs: pool, plane, agent: 'lab', registry: new Registry() },
    deadLetters: {
      put: async (more) => void letters.push(...more.map((letter) => ({ ...letter, bytes: Buffer.from(letter.bytes) }))),
    },
    counters: newSinkCounters(),
  };
  const opened = await createKafka(kafkaSettings.parse({ type: 'kafka', ...settings }), context);
  let closed = false;
  const close = (graceMs: number) => {
    closed = true;
    return opened.close(graceMs);
  };
  const sink: Sink = { push: (batch) => opened.push(batch), problem: () => opened.problem(), links: () => opened.links(), close };
  const settled = { delivered: 0, failed: 0 };
  const watchers = new Set<() => void>();
  let pushed = 0;
  let position = 0;
  const until: Feed['until'] = (what, condition, timeoutMs = 60_000) =>
    new Promise((resolve, reject) => {
      const stop = (done: () => void) => {
        clearTimeout(late);
        clearInterval(poll);
        watchers.delete(look);
        done();
      };
      const look = () => condition() && stop(resolve);
      const late = setTimeout(
        () => stop(() => reject(new Error(`not within ${timeoutMs} ms: ${what}; ${sink.problem() ?? 'no problem'}`))),
        timeoutMs,
      );
      const poll = setInterval(look, 20);
      watchers.add(look);
      look();
    });
  const newReceipt = () => {
    pushed += 1;
    return new Receipt((delivered) => {
      settled[delivered ? 'delivered' : 'failed'] += 1;
      for (const look of watchers) look();
    });
  };
  const one = async (text: Buffer, stream: Stream): Promise<void> => {
    await pool.available();
    const slab = pool.take();
    if (slab === undefined) return one(text, stream);
    text.copy(slab.bytes);
    const count = indexLines(slab, 0, text.length);
    const receipt = newReceipt();
    const { bytes, starts, ends } = slab;
    const base = position;
    position += text.length;
    await sink.push(new LogBatch({ stream, bytes, starts, ends, count, base, readAtMs: Date.now(), receipt, slab }));
  };
  return {
    ...{ sink, context, letters, events, settled, until },
    push: (lines, stream = {}) => one(Buffer.from(lines.map((line) => `${line}\n`).join('')), { ...plainStream, ...stream }),
    async pushLarge(records) {
      const bytes = Buffer.concat(records);
      const ends = Uint32Array.from(records, (_, at) => records.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0));
      const starts = Uint32Array.from(records, ({ length }, at) => (ends[at] ?? 0) - length);
      const batch = { stream: plainStream, bytes, starts, ends, count: records.length, base: position, readAtMs: Date.now() };
      position += bytes.length;
      await sink.push(new LogBatch({ ...batch, receipt: newReceipt() }));
    },
    pushMetrics: async (points) => await sink.push(new MetricBatch(plainStream, points, newReceipt())),
    delivered: () => until('everything delivered', () => settled.delivered + settled.failed === pushed),
    async [Symbol.asyncDispose]() {
      if (!closed) await close(0);
      if (settled.delivered + settled.failed !== pushed) throw new Error('a receipt was never settled');
      if (pool.out !== 0) throw new Error(`${pool.out} slabs were not given back`);
      if (context.counters.pendingRecords !== 0 || context.counters.pendingBytes !== 0)
        throw new Error('the counters say that something is pending');
    },
  };
}
