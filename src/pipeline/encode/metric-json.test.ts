import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricPoint, MetricValue } from '../metric-point.ts';
import { metricJson } from './metric-json.ts';

const point = (value: MetricValue, more: Partial<MetricPoint> = {}): MetricPoint => ({
  name: 'requests_total',
  labels: { host: 'a"b' },
  timeMs: Date.UTC(2026, 10, 23, 1, 2, 3, 45),
  value,
  ...more,
});

test('a gauge is one line of JSON with its labels and its time', () => {
  assert.equal(
    metricJson(point({ kind: 'gauge', value: 1.5 })),
    '{"name":"requests_total","labels":{"host":"a\\"b"},"time":"2026-11-23T01:02:03.045Z","kind":"gauge","value":1.5}',
  );
});

test('numbers that JSON does not have are strings', () => {
  const read = (value: number) => JSON.parse(metricJson(point({ kind: 'unknown', value }))).value;
  assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(read), ['NaN', '+Inf', '-Inf']);
});

test('every kind of value keeps its fields', () => {
  const kinds: readonly MetricValue[] = [
    { kind: 'sum', value: 3, monotonic: true, delta: true },
    { kind: 'histogram', bounds: [1, 5], counts: [2, 0, 1], sum: 9, count: 3 },
    { kind: 'summary', quantiles: [{ quantile: 0.5, value: 4 }], sum: 9, count: 3 },
  ];
  for (const value of kinds) {
    const { name: _name, labels: _labels, time: _time, ...fields } = JSON.parse(metricJson(point(value)));
    assert.deepEqual(fields, value);
  }
});

test('a time that is no date is given as a number', () => {
  assert.equal(JSON.parse(metricJson(point({ kind: 'gauge', value: 1 }, { timeMs: 1e18 }))).time, 1e18);
});
