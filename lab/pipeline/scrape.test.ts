/** Scraping, and our own measurements, beside programs that nobody here wrote: Prometheus and its node_exporter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TestSource, testSource } from '../../src/pipeline/listening/testing/source-context.ts';
import type { MetricPoint } from '../../src/pipeline/metric-point.ts';
import { createHostMetrics } from '../../src/pipeline/sources/host-metrics/host-metrics.ts';
import { hostMetricsSettings } from '../../src/pipeline/sources/host-metrics/settings.ts';
import { createPrometheusScrape } from '../../src/pipeline/sources/prometheus-scrape/prometheus-scrape.ts';
import { prometheusScrapeSettings } from '../../src/pipeline/sources/prometheus-scrape/settings.ts';
import { discoveryPrograms } from '../discovery/programs.ts';
import { eventually, freePort } from '../discovery/running.ts';
import { environment } from '../setup/programs.ts';
import { inTime, startSender, temporaryFolder } from './running-sender.ts';
import { telemetrySenders } from './senders.ts';

const [programs, senders] = [await discoveryPrograms(), await telemetrySenders()];
const skip = !programs.available ? programs.reason : !senders.available ? senders.reason : false;

const collectors = [
  'cpu',
  'meminfo',
  'loadavg',
  'diskstats',
  'filesystem',
  'netdev',
  'netclass',
  'pressure',
  'stat',
  'uname',
  'filefd',
  'time',
  'vmstat',
];

async function startExporter() {
  assert.ok(senders.available);
  const port = await freePort();
  // Debian changed what is left out; these are the defaults of the project, and ours.
  const { ignoreMounts } = hostMetricsSettings.parse({ type: 'host-metrics' });
  const defaults = [`--collector.filesystem.mount-points-exclude=${ignoreMounts}`, '--collector.netdev.device-exclude=^$'];
  const chosen = ['--collector.disable-defaults', ...collectors.map((name) => `--collector.${name}`), ...defaults];
  const program = startSender(
    senders.senders.nodeExporter,
    [`--web.listen-address=127.0.0.1:${port}`, ...chosen],
    environment(senders.senders),
  );
  return { program, port, url: `http://127.0.0.1:${port}/metrics` };
}

/** Scrapes each URL once it can be. */
async function scrape(urls: readonly string[], job: string): Promise<{ kept: TestSource; close(): Promise<void> }> {
  const kept = testSource();
  const settings = { type: 'prometheus-scrape', job, interval: '1s', timeout: '1s', targets: urls.map((url) => ({ url })) };
  const source = await createPrometheusScrape(prometheusScrapeSettings.parse(settings), kept.context);
  return { kept, close: () => source.close() };
}

/** Points as the series that Prometheus keeps; times and values apart. */
function seriesOf(points: readonly MetricPoint[]): Set<string> {
  const text = (name: string, labels: Readonly<Record<string, string>>) =>
    JSON.stringify([
      name,
      Object.entries(labels)
        .filter(([, value]) => value !== '')
        .sort(),
    ]);
  return new Set(
    points.flatMap(({ name, labels, value }) => {
      if (value.kind === 'histogram') {
        const les = [...value.bounds.map(String), '+Inf'];
        return [...les.map((le) => text(`${name}_bucket`, { ...labels, le })), text(`${name}_sum`, labels), text(`${name}_count`, labels)];
      }
      if (value.kind === 'summary') {
        const quantiles = value.quantiles.map(({ quantile }) => text(name, { ...labels, quantile: String(quantile) }));
        return [...quantiles, text(`${name}_sum`, labels), text(`${name}_count`, labels)];
      }
      return [text(name, labels)];
    }),
  );
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
}

async function knownToPrometheus(port: number, job: string): Promise<Set<string>> {
  const query = encodeURIComponent(`{job="${job}"}`);
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${query}`);
  // The API's own shape; anything else fails the comparison.
  const { data } = (await answer.json()) as { data: { result: readonly Series[] } };
  const same = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels)
      .map(([name, value]) => [name, (name === 'le' && value !== '+Inf') || name === 'quantile' ? String(Number(value)) : value])
      .sort();
  return new Set(data.result.map(({ metric: { __name__, ...labels } }) => JSON.stringify([__name__, same(labels)])));
}

test('what is scraped from Prometheus and node_exporter are the series that Prometheus itself sees there', { skip }, async () => {
  assert.ok(programs.available);
  using folder = temporaryFolder();
  const exporter = await startExporter();
  await using _ = exporter.program;
  const port = await freePort();
  const configuration = folder.write(
    'prometheus.yml',
    `global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: node, static_configs: [{ targets: ["127.0.0.1:${exporter.port}"] }] }
  - { job_name: self, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }
