import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { MetricPoint } from '../../metric-point.ts';
import {
  type AnyValue,
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
  ExportMetricsServiceRequestSchema,
  type KeyValue,
  type LogRecord,
  LogRecordSchema,
} from '../../proto/otlp.ts';
import { startReceiver } from '../../sending/testing/receiver.ts';
import { readAtMs, world } from '../../sending/testing/world.ts';
import { createOtlp } from './otlp.ts';
import { otlpSettings } from './settings.ts';

async function start(more: Record<string, unknown> = {}) {
  const receiver = await startReceiver();
  const here = world({ random: () => 0.02 });
  const url = `http://127.0.0.1:${receiver.port}/base/`;
  const sink = await createOtlp(otlpSettings.parse({ type: 'otlp', url, batch: { linger: '5ms' }, ...more }), here.context);
  return {
    receiver,
    here,
    sink,
    async [Symbol.asyncDispose]() {
      await sink.close(0);
      assert.equal(here.context.slabs.out, 0);
      assert.equal(here.settled.length, here.given);
      assert.equal(here.context.counters.pendingBytes, 0);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

const plain = (value: AnyValue | undefined): unknown => {
  const any = value?.value;
  switch (any?.case) {
    case undefined:
      return null;
    case 'arrayValue':
      return any.value.values.map(plain);
    case 'kvlistValue':
      return Object.fromEntries(any.value.values.map((one) => [one.key, plain(one.value)]));
    case 'intValue':
      return Number(any.value);
    case 'bytesValue':
      return Buffer.from(any.value);
    default:
      return any?.value;
  }
};
const attributes = (list: readonly KeyValue[] = []) => Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));

test('lines become log records with their times, their identity and a resource', async () => {
  await using at = await start({ resource: { 'service.namespace': 'shop' } });
  const stream = { labels: { 'k8s.pod.name': 'web-1' }, tags: ['a', 'b'], path: '/var/log/x.log' };
  at.sink.push(at.here.lines(['one', Buffer.from([0xff, 0x41])], stream, { base: 10, times: [1_700_000_000_123.5, Number.NaN] }));
  await at.here.allSettled();
  const [request] = at.receiver.got;
  assert.deepEqual([request?.path, request?.headers['content-encoding']], ['/base/v1/logs', 'gzip']);
  const { resourceLogs } = fromBinary(ExportLogsServiceRequestSchema, request?.body ?? Buffer.alloc(0));
  assert.equal(resourceLogs.length, 1);
  assert.deepEqual(attributes(resourceLogs[0]?.resource?.attributes), {
    'service.name': 'app',
    'service.namespace': 'shop',
    'k8s.pod.name': 'web-1',
    'fairlead.source': 'app',
    'fairlead.agent': 'agent-1',
    'log.file.path': '/var/log/x.log',
    'fairlead.tags': ['a', 'b'],
  });
  const records = resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  assert.deepEqual(
    records.map(({ body }) => plain(body)),
    ['one', Buffer.from([0xff, 0x41])],
  );
  assert.deepEqual(
    records.map((record) => attributes(record.attributes)),
    [
      { 'fairlead.generation': '0123456789abcdef', 'fairlead.position': 10 },
      { 'fairlead.generation': '0123456789abcdef', 'fairlead.position': 14 },
    ],
  );
  assert.deepEqual(
    records.map(({ timeUnixNano, observedTimeUnixNano }) => [timeUnixNano, observedTimeUnixNano]),
    [
      [1_700_000_000_123_500_000n, BigInt(readAtMs) * 1_000_000n],
      [0n, BigInt(readAtMs) * 1_000_000n],
    ],
  );
});

test('JSON is a body of text, or a map where that is asked for', async () => {
  const line = '{"a":{"b":[1,2.5,null,true,-3]},"c":"x","d":""}';
  for (const [body, expected] of [
    ['line', line],
    ['object', JSON.parse(line)],
  ] as const) {
    await using at = await start({ body, compression: 'zstd' });
    at.sink.push(at.here.lines([line, '[1]', 'no json'], { format: 'json' }));
    await at.here.allSettled();
    const { resourceLogs } = fromBinary(ExportLogsServiceRequestSchema, at.receiver.got[0]?.body ?? Buffer.alloc(0));
    assert.deepEqual(
      resourceLogs[0]?.scopeLogs[0]?.logRecords.map((record) => plain(record.body)),
      [expected, '[1]', 'no json'],
    );
  }
});

const mapped = {
  timeUnixNano: '1700000000123456789',
  observedTimeUnixNano: '1700000000123456790',
  severityNumber: 17,
  severityText: 'ERROR',
  body: {
    kvlistValue: {
      values: [
        { key: 's', value: { stringValue: '' } },
        { key: 'i', value: { intValue: '-9007199254740993' } },
        { key: 'd', value: { doubleValue: 0 } },
        { key: 'n', value: { doubleValue: 'NaN' } },
        { key: 'b', value: { boolValue: false } },
        { key: 'y', value: { bytesValue: 'AP8=' } },
        { key: 'a', value: { arrayValue: { values: [{ stringValue: 'x' }, {}] } } },
        { key: 'e', value: {} },
      ],
    },
  },
  attributes: [{ key: 'k', value: { stringValue: 'v' } }],
  droppedAttributesCount: 3,
  flags: 257,
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  eventName: 'boot',
};

test('what came by OTLP leaves as it came: nothing of a record, its scope or its resource is lost', async () => {
  await using at = await start();
  const urls = { resourceSchemaUrl: 'https://example.org/r', scopeSchemaUrl: 'https://example.org/s' };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const scope = { name: 'lib', version: '1.2', attributes: [{ key: 'x', value: { intValue: '1' } }] };
  const lines = [
    { ...mapped, resource, scope, ...urls },
    { ...mapped, scope, resource: { attributes: [] } },
    { ...mapped, resource, scope, ...urls },
  ];
  at.sink.push(at.here.lines([...lines.map((line) => JSON.stringify(line)), 'no record'], { format: 'otlp' }));
  await at.here.allSettled();
  const { resourceLogs } = fromBinary(ExportLogsServiceRequestSchema, at.receiver.got[0]?.body ?? Buffer.alloc(0));
  assert.deepEqual(
    resourceLogs.map(({ scopeLogs }) => scopeLogs[0]?.logRecords.length),
    [2, 1, 1],
  );
  const [first] = resourceLogs;
  assert.deepEqual(attributes(first?.resource?.attributes), { 'service.name': 'shop' });
  assert.deepEqual([first?.schemaUrl, first?.scopeLogs[0]?.schemaUrl], [urls.resourceSchemaUrl, urls.scopeSchemaUrl]);
  assert.deepEqual([first?.scopeLogs[0]?.scope?.name, first?.scopeLogs[0]?.scope?.version], ['lib', '1.2']);
  const [record] = first?.scopeLogs[0]?.logRecords ?? [];
  assert.deepEqual(withoutIdentity(record), asJson(mapped));
  assert.equal(plain(resourceLogs[2]?.scopeLogs[0]?.logRecords[0]?.body), 'no record');
});

/** The library maps bytes to base64 as protobuf does; OTLP writes ids in hexadecimal. */
function asJson({ traceId, spanId, ...rest }: typeof mapped): unknown {
  const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
  return toJson(LogRecordSchema, fromJson(LogRecordSchema, { ...rest, traceId: base64(traceId), spanId: base64(spanId) }));
}

function withoutIdentity(record: LogRecord | undefined): unknown {
  const kept = record?.attributes.filter(({ key }) => !key.startsWith('fairlead.')) ?? [];
  return record === undefined ? undefined : toJson(LogRecordSchema, { ...record, attributes: kept });
}

test('every kind of metric arrives with its numbers', async () => {
  await using at = await start();
  const point = (name: string, value: MetricPoint['value'], labels = {}): MetricPoint => ({
    name,
    value,
    labels,
    timeMs: 2_000,
    startMs: 1_000,
    help: 'h',
    unit: 's',
  });
  at.sink.push(
    at.here.metrics([
      point('g', { kind: 'gauge', value: 0 }, { a: 'x' }),
      point('g', { kind: 'gauge', value: Number.POSITIVE_INFINITY }, { a: 'y' }),
      point('c', { kind: 'sum', value: 5, monotonic: true }),
      point('d', { kind: 'sum', value: 6, monotonic: false, delta: true }),
      point('h', { kind: 'histogram', bounds: [1, 2], counts: [3, 0, 4], sum: 9.5, count: 7 }),
      point('s', { kind: 'summary', quantiles: [{ quantile: 0.5, value: 8 }], sum: 9, count: 2 }),
    ]),
  );
  await at.here.allSettled();
  assert.equal(at.receiver.got[0]?.path, '/base/v1/metrics');
  const { resourceMetrics } = fromBinary(ExportMetricsServiceRequestSchema, at.receiver.got[0]?.body ?? Buffer.alloc(0));
  const metrics = resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  assert.deepEqual(
    metrics.map(({ name, unit, description, data }) => [name, unit, description, data.case]),
    [
      ['g', 's', 'h', 'gauge'],
      ['c', 's', 'h', 'sum'],
      ['d', 's', 'h', 'sum'],
      ['h', 's', 'h', 'histogram'],
      ['s', 's', 'h', 'summary'],
    ],
  );
  const [g, c, d, h, s] = metrics.map(({ data }) => data);
  assert.ok(g?.case === 'gauge' && c?.case === 'sum' && d?.case === 'sum' && h?.case === 'histogram' && s?.case === 'summary');
  assert.deepEqual(
    g.value.dataPoints.map(({ value, attributes: all }) => [value, attributes(all)]),
    [
      [{ case: 'asDouble', value: 0 }, { a: 'x' }],
      [{ case: 'asDouble', value: Number.POSITIVE_INFINITY }, { a: 'y' }],
    ],
  );
  assert.deepEqual(
    [c.value.isMonotonic, c.value.aggregationTemporality, d.value.isMonotonic, d.value.aggregationTemporality],
    [true, 2, false, 1],
  );
  const [bars] = h.value.dataPoints;
  assert.deepEqual([bars?.count, bars?.sum, bars?.bucketCounts, bars?.explicitBounds], [7n, 9.5, [3n, 0n, 4n], [1, 2]]);
  assert.deepEqual([bars?.startTimeUnixNano, bars?.timeUnixNano], [1_000_000_000n, 2_000_000_000n]);
  const [summary] = s.value.dataPoints;
  assert.deepEqual(
    [summary?.count, summary?.sum, summary?.quantileValues[0]?.quantile, summary?.quantileValues[0]?.value],
    [2n, 9, 0.5, 8],
  );
});

test('after a partial success nothing is sent again, and nothing is lost', async () => {
  await using at = await start();
  const body = toBinary(
    ExportLogsServiceResponseSchema,
    create(ExportLogsServiceResponseSchema, { partialSuccess: { rejectedLogRecords: 1n, errorMessage: 'too old' } }),
  );
  at.receiver.next({ status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: Buffer.from(body) });
  at.receiver.next({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"partialSuccess":{}}' });
  at.sink.push(at.here.lines(['a', 'b']));
  await at.here.allSettled();
  at.sink.push(at.here.lines(['c']));
  await at.here.allSettled();
  assert.equal(at.receiver.got.length, 2);
  assert.deepEqual(
    at.here.letters.map(({ bytes, reason }) => [Buffer.from(bytes).toString(), reason]),
    ['a', 'b'].map((line) => [line, '1 of the 2 records of a request, of which this is one, were rejected: too old']),
  );
});

test('the reason of a refusal is read from its Status', async () => {
  await using at = await start();
  // google.rpc.Status { code: 3 message: "no such field" }
  at.receiver.always({
    status: 400,
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from('0803120d6e6f2073756368206669656c64', 'hex'),
  });
  at.sink.push(at.here.lines(['a']));
  await at.here.allSettled();
  assert.equal(at.here.letters[0]?.reason, 'HTTP 400: no such field');
});

test('metrics that nobody takes do not hold up logs', async () => {
  await using at = await start();
  at.receiver.always(({ path }) => ({ status: path.endsWith('metrics') ? 404 : 200 }));
  at.sink.push(at.here.metrics([{ name: 'm', labels: {}, timeMs: 1, value: { kind: 'gauge', value: 1 } }]));
  await at.here.until('metrics are refused', () => at.sink.problem() !== undefined);
  at.sink.push(at.here.lines(['a']));
  await at.here.until('the log is taken', () => at.here.settled.length === 1);
  assert.equal(at.sink.links()[0]?.state, 'down');
  assert.equal(at.sink.links().length, 1);
});
