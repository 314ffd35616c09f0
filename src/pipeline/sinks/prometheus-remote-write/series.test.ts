import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import type { MetricPoint, MetricValue } from '../../metric-point.ts';
import { WriteRequestSchema } from '../../proto/generated/remote_write_pb.js';
import { samplesOf } from './series.ts';
import { createTotals } from './totals.ts';
import { writeRequest } from './write-request.ts';

const point = (value: MetricValue, more: Partial<MetricPoint> = {}): MetricPoint => ({
  name: 'm',
  labels: {},
  timeMs: 1_000,
  value,
  ...more,
});
const text = (samples: ReturnType<typeof samplesOf>) =>
  samples.map(({ labels, value }) => `${labels.map(([name, one]) => `${name}=${one}`).join(',')} ${value}`);

test('labels are sorted, renamed where Prometheus does not allow them, and the inner ones win', () => {
  const labels = { 'k8s.io/app': 'web', '9': 'x', empty: '', b: 'point' };
  assert.deepEqual(
    text(samplesOf(point({ kind: 'gauge', value: 1 }, { name: '1.http-requests', labels }), { b: 'settings', A: 'x' }, { c: 'stream' })),
    ['A=x,_9=x,__name__=_1_http_requests,b=point,c=stream,k8s_io_app=web 1'],
  );
});

test('a histogram is classic series, cumulative, with +Inf as its count', () => {
  assert.deepEqual(text(samplesOf(point({ kind: 'histogram', bounds: [0.005, 1_000_000], counts: [2, 0, 3], sum: 7.5, count: 5 }))), [
    '__name__=m_bucket,le=0.005 2',
    '__name__=m_bucket,le=1000000 2',
    '__name__=m_bucket,le=+Inf 5',
    '__name__=m_sum 7.5',
    '__name__=m_count 5',
  ]);
});

test('a summary is its quantiles, sum and count', () => {
  assert.deepEqual(text(samplesOf(point({ kind: 'summary', quantiles: [{ quantile: 0.99, value: 3 }], sum: 4, count: 2 }))), [
    '__name__=m,quantile=0.99 3',
    '__name__=m_sum 4',
    '__name__=m_count 2',
  ]);
});

test('a request has each series once, with its samples by time', () => {
  const samples = [3_000, 1_000, 2_000].flatMap((timeMs) => samplesOf(point({ kind: 'gauge', value: timeMs }, { timeMs })));
  const other = samplesOf(point({ kind: 'gauge', value: Number.NaN }, { labels: { a: 'b' } }));
  const { timeseries } = fromBinary(WriteRequestSchema, writeRequest([...samples, ...other]));
  assert.deepEqual(
    timeseries.map((series) => [
      series.labels.map(({ name, value }) => [name, value]),
      series.samples.map(({ timestamp, value }) => [timestamp, value]),
    ]),
    [
      [
        [['__name__', 'm']],
        [
          [1_000n, 1_000],
          [2_000n, 2_000],
          [3_000n, 3_000],
        ],
      ],
      [
        [
          ['__name__', 'm'],
          ['a', 'b'],
        ],
        [[1_000n, Number.NaN]],
      ],
    ],
  );
});

test('the bytes of a request are those of the protocol', () => {
  // timeseries { labels { name: "__name__" value: "m" } samples { value: 1 timestamp: 1000 } }
  const expected = '0a1d0a0d0a085f5f6e616d655f5f12016d120c09000000000000f03f10e807';
  assert.equal(writeRequest(samplesOf(point({ kind: 'gauge', value: 1 }))).toString('hex'), expected);
});

test('what is counted since the last point becomes a total, for a bounded number of series', () => {
  const totals = createTotals(2);
  const sum = (name: string, value: number, delta = true) =>
    totals(point({ kind: 'sum', value, monotonic: true, delta }, { name }), 's')?.value;
  assert.deepEqual(sum('a', 2), { kind: 'sum', monotonic: true, value: 2 });
  assert.deepEqual(sum('a', 3), { kind: 'sum', monotonic: true, value: 5 });
  const bars = (counts: number[], bounds: number[]) =>
    totals(point({ kind: 'histogram', bounds, counts, sum: 1, count: 2, delta: true }, { name: 'h' }), 's')?.value;
  bars([1, 1], [5]);
  assert.deepEqual(bars([2, 0], [5]), { kind: 'histogram', bounds: [5], counts: [3, 1], sum: 2, count: 4 });
  assert.deepEqual(bars([1, 1], [6]), { kind: 'histogram', bounds: [6], counts: [1, 1], sum: 1, count: 2 });
  assert.equal(sum('c', 1), undefined);
  assert.equal(sum('c', 1, false)?.kind, 'sum');
});
