/** The source `host-metrics`. */
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Labels } from '../../../core/labels.ts';
import { MetricBatch } from '../../batch.ts';
import { Complaints } from '../../listening/complaints.ts';
import { newGeneration } from '../../listening/generation.ts';
import { Outflow } from '../../listening/outflow.ts';
import type { MetricPoint } from '../../metric-point.ts';
import { Receipt } from '../../receipt.ts';
import type { Source, SourceContext } from '../../source.ts';
import type { Stream } from '../../stream.ts';
import { type Collector, collectors } from './collectors.ts';
import type { KernelFiles, Reading } from './reading.ts';
import type { CollectorName, HostMetricsSettings } from './settings.ts';

export async function createHostMetrics(settings: HostMetricsSettings, context: SourceContext): Promise<Source> {
  const { clock, log, counters } = context;
  const outflow = new Outflow(context);
  const complaints = new Complaints(log, clock);
  const { labels, tags } = settings;
  // Not pushed: what is not delivered is measured again.
  const stream: Stream = { source: context.name, generation: newGeneration(), labels, tags, format: 'text' };
  const own: Labels = { job: settings.job, instance: settings.instance ?? hostname() };
  const all = collectors(settings, kernelFiles(settings), () => clock.now());
  const problems = new Map<CollectorName, string>();
  let cancel = () => {};
  let closed = false;
  let busy: Promise<void> | undefined;

  const measure = async () => {
    if (outflow.full !== undefined) return complaints.say('pipeline.source.scrape-skipped', {});
    const timeMs = clock.now();
    const points: MetricPoint[] = [];
    for (const name of settings.collectors) {
      const readings = await read(name, all[name]);
      for (const reading of readings) points.push(pointOf(reading, own, timeMs));
    }
    await outflow.sendWhenRoom(new MetricBatch(stream, points, new Receipt(() => {})));
  };
  const read = async (name: CollectorName, collector: Collector): Promise<readonly Reading[]> => {
    try {
      const readings = await collector();
      problems.delete(name);
      return readings;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (problems.get(name) !== reason) log.event('pipeline.source.measure-failed', { collector: name, reason });
      problems.set(name, reason);
      counters.errors += 1;
      return [];
    }
  };
  const round = () => {
    const begun = clock.monotonicMs();
    busy = measure().then(() => {
      busy = undefined;
      if (closed) return;
      const late = clock.monotonicMs() - begun;
      cancel = clock.after(settings.interval - (late % settings.interval), round);
    });
  };
  round();
  return {
    problem: () => (problems.size === settings.collectors.length ? [...problems.values()][0] : undefined),
    async close() {
      closed = true;
      cancel();
      await busy;
    },
  };
}

function kernelFiles({ procPath, sysPath }: HostMetricsSettings): KernelFiles {
  return {
    proc: (path) => readFile(join(procPath, path), 'utf8'),
    sys: (path) => readFile(join(sysPath, path), 'utf8'),
    listSys: (path) => readdir(join(sysPath, path)),
  };
}

function pointOf({ name, type, help, labels, value }: Reading, own: Labels, timeMs: number): MetricPoint {
  const measured = type === 'counter' ? ({ kind: 'sum', value, monotonic: true } as const) : ({ kind: type, value } as const);
  return { name, help, labels: { ...own, ...labels }, timeMs, value: measured };
}
