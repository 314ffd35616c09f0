import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { snappyDecompress } from '@platformatic/wasm-utils/bundled';
import type { MetricPoint } from '../../metric-point.ts';
import { WriteRequestSchema } from '../../proto/generated/remote_write_pb.js';
import { startReceiver } from '../../sending/testing/receiver.ts';
import { world } from '../../sending/testing/world.ts';
import { createPrometheusRemoteWrite } from './prometheus-remote-write.ts';
import { prometheusRemoteWriteSettings } from './settings.ts';

async function start(more: Record<string, unknown> = {}) {
  const receiver = await startReceiver({ status: 204 });
  const here = world({ random: () => 0.02 });
  const url = `http://127.0.0.1:${receiver.port}/api/v1/write`;
  const settings = prometheusRemoteWriteSettings.parse({ type: 'prometheus-remote-write', url, batch: { linger: '5ms' }, ...more });
  const sink = await createPrometheusRemoteWrite(settings, here.context);
  return {
    receiver,
    here,
    sink,
    values: () =>
      receiver.taken.flatMap(({ body }) =>
        fromBinary(WriteRequestSchema, snappyDecompress(body)).timeseries.flatMap(({ samples }) => samples.map(({ value }) => value)),
      ),
    async [Symbol.asyncDispose]() {
      await sink.close(0);
      assert.equal(here.context.slabs.out, 0);
      assert.equal(here.settled.length, here.given);
      await receiver[Symbol.asyncDispose]();
    },
  };
}

const gauge = (value: number, timeMs = value): MetricPoint => ({ name: 'm', labels: {}, timeMs, value: { kind: 'gauge', value } });

test('samples of a series are never overtaken, and headers are those of the specification', async () => {
  await using at = await start({ batch: { records: 2, linger: '0s' } });
  at.receiver.next({ status: 500 }, { status: 429, headers: { 'retry-after': '0' } }, { instead: 'reset' });
  for (let value = 1; value <= 20; value++) at.sink.push(at.here.metrics([gauge(value)]));
  await at.here.allSettled();
  assert.deepEqual(
    at.values(),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  const headers = at.receiver.got[0]?.headers;
  assert.deepEqual(
    [headers?.['content-encoding'], headers?.['content-type'], headers?.['x-prometheus-remote-write-version']],
    ['snappy', 'application/x-protobuf', '0.1.0'],
  );
});

test('a sample that is refused is set aside alone, and deltas are added up once, however often they are sent', async () => {
  await using at = await start();
  const delta = (value: number): MetricPoint => ({ ...gauge(value), value: { kind: 'sum', value, monotonic: true, delta: true } });
  at.receiver.always(({ body }) => {
    const series = fromBinary(WriteRequestSchema, snappyDecompress(body)).timeseries;
    return series.some(({ samples }) => samples.some(({ timestamp }) => timestamp === 2n))
      ? { status: 400, body: 'out of order sample' }
      : { status: 204 };
  });
  at.sink.push(at.here.metrics([delta(1), delta(2), delta(3), delta(4)]));
  await at.here.allSettled();
  assert.deepEqual(at.values(), [1, 6, 10]);
  assert.deepEqual(
    at.here.letters.map(({ reason }) => reason),
    ['HTTP 400: out of order sample'],
  );
  assert.equal(JSON.parse(Buffer.from(at.here.letters[0]?.bytes ?? '').toString()).value, 3);
});

test('records of logs have no place in it and are kept as dead letters', async () => {
  await using at = await start();
  await at.sink.push(at.here.lines(['a', 'b']));
  assert.deepEqual(at.here.settled, [true]);
  assert.deepEqual(
    at.here.letters.map(({ bytes, position, reason }) => [Buffer.from(bytes).toString(), position, reason.includes('metrics')]),
    [
      ['a', 0, true],
      ['b', 2, true],
    ],
  );
});
