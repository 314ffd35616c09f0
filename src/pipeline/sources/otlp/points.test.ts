import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { ExportMetricsServiceRequestSchema } from '../../proto/otlp.ts';
import { decode } from './decode.ts';
import { milliseconds, pointsOf } from './points.ts';

function read(metric: object) {
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', ...metric }] }] }] };
  return pointsOf(decode(ExportMetricsServiceRequestSchema, Buffer.from(JSON.stringify(request)), 'json'));
}

const measured = (metric: object) => read(metric).points[0]?.value;

test('an exponential histogram becomes one with the bounds that its scale gives', () => {
  const point = {
    count: '12',
    sum: 7,
    scale: 0,
    zeroCount: '2',
    positive: { offset: 0, bucketCounts: ['3', '4'] },
    negative: { offset: 1, bucketCounts: ['1', '2'] },
  };
  assert.deepEqual(measured({ exponentialHistogram: { dataPoints: [point], aggregationTemporality: 1 } }), {
    kind: 'histogram',
    bounds: [-8, -4, -2, 1, 2, 4],
    counts: [0, 2, 1, 2, 3, 4, 0],
    sum: 7,
    count: 12,
    delta: true,
  });
});

test('an exponential histogram whose bounds leave the numbers that there are keeps its counts', () => {
  const point = { count: '3', scale: -10, positive: { offset: 0, bucketCounts: ['1', '2'] } };
  const value = measured({ exponentialHistogram: { dataPoints: [point] } });
  assert.ok(value?.kind === 'histogram');
  assert.ok(value.bounds.every(Number.isFinite));
  assert.equal(value.counts.length, value.bounds.length + 1);
  assert.equal(
    value.counts.reduce((sum, count) => sum + count, 0),
    3,
  );
});

test('a histogram without buckets has one, and a summary its quantiles', () => {
  assert.deepEqual(measured({ histogram: { dataPoints: [{ count: '4', sum: 2 }] } }), {
    kind: 'histogram',
    bounds: [],
    counts: [4],
    sum: 2,
    count: 4,
  });
  assert.deepEqual(measured({ summary: { dataPoints: [{ count: '4', sum: 2, quantileValues: [{ quantile: 0.5, value: 1 }] }] } }), {
    kind: 'summary',
    quantiles: [{ quantile: 0.5, value: 1 }],
    sum: 2,
    count: 4,
  });
});

test('a point that says that there is no value is none, and a metric of an unknown kind is counted', () => {
  assert.deepEqual(read({ gauge: { dataPoints: [{ asDouble: 1, flags: 1 }] } }), { points: [], rejected: 0 });
  assert.deepEqual(read({}), { points: [], rejected: 1 });
  assert.deepEqual(pointsOf(create(ExportMetricsServiceRequestSchema)), { points: [], rejected: 0 });
});

test('nanoseconds become milliseconds without losing what a number holds', () => {
  assert.equal(milliseconds(1_795_348_800_123_456_789n), 1_795_348_800_123.4568);
  assert.equal(milliseconds(0n), 0);
});
