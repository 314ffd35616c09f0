/** OTLP into a real OpenTelemetry Collector, which passes on what it understood; and metrics into a real VictoriaMetrics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import type { MetricPoint } from '../../src/pipeline/metric-point.ts';
import { ExportLogsServiceRequestSchema, ExportMetricsServiceRequestSchema } from '../../src/pipeline/proto/otlp.ts';
import { startReceiver } from '../../src/pipeline/sending/testing/receiver.ts';
import { world } from '../../src/pipeline/sending/testing/world.ts';
import { createOtlp } from '../../src/pipeline/sinks/otlp/otlp.ts';
import { otlpSettings } from '../../src/pipeline/sinks/otlp/settings.ts';
import { eventually, freePort, startProgram, temporaryFolder } from '../discovery/running.ts';
import { collector } from '../otelcol/collector.ts';
import { victoriaMetrics } from './receivers.ts';

const built = collector();
const victoria = await victoriaMetrics();

const configuration = (port: number, receiver: number) => `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  otlphttp: { endpoint: "http://127.0.0.1:${receiver}", compression: none }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    logs: { receivers: [otlp], exporters: [otlphttp] }
    metrics: { receivers: [otlp], exporters: [otlphttp] }
`;

test('a collector understands every record, attribute and time, and passes them on', {
  skip: built.available ? false : built.reason,
}, async () => {
  assert.ok(built.available);
  using folder = temporaryFolder();
  await using receiver = await startReceiver();
  const port = await freePort();
  await using program = startProgram(built.program, ['--config', folder.write('collector.yml', configuration(port, receiver.port))]);
  const here = world();
  const sink = await createOtlp(
    otlpSettings.parse({ type: 'otlp', url: `http://127.0.0.1:${port}`, compression: 'zstd', batch: { linger: '10ms' } }),
    here.context,
  );
  const otlp = {
    timeUnixNano: '1700000000123456789',
    severityNumber: 17,
    severityText: 'ERROR',
    body: { kvlistValue: { values: [{ key: 'n', value: { intValue: '9007199254740993' } }] } },
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    flags: 1,
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
    scope: { name: 'lib', version: '2' },
  };
  sink.push(
    here.lines(
      ['line é', Buffer.from([0xff, 0])],
      { labels: { 'k8s.pod.name': 'web-1' }, tags: ['t'] },
      { times: [1_700_000_000_123.5, Number.NaN] },
    ),
  );
  sink.push(here.lines([JSON.stringify(otlp)], { format: 'otlp', generation: 'fedcba9876543210' }));
  const point = (name: string, value: MetricPoint['value']): MetricPoint => ({
    name,
    value,
    labels: { a: 'b' },
    timeMs: 2_000,
    startMs: 1_000,
    unit: 's',
  });
  sink.push(
    here.metrics([
      point('g', { kind: 'gauge', value: 1.5 }),
      point('c', { kind: 'sum', value: 5, monotonic: true }),
      point('h', { kind: 'histogram', bounds: [1], counts: [3, 4], sum: 9.5, count: 7 }),
      point('s', { kind: 'summary', quantiles: [{ quantile: 0.5, value: 8 }], sum: 9, count: 2 }),
    ]),
  );
  await here.allSettled(60_000);
  await sink.close(1_000);
  assert.ok(
    here.settled.every((one) => one),
    program.output(),
  );
  assert.equal(here.letters.length, 0);

  await eventually('all was passed on', program, async () => assert.ok(logs().length === 3 && metrics().length === 4));
  function logs() {
    return receiver.got
      .filter(({ path }) => path === '/v1/logs')
      .flatMap(({ body }) => fromBinary(ExportLogsServiceRequestSchema, body).resourceLogs)
      .flatMap(({ resource, scopeLogs }) =>
        scopeLogs.flatMap(({ scope, logRecords }) => logRecords.map((record) => ({ resource, scope, record }))),
      );
  }
  function metrics() {
    return receiver.got
      .filter(({ path }) => path === '/v1/metrics')
      .flatMap(({ body }) => fromBinary(ExportMetricsServiceRequestSchema, body).resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all));
  }
  const of = (service: string) => logs().filter(({ resource }) => resource?.attributes.some(({ value }) => value?.value.value === service));
  const [line, bytes] = of('app').map(({ record }) => record);
  assert.deepEqual([line?.body?.value.value, line?.timeUnixNano], ['line é', 1_700_000_000_123_500_000n]);
  assert.deepEqual(Buffer.from(bytes?.body?.value.case === 'bytesValue' ? bytes.body.value.value : []), Buffer.from([0xff, 0]));
  assert.ok(line?.attributes.some(({ key, value }) => key === 'fairlead.generation' && value?.value.value === '0123456789abcdef'));
  const [shop] = of('shop');
  assert.deepEqual([shop?.scope?.name, shop?.scope?.version], ['lib', '2']);
  assert.deepEqual([shop?.record.severityNumber, shop?.record.severityText, shop?.record.flags], [17, 'ERROR', 1]);
  assert.equal(shop?.record.timeUnixNano, 1_700_000_000_123_456_789n);
  assert.equal(Buffer.from(shop?.record.traceId ?? []).toString('hex'), otlp.traceId);
  assert.equal(Buffer.from(shop?.record.spanId ?? []).toString('hex'), otlp.spanId);
  const map = shop?.record.body?.value;
  assert.ok(map?.case === 'kvlistValue');
  assert.equal(map.value.values[0]?.value?.value.value, 9_007_199_254_740_993n);
  assert.deepEqual(
    metrics()
      .map(({ name, unit, data }) => [name, unit, data.case])
      .sort(),
    [
      ['c', 's', 'sum'],
      ['g', 's', 'gauge'],
      ['h', 's', 'histogram'],
      ['s', 's', 'summary'],
    ],
  );
  const histogram = metrics().find(({ name }) => name === 'h')?.data;
  assert.ok(histogram?.case === 'histogram');
  assert.deepEqual(histogram.value.dataPoints[0]?.bucketCounts, [3n, 4n]);
});

test('a collector that is not there yet is waited for', { skip: built.available ? false : built.reason }, async () => {
  assert.ok(built.available);
  using folder = temporaryFolder();
  await using receiver = await startReceiver();
  const port = await freePort();
  const here = world();
  const sink = await createOtlp(
    otlpSettings.parse({ type: 'otlp', url: `http://127.0.0.1:${port}`, batch: { linger: '10ms' } }),
    here.context,
  );
  sink.push(here.lines(['early']));
  await here.until('it says so', () => sink.problem() !== undefined);
  await using program = startProgram(built.program, ['--config', folder.write('collector.yml', configuration(port, receiver.port))]);
  await here.allSettled(60_000);
  await sink.close(1_000);
  await eventually('it was passed on', program, async () => assert.equal(receiver.got.length, 1));
  assert.deepEqual(here.settled, [true]);
});

test('VictoriaMetrics has the metrics that it was given by OTLP', { skip: victoria.available ? false : victoria.reason }, async () => {
  assert.ok(victoria.available);
  using folder = temporaryFolder();
  const port = await freePort();
  await using program = startProgram(victoria.program, [
    `-storageDataPath=${folder.path}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-opentelemetry.usePrometheusNaming',
    '-search.latencyOffset=0s',
  ]);
  await eventually('it is ready', program, async () => assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200));
  const here = world();
  const url = `http://127.0.0.1:${port}/opentelemetry`;
  const sink = await createOtlp(otlpSettings.parse({ type: 'otlp', url, batch: { linger: '10ms' } }), here.context);
  const point = (name: string, value: MetricPoint['value']): MetricPoint => ({ name, value, labels: { a: 'b' }, timeMs: Date.now() });
  sink.push(
    here.metrics([
      point('lab_gauge', { kind: 'gauge', value: 1.5 }),
      point('lab_requests', { kind: 'sum', value: 5, monotonic: true }),
      point('lab_seconds', { kind: 'histogram', bounds: [1], counts: [3, 4], sum: 9.5, count: 7 }),
    ]),
  );
  await here.allSettled(60_000);
  await sink.close(1_000);
  const value = async (query: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
    // Prometheus' documented answer.
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1]);
  };
  await eventually('all is there', program, async () => {
    assert.equal(await value('lab_gauge{a="b"}'), 1.5);
    assert.equal(await value('lab_requests_total{a="b"}'), 5);
    assert.equal(await value('lab_seconds_sum{a="b"}'), 9.5);
    assert.equal(await value('lab_seconds_bucket{a="b",le="+Inf"}'), 7);
  });
  assert.equal(here.letters.length, 0);
});