`,
  );
  const args = [`--config.file=${configuration}`, `--storage.tsdb.path=${folder.path}/data`, `--web.listen-address=127.0.0.1:${port}`];
  await using prometheus = startSender(programs.programs.prometheus, args, process.env);
  // Only Prometheus adds these to what it scrapes.
  const own = /^\["scrape_(series_added|samples_post_metric_relabeling)"/;
  for (const [job, url] of [
    ['node', exporter.url],
    ['self', `http://127.0.0.1:${port}/metrics`],
  ] as const) {
    await eventually(`job ${job} is the same`, prometheus, async () => {
      const { kept, close } = await scrape([url], job);
      await inTime(
        kept.arrivedPoints((points) => points.some(({ name }) => name === 'up')),
        url,
        prometheus,
      );
      await close();
      const theirs = [...(await knownToPrometheus(port, job))].filter((series) => !own.test(series)).sort();
      assert.ok(theirs.length > 50, `${theirs.length} series`);
      assert.deepEqual([...seriesOf(kept.points)].sort(), theirs);
    });
  }
});

/** What node_exporter has in these collectors besides, from files that say little to most. */
const left =
  /^node_(network_(info|address_assign_type|carrier_(changes|up_changes|down_changes)|device_id|dormant|flags|iface_id|iface_link|iface_link_mode|name_assign_type|net_dev_group|protocol_type|transmit_queue_length)|disk_(info|filesystem_info|device_mapper_info|ata)|cpu_(info|core_throttles|package_throttles)|softirqs|exporter_build_info|time_(zone_offset|clocksource))/;

const familyName = (point: MetricPoint): string => point.name;
const shapeOf = (point: MetricPoint): string =>
  JSON.stringify([point.name, point.value.kind, point.value.kind === 'sum' && point.value.monotonic, Object.keys(point.labels).sort()]);

test('our measurements have the names, types and labels of node_exporter, and the values', { skip }, async () => {
  const exporter = await startExporter();
  await using program = exporter.program;
  const [theirs, ours] = await eventuallyBoth(exporter.url, program);
  const relevant = theirs.filter(({ name }) => name.startsWith('node_') && !left.test(name) && !name.startsWith('node_scrape_'));
  const shapes = (points: readonly MetricPoint[]) => [...new Set(points.map(shapeOf))].sort();
  assert.deepEqual(shapes(ours), shapes(relevant));
  const names = (points: readonly MetricPoint[]) => new Set(points.map(familyName));
  assert.ok(names(ours).size > 100, `${names(ours).size} names`);

  const measured = (points: readonly MetricPoint[]) =>
    new Map(
      points.map(({ name, labels: { job: _job, instance: _instance, ...labels }, value }) => [
        JSON.stringify([name, Object.entries(labels).sort()]),
        'value' in value ? value.value : 0,
      ]),
    );
  const [ourValues, theirValues] = [measured(ours), measured(relevant)];
  assert.deepEqual([...ourValues.keys()].sort(), [...theirValues.keys()].sort());
  for (const [key, expected] of theirValues) {
    // Some moments lie between; sizes of things that do not change are the same.
    const steady =
      /"node_(memory_(MemTotal|SwapTotal|HugePages)|filesystem_(size|files"|readonly)|boot_time|uname|network_(mtu|up|carrier|speed)|filefd_maximum)/.test(
        key,
      );
    const value = ourValues.get(key) ?? Number.NaN;
    if (steady) assert.equal(value, expected, key);
    else if (/node_(cpu_seconds_total|disk_.*_total|network_.*_total|context|intr|forks)/.test(key))
      assert.ok(Math.abs(value - expected) <= 60 + expected * 0.05, `${key}: ${value} and ${expected}`);
  }
});

async function eventuallyBoth(
  url: string,
  program: Parameters<typeof inTime>[2],
): Promise<readonly [readonly MetricPoint[], readonly MetricPoint[]]> {
  const { kept, close } = await scrape([url], 'node');
  await inTime(
    kept.arrivedPoints((points) => points.some(({ name }) => name === 'node_load1')),
    url,
    program,
  );
  await close();
  const ours = testSource();
  const source = await createHostMetrics(hostMetricsSettings.parse({ type: 'host-metrics' }), ours.context);
  await inTime(
    ours.arrivedPoints((points) => points.length > 0),
    'our measurement',
    program,
  );
  await source.close();
  return [kept.points, ours.points];
}
