/** Everything that a source is given, with a sink in its place that keeps what comes and acknowledges when it is told. */
import { Registry } from 'prom-client';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { silentLog } from '../../../observe/log.ts';
import type { Batch, LogBatch } from '../../batch.ts';
import { newSourceCounters } from '../../counters.ts';
import { anyAddress } from '../../data-plane.ts';
import type { MetricPoint } from '../../metric-point.ts';
import { createSlabPool } from '../../slab-pool.ts';
import type { SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';

export interface KeptRecord {
  readonly text: string;
  readonly bytes: Buffer;
  readonly timeMs: number;
  readonly position: number;
  readonly stream: Stream;
}

export interface TestSource {
  readonly context: SourceContext;
  readonly records: KeptRecord[];
  readonly points: MetricPoint[];
  /** Names of events that were said. */
  readonly said: string[];
  /** Batches whose receipt was not let go of. */
  readonly unsettled: number;
  /** `deliver`: at once. `keep`: until `settle`. `full`: and nothing more is to be pushed until `settle`. */
  behave(how: 'deliver' | 'keep' | 'full'): void;
  settle(delivered: boolean): void;
  /** Resolves when so many records have come. */
  arrived(count: number): Promise<void>;
  arrivedPoints(holds: (points: readonly MetricPoint[]) => boolean): Promise<void>;
}

export function testSource(options: { readonly clock?: Clock; readonly slabs?: number; readonly name?: string } = {}): TestSource {
  const records: KeptRecord[] = [];
  const points: MetricPoint[] = [];
  const said: string[] = [];
  const kept: Batch[] = [];
  let waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];
  let behaviour: 'deliver' | 'keep' | 'full' = 'deliver';
  let opened = Promise.withResolvers<void>();
  let mayPush = true;

  const keepRecords = (batch: LogBatch) => {
    for (let record = 0; record < batch.count; record++) {
      const bytes = Buffer.from(batch.bytes.subarray(batch.starts[record], batch.ends[record]));
      const timeMs = batch.timeOf(record);
      records.push({ text: bytes.toString(), bytes, timeMs, position: batch.positionOf(record), stream: batch.stream });
    }
  };
  const context: SourceContext = {
    name: options.name ?? 'test',
    clock: options.clock ?? systemClock,
    log: {
      event: (name) => void said.push(name),
      with: () => silentLog,
    },
    random: Math.random,
    slabs: createSlabPool(options.slabs ?? 8),
    // None of the sources that are tested with this remembers a position.
    positions: undefined as never,
    plane: anyAddress,
    counters: newSourceCounters(),
    registry: new Registry(),
    push(batch) {
      if (!mayPush) throw new Error('pushed while full');
      if (batch.kind === 'metrics') points.push(...batch.points);
      else keepRecords(batch);
      batch.free();
      if (behaviour === 'deliver') batch.receipt.release();
      else kept.push(batch);
      const ready = waiting.filter((one) => one.holds());
      waiting = waiting.filter((one) => !ready.includes(one));
      for (const one of ready) one.resolve();
      if (behaviour !== 'full') return undefined;
      mayPush = false;
      return opened.promise;
    },
  };
  const when = (holds: () => boolean) => (holds() ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ holds, resolve })));
  return {
    context,
    records,
    points,
    said,
    get unsettled() {
      return kept.length;
    },
    behave(how) {
      behaviour = how;
    },
    settle(delivered) {
      mayPush = true;
      opened.resolve();
      opened = Promise.withResolvers<void>();
      for (const batch of kept.splice(0)) {
        if (delivered) batch.receipt.release();
        else batch.receipt.fail();
      }
    },
    arrived: (count) => when(() => records.length >= count),
    arrivedPoints: (holds) => when(() => holds(points)),
  };
}
