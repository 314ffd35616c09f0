import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryOut } from '../try-out.ts';

const line = (n: number) => `{"n":${n}}`;

test('equal records are dropped for a while and count as delivered', () => {
  const made = tryOut([{ type: 'deduplicate', window: '10s' }]);
  assert.deepEqual(made.run([line(1), line(2), line(1)]), [line(1), line(2)]);
  made.clock.advance(9_999);
  assert.deepEqual(made.run([line(1)], { base: 100 }), []);
  made.clock.advance(1);
  assert.deepEqual(made.run([line(1), line(1)], { base: 200 }), [line(1)]);
  assert.deepEqual(made.settled, [true, true, true]);
});

test('a record that comes again because nobody acknowledged it goes through again', () => {
  const made = tryOut([{ type: 'deduplicate' }]);
  assert.deepEqual(made.run([line(1), line(1)]), [line(1)]);
  assert.deepEqual(made.run([line(1), line(1)]), [line(1)]);
  assert.deepEqual(made.run([line(1)], { generation: 'b'.repeat(16) }), []);
});

test('keys decide, by value and not by spelling; without any of them a record is never dropped', () => {
  const made = tryOut([{ type: 'deduplicate', key: ['a', 'b'] }]);
  const records = [
    '{"a":1,"b":2}',
    '{"b":2,"x":0,"a":1}',
    '{"a":"1","b":2}',
    '{"a":1}',
    '{"b":1}',
    '{"a":1,"b":"-"}',
    '{"c":1}',
    '{"c":1}',
  ];
  assert.deepEqual(
    made.run(records),
    records.filter((_, index) => index !== 1),
  );
  const texts = tryOut([{ type: 'deduplicate', key: ['message'] }]);
  assert.deepEqual(texts.run(['{"message":"a/b"}', '{"message":"a\\/b"}', 'a/b']), ['{"message":"a/b"}']);
});

test('beyond maxKeys the oldest is forgotten', () => {
  const made = tryOut([{ type: 'deduplicate', maxKeys: 2 }]);
  assert.deepEqual(made.run([1, 2, 3, 3, 2, 1].map(line)), [1, 2, 3, 1].map(line));
});

test('how many were dropped is told once per window, when there were any', () => {
  const made = tryOut([{ type: 'deduplicate', window: '10s', metric: 'duplicates_total' }]);
  made.run([line(1)]);
  made.clock.advance(20_000);
  assert.equal(made.emitted.length, 0);
  made.run([line(1), line(1), line(1)]);
  made.clock.advance(10_000);
  const [told] = made.emitted;
  assert.deepEqual(
    told?.points.map(({ name, labels, value }) => [name, labels, value]),
    [['duplicates_total', { transform: 'deduplicate' }, { kind: 'sum', value: 2, monotonic: true }]],
  );
  told?.receipt.release();
  made.chain.close();
  assert.equal(made.emitted.length, 1);
});
