/** For tests: a chain, what goes in and what comes out, with nothing left behind. */
import assert from 'node:assert/strict';
import type { ManualClock } from '../../core/manual-clock.ts';
import { manualClock } from '../../core/manual-clock.ts';
import type { Log } from '../../observe/log.ts';
import type { MetricBatch } from '../batch.ts';
import { LogBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import type { SlabPool } from '../slab.ts';
import { createSlabPool } from '../slab-pool.ts';
import type { Stream } from '../stream.ts';
import type { Chain } from './chain.ts';
import { compileChain } from './compile.ts';
import { transformSettings } from './index.ts';

export type Steps = readonly Readonly<Record<string, unknown>>[];

/** Named after their types, and by a number behind it from the second of one type on; or as `name` says. */
export function named(steps: Steps) {
  const seen = new Map<string, number>();
  return steps.map(({ name, ...settings }) => {
    const type = String(settings.type);
    const times = (seen.get(type) ?? 0) + 1;
    seen.set(type, times);
    return { name: typeof name === 'string' ? name : times === 1 ? type : `${type}-${times}`, settings: transformSettings.parse(settings) };
  });
}

export interface TryOut {
  readonly chain: Chain;
  readonly clock: ManualClock;
  readonly pool: SlabPool;
  readonly emitted: MetricBatch[];
  /** In the order in which receipts were settled. */
  readonly settled: boolean[];
  /** Names of what was logged. */
  readonly said: string[];
  batch(records: readonly (string | Buffer)[], about?: About): LogBatch;
  /** Records as text, after the chain; all is let go of as if it was delivered. */
  run(records: readonly (string | Buffer)[], about?: About): readonly string[];
}

export interface About extends Partial<Stream> {
  readonly base?: number;
}

export function tryOut(steps: Steps, before?: TryOut): TryOut {
  const clock = before?.clock ?? manualClock();
  const pool = before?.pool ?? createSlabPool(2);
  const emitted: MetricBatch[] = [];
  const settled: boolean[] = before?.settled ?? [];
  const said: string[] = [];
  const log: Log = { event: (name) => said.push(name), with: () => log };
  const chain = compileChain(named(steps), { clock, log, slabs: pool, emit: (batch) => emitted.push(batch) }, before?.chain);
  const batch: TryOut['batch'] = (records, { base = 0, ...about } = {}) => {
    const slab = pool.take();
    assert.ok(slab !== undefined);
    let at = 0;
    for (const [index, record] of records.entries()) {
      slab.starts[index] = at;
      at += Buffer.from(record).copy(slab.bytes, at);
      slab.ends[index] = at;
      at += slab.bytes.write('\n', at);
    }
    const { bytes, starts, ends } = slab;
    const stream: Stream = {
      source: 'app',
      generation: '00000000000000aa',
      labels: { env: 'prod' },
      tags: ['web'],
      format: 'json',
      ...about,
    };
    const receipt = new Receipt((delivered) => settled.push(delivered));
    return new LogBatch({ stream, bytes, starts, ends, count: records.length, base, readAtMs: 7, receipt, slab });
  };
  const run: TryOut['run'] = (records, about) => {
    const result = chain.apply(batch(records, about));
    assert.ok(!(result instanceof Promise), 'it need not wait');
    const texts = result === undefined ? [] : textsOf(result);
    result?.free();
    result?.receipt.release();
    assert.equal(pool.out, 0);
    return texts;
  };
  return { chain, clock, pool, emitted, settled, said, batch, run };
}

export function textsOf({ bytes, starts, ends, count }: LogBatch, encoding: 'utf8' | 'latin1' = 'utf8'): readonly string[] {
  return Array.from({ length: count }, (_, index) => bytes.toString(encoding, starts[index], ends[index]));
}

/** One transform or several on records, once. */
export function outOf(steps: Steps, records: readonly (string | Buffer)[], about?: About): readonly string[] {
  const made = tryOut(steps);
  const out = made.run(records, about);
  made.chain.close();
  return out;
}
