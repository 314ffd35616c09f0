import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { OTLPLogExporter as GrpcLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { certificates } from '../../listening/testing/certificate.ts';
import { testSource } from '../../listening/testing/source-context.ts';
import { createOtlp } from './otlp.ts';
import { otlpSettings } from './settings.ts';

async function start(settings: Readonly<Record<string, unknown>> = {}) {
  const kept = testSource();
  const source = await createOtlp(
    otlpSettings.parse({ type: 'otlp', http: '127.0.0.1:0', grpc: '127.0.0.1:0', ...settings }),
    kept.context,
  );
  const url = `http://127.0.0.1:${source.addresses.http?.port}`;
  return {
    kept,
    url,
    grpc: `http://127.0.0.1:${source.addresses.grpc?.port}`,
    async post(path: string, body: string | Uint8Array<ArrayBuffer>, type: string, more: object = {}) {
      const answer = await fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': type, ...more } });
      return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
    },
    async [Symbol.asyncDispose]() {
      await source.close();
      assert.equal(kept.unsettled, 0);
      assert.equal(kept.context.slabs.out, 0);
    },
  };
}

async function emit(exporter: LogRecordExporter): Promise<void> {
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': 'a' });
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger('lib', '1.2');
  logger.emit({
    timestamp: 1_795_348_800_123,
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'Gruß "世界"',
    attributes: { n: 7, ratio: 0.5, yes: true, list: ['a', 'b'] },
    eventName: 'paid',
  });
  await provider.shutdown();
}

const known = {
  timeUnixNano: '1795348800123000000',
  severityNumber: 17,
  severityText: 'ERROR',
  body: { stringValue: 'Gruß "世界"' },
  attributes: [
    { key: 'n', value: { intValue: '7' } },
    { key: 'ratio', value: { doubleValue: 0.5 } },
    { key: 'yes', value: { boolValue: true } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
  ],
  eventName: 'paid',
  resource: {
    attributes: [
      { key: 'service.name', value: { stringValue: 'shop' } },
      { key: 'service.instance.id', value: { stringValue: 'a' } },
    ],
  },
  scope: { name: 'lib', version: '1.2' },
};

test('exporters that nobody here wrote send the same record by protobuf, JSON and gRPC', async () => {
  await using otlp = await start();
  await emit(new ProtoLogExporter({ url: `${otlp.url}/v1/logs` }));
  await emit(new JsonLogExporter({ url: `${otlp.url}/v1/logs` }));
  await emit(new GrpcLogExporter({ url: otlp.grpc }));
  await otlp.kept.arrived(3);
  for (const { text, timeMs, stream } of otlp.kept.records) {
    const { observedTimeUnixNano, ...fields } = JSON.parse(text);
    assert.match(observedTimeUnixNano, /^\d{19}$/);
    assert.deepEqual(fields, known);
    assert.deepEqual([timeMs, stream.format, stream.pushed], [1_795_348_800_123, 'otlp', true]);
  }
});

test("metrics of OpenTelemetry's SDK become points", async () => {
  await using otlp = await start();
  const exporter = new OTLPMetricExporter({ url: `${otlp.url}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const provider = new MeterProvider({ resource: resourceFromAttributes({ 'service.name': 'shop' }), readers: [reader] });
  const meter = provider.getMeter('lib');
  meter.createCounter('orders', { description: 'Orders.', unit: '{order}' }).add(3, { city: 'Köln' });
  meter.createUpDownCounter('open').add(-2);
  meter.createHistogram('took', { advice: { explicitBucketBoundaries: [1, 10] } }).record(5);
  await provider.shutdown();
  const labels = { 'service.name': 'shop', otel_scope_name: 'lib' };
  assert.deepEqual(
    otlp.kept.points.map(({ name, labels: has, value }) => ({ name, has, value })),
    [
      { name: 'orders', has: { ...labels, city: 'Köln' }, value: { kind: 'sum', value: 3, monotonic: true } },
      { name: 'open', has: labels, value: { kind: 'sum', value: -2, monotonic: false } },
      { name: 'took', has: labels, value: { kind: 'histogram', bounds: [1, 10], counts: [0, 1, 0], sum: 5, count: 1 } },
    ],
  );
});

test('requests are answered as the specification says', async () => {
  await using otlp = await start({ maxBody: '64KiB' });
  const json = 'application/json';
  const ok = await otlp.post('/v1/logs', gzipSync('{"resourceLogs":[],"unknown":1}'), json, { 'content-encoding': 'gzip' });
  assert.deepEqual([ok.status, ok.body.toString()], [200, '{}']);
  const bad = await otlp.post('/v1/logs', '{"resourceLogs":', json);
  assert.deepEqual([bad.status, JSON.parse(bad.body.toString()).code], [400, 3]);
  const wrongId = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"xyz"}]}]}]}';
  assert.equal((await otlp.post('/v1/logs', wrongId, json)).status, 400);
  const broken = await otlp.post('/v1/logs', Buffer.from([0xff, 0xff]), 'application/x-protobuf');
  assert.deepEqual([broken.status, broken.headers.get('content-type'), broken.body[0]], [400, 'application/x-protobuf', 0x08]);
  assert.equal((await otlp.post('/v1/logs', '{}', 'text/plain')).status, 415);
  assert.equal((await otlp.post('/v1/traces', '{}', json)).status, 404);
  assert.equal((await fetch(`${otlp.url}/v1/logs`)).status, 405);
  assert.equal((await otlp.post('/v1/logs', Buffer.alloc(100_000), 'application/x-protobuf')).status, 413);
  assert.equal((await otlp.post('/v1/logs', gzipSync(Buffer.alloc(50 << 20)), json, { 'content-encoding': 'gzip' })).status, 413);
});

test('times and numbers of 64 bits are exact, written as strings or as numbers', async () => {
  await using otlp = await start();
  const record = '{"timeUnixNano":1795348800123456789,"body":{"intValue":9007199254740993},"traceId":"5b8efff798038103d269b633813fc60c"}';
  const { status } = await otlp.post('/v1/logs', `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`, 'application/json');
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(otlp.kept.records[0]?.text ?? ''), {
    timeUnixNano: '1795348800123456789',
    body: { intValue: '9007199254740993' },
    traceId: '5b8efff798038103d269b633813fc60c',
  });
});

test('without room both ways say so, and an exporter that was told to come back is heard', async () => {
  await using otlp = await start();
  otlp.kept.behave('full');
  const sent = emit(new ProtoLogExporter({ url: `${otlp.url}/v1/logs` }));
  await otlp.kept.arrived(1);
  const refused = await otlp.post('/v1/logs', '{}', 'application/json');
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  const again = emit(new JsonLogExporter({ url: `${otlp.url}/v1/logs` }));
  await emit(new GrpcLogExporter({ url: otlp.grpc })).catch(() => {}); // this one does not try again
  while (otlp.kept.context.counters.refused < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  otlp.kept.behave('deliver');
  otlp.kept.settle(true);
  await Promise.all([sent, again]);
  assert.equal(otlp.kept.records.length, 2);
});

test('gRPC by TLS asks for the token before anything is read', async () => {
  using tls = certificates();
  const tokenFile = join(tls.folder, 'token');
  writeFileSync(tokenFile, 'secret');
  const { certFile, keyFile } = tls;
  await using otlp = await start({ tls: { certFile, keyFile }, tokenFile });
  const session = connect(otlp.grpc.replace('http:', 'https:'), { ca: tls.ca, servername: 'localhost' });
  const status = async (authorization: string) => {
    const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', authorization };
    const stream = session.request(headers);
    let trailers: Record<string, unknown> = {};
    stream
      .on('response', (value) => Object.assign(trailers, value))
      .on('trailers', (value) => {
        trailers = { ...trailers, ...value };
      });
    stream.resume().end(Buffer.alloc(5)); // an empty message
    await once(stream, 'close');
    return trailers['grpc-status'];
  };
  assert.equal(await status('Bearer wrong'), '16');
  assert.equal(await status('Bearer secret'), '0');
  session.close();
});
