import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricBatch } from '../../batch.ts';
import { tryOut } from '../try-out.ts';
import { aggregateSettings } from './settings.ts';

const requests = [
  '{"status":200,"ms":3,"path":"/a"}',
  '{"status":200,"ms":30}',
  '{"status":503,"ms":"700"}',
  '{"status":503}',
  'no object',
];
const values = (batch: MetricBatch | undefined) => batch?.points.map(({ name, labels, value }) => [name, labels, value]);

test('records are counted, added and spread over buckets, by labels', () => {
  const made = tryOut([
    {
      type: 'aggregate',
      metrics: [
        { name: 'requests_total', kind: 'count', labels: { status: 'status', env: 'label.env' }, when: 'exists(status)' },
        { name: 'ms_sum', kind: 'sum', field: 'ms', when: 'exists(ms)' },
        { name: 'ms', kind: 'histogram', field: 'ms', buckets: [3, 100], unit: 'ms', help: 'Time.' },
      ],
    },
  ]);
  assert.deepEqual(made.run(requests), []);
  assert.deepEqual(made.settled, []);
  made.clock.advance(10_000);
  const [batch] = made.emitted;
  assert.deepEqual(values(batch), [
    ['requests_total', { status: '200', env: 'prod' }, { kind: 'sum', value: 2, monotonic: true }],
    ['requests_total', { status: '503', env: 'prod' }, { kind: 'sum', value: 2, monotonic: true }],
    ['ms_sum', {}, { kind: 'sum', value: 733, monotonic: false }],
    ['ms', {}, { kind: 'histogram', bounds: [3, 100], counts: [1, 1, 1], sum: 733, count: 3 }],
  ]);
  assert.deepEqual(batch?.points[3]?.unit, 'ms');
  assert.equal(made.chain.counters[0]?.errors, 2);
  batch?.receipt.release();
  assert.deepEqual(made.settled, [true]);
});

test('records wait for the metric that they went into, and fail with it', () => {
  const made = tryOut([{ type: 'aggregate', metrics: [{ name: 'n', kind: 'count' }], keepRecords: true }]);
  assert.equal(made.run(['{}']).length, 1);
  assert.equal(made.run(['{}']).length, 1);
  assert.deepEqual(made.settled, []);
  made.clock.advance(10_000);
  made.emitted[0]?.receipt.fail();
  assert.deepEqual(made.settled, [false, false]);
  made.clock.advance(60_000);
  assert.equal(made.emitted.length, 1);
});

test('cumulative values go on, deltas begin anew, and what did not change is not sent', () => {
  for (const [temporality, expected] of [
    ['cumulative', [{ kind: 'sum', value: 3, monotonic: true }]],
    ['delta', [{ kind: 'sum', value: 1, monotonic: true, delta: true }]],
  ] as const) {
    const made = tryOut([{ type: 'aggregate', temporality, metrics: [{ name: 'n', kind: 'count', labels: { k: 'k' } }] }]);
    made.run(['{"k":"a"}', '{"k":"a"}', '{"k":"b"}']);
    made.clock.advance(10_000);
    made.run(['{"k":"a"}']);
    made.clock.advance(10_000);
    assert.deepEqual(
      made.emitted.map(({ points }) => points.length),
      [2, 1],
    );
    assert.deepEqual(
      made.emitted[1]?.points.map(({ value }) => value),
      expected,
    );
    const starts = made.emitted.map(({ points }) => points[0]?.startMs ?? 0);
    assert.equal((starts[1] ?? 0) - (starts[0] ?? 0), temporality === 'delta' ? 10_000 : 0);
    for (const { receipt } of made.emitted) receipt.release();
  }
});

test('label sets are bounded', () => {
  const made = tryOut([{ type: 'aggregate', maxSeries: 2, metrics: [{ name: 'n', kind: 'count', labels: { k: 'k' } }] }]);
  made.run(['a', 'b', 'c', 'd', 'a', 'c'].map((k) => `{"k":"${k}"}`));
  made.chain.close();
  assert.deepEqual(
    values(made.emitted[0])?.map(([, labels, value]) => [labels, value]),
    [
      [{ k: 'a' }, { kind: 'sum', value: 2, monotonic: true }],
      [{ k: 'b' }, { kind: 'sum', value: 1, monotonic: true }],
      [{ k: 'other' }, { kind: 'sum', value: 3, monotonic: true }],
    ],
  );
  made.emitted[0]?.receipt.release();
  assert.deepEqual(made.settled, [true]);
  assert.deepEqual(made.said, ['pipeline.transforms.series-limit']);
});

test('who pushed records does not wait for the whole interval', () => {
  const made = tryOut([{ type: 'aggregate', every: '1m', metrics: [{ name: 'n', kind: 'count' }] }]);
  made.run(['{}']);
  made.clock.advance(1_000);
  made.run(['{}'], { pushed: true });
  made.clock.advance(250);
  assert.equal(made.emitted.length, 1);
  assert.equal(made.emitted[0]?.stream.pushed, true);
  made.emitted[0]?.receipt.release();
  made.clock.advance(600_000);
  assert.equal(made.emitted.length, 1);
});

test('metrics without a number and buckets that do not rise are refused', () => {
  const problem = (metric: Readonly<Record<string, unknown>>) =>
    aggregateSettings.safeParse({ type: 'aggregate', metrics: [{ name: 'n', ...metric }] }).error?.issues.map(({ message }) => message);
  assert.deepEqual(problem({ kind: 'sum' }), ['sum needs the field with the number']);
  assert.deepEqual(problem({ kind: 'count', field: 'a' }), ['a count has no field']);
  assert.deepEqual(problem({ kind: 'histogram', field: 'a', buckets: [2, 1] }), ['the bounds do not rise']);
});
