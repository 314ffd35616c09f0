import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogBatch } from '../batch.ts';
import { textsOf, tryOut } from './try-out.ts';

const lines = ['{"level":"debug","n":1}', '{"level":"info","n":2}', '{"level":"error","n":3}', 'no object'];

test('a chain without transforms gives the same batch', () => {
  const { chain, batch, pool } = tryOut([]);
  const one = batch(lines);
  assert.equal(chain.apply(one), one);
  one.free();
  one.receipt.release();
  assert.equal(pool.out, 0);
});

test('tags and labels change the stream, the same way for the same stream, and no bytes', () => {
  const { chain, batch, pool } = tryOut([{ type: 'add', tags: ['web', 'http'], labels: { team: 'a' } }]);
  const first = batch(lines);
  const changed = chain.apply(first);
  assert.ok(changed !== undefined && !(changed instanceof Promise));
  assert.deepEqual([changed.stream.tags, changed.stream.labels], [['web', 'http'], { env: 'prod', team: 'a' }]);
  assert.equal(changed.bytes, first.bytes);
  first.hold();
  first.receipt.hold();
  const again = chain.apply(first);
  assert.ok(again !== undefined && !(again instanceof Promise) && again.stream === changed.stream);
  for (const one of [changed, again]) {
    one.free();
    one.receipt.release();
  }
  assert.equal(pool.out, 0);
});

test('what was filtered away is as good as delivered, and what is left keeps its identity and its bytes', () => {
  const { chain, batch, pool, settled } = tryOut([{ type: 'filter', drop: 'level == "debug"' }]);
  const whole = batch(lines, { base: 1_000 });
  const left = chain.apply(whole);
  assert.ok(left !== undefined && !(left instanceof Promise));
  assert.equal(left.bytes, whole.bytes);
  assert.deepEqual([left.positionOf(0), left.positionOf(2)], [whole.positionOf(1), whole.positionOf(3)]);
  left.free();
  left.receipt.release();
  assert.equal(chain.apply(batch([lines[0] ?? ''])), undefined);
  assert.deepEqual(settled, [true, true]);
  assert.equal(pool.out, 0);
});

test('an empty batch is let go of', () => {
  const { chain, batch, settled } = tryOut([{ type: 'filter', keep: 'exists(a)' }]);
  assert.equal(chain.apply(batch([])), undefined);
  assert.deepEqual(settled, [true]);
});

test('neighbours that change fields are written once, with identities, and count each for itself', () => {
  const made = tryOut([
    { type: 'add', fields: { dc: 'fra' } },
    { type: 'filter', drop: 'level == "debug" or dc == "ams"' },
    { type: 'remove', fields: ['level'] },
    { type: 'filter', keep: 'n >= 3 or not exists(n)' },
    { type: 'rename', fields: { n: 'number' } },
  ]);
  const whole = made.batch(lines, { base: 500 });
  const positions = [2, 3].map((record) => whole.positionOf(record));
  const left = made.chain.apply(whole);
  assert.ok(left !== undefined && !(left instanceof Promise));
  assert.deepEqual(textsOf(left), ['{"number":3,"dc":"fra"}', 'no object']);
  assert.deepEqual([left.positionOf(0), left.positionOf(1)], positions);
  assert.deepEqual(
    made.chain.counters.map(({ name, in: before, out, errors }) => [name, before, out, errors]),
    [
      ['add', 4, 4, 1],
      ['filter', 4, 3, 0],
      ['remove', 3, 3, 1],
      ['filter-2', 3, 2, 0],
      ['rename', 2, 2, 1],
    ],
  );
  left.free();
  left.receipt.release();
  assert.equal(made.pool.out, 0);
});

test('a listener sees what leaves its transform, also between two that work together, and only while it listens', () => {
  const made = tryOut([
    { type: 'add', fields: { a: 1 } },
    { type: 'remove', fields: ['n'] },
  ]);
  const seen: (readonly string[])[] = [];
  const listen = (batch: LogBatch) => seen.push(textsOf(batch));
  const stop = made.chain.tap('add', listen);
  const stopOther = made.chain.tap('remove', listen);
  assert.deepEqual(made.run(['{"n":1}']), ['{"a":1}']);
  assert.deepEqual(seen, [['{"n":1,"a":1}'], ['{"a":1}']]);
  stop();
  stopOther();
  stopOther();
  made.run(['{"n":1}']);
  assert.equal(seen.length, 2);
});

test('while memory is out batches wait, in order, and nothing is lost or done twice', async () => {
  const made = tryOut([
    { type: 'deduplicate', key: ['record'] },
    { type: 'add', fields: { more: 'x'.repeat(100) } },
  ]);
  const many = (first: number) => Array.from({ length: 2_000 }, (_, index) => `{"batch":${first},"n":${index}}`);
  const results: (LogBatch | undefined | Promise<LogBatch | undefined>)[] = [];
  // The first is small enough for the heap as long as nobody knows how much it grows, one fits into the pool, eight into the reserve.
  for (let index = 0; index < 11; index++) results.push(made.chain.apply(made.batch(many(index))));
  const waiting = results.filter((one) => one instanceof Promise);
  assert.ok(waiting.length >= 1 && waiting.length < 11, String(waiting.length));
  const order: number[] = [];
  for (const one of results) {
    const done = await one;
    assert.ok(done !== undefined);
    assert.equal(done.count, 2_000);
    order.push(Number(/"batch":(\d+)/.exec(textsOf(done)[0] ?? '')?.[1]));
    done.free();
    done.receipt.release();
  }
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(made.settled.length, 11);
  assert.equal(made.pool.out, 0);
});

test('a chain that takes the place of another goes on with what unchanged transforms remember', () => {
  const steps = [
    { type: 'deduplicate', window: '1m' },
    { type: 'aggregate', metrics: [{ name: 'seen_total', kind: 'count' }], keepRecords: true },
    { type: 'add', tags: ['a'] },
  ];
  const before = tryOut(steps);
  assert.equal(before.run(['{"a":1}', '{"a":1}']).length, 1);
  const after = tryOut([...steps.slice(0, 2), { type: 'add', tags: ['b'] }], before);
  before.chain.close();
  assert.equal(before.emitted.length, 0);
  assert.deepEqual(after.run(['{"a":1}', '{"a":2}'], { base: 100 }), ['{"a":2}']);
  assert.deepEqual([after.chain.counters[0]?.in, after.chain.counters[0]?.out], [4, 2]);
  after.chain.close();
  const [metrics] = after.emitted;
  assert.deepEqual(
    metrics?.points.map(({ value }) => value),
    [{ kind: 'sum', value: 2, monotonic: true }],
  );
  assert.deepEqual(after.settled, []);
  metrics?.receipt.release();
  assert.deepEqual(after.settled, [true, true]);
});

test('a transform whose settings changed begins anew but counts on', () => {
  const before = tryOut([{ type: 'deduplicate', window: '1m' }]);
  before.run(['{"a":1}']);
  const after = tryOut([{ type: 'deduplicate', window: '2m' }], before);
  assert.equal(after.run(['{"a":1}'], { base: 100 }).length, 1);
  assert.equal(after.chain.counters[0]?.in, 2);
});

test('records that cannot be worked on are spoken of when they begin and when they are over', () => {
  const made = tryOut([{ type: 'parse', format: 'json' }]);
  for (let round = 0; round < 5; round++) made.run(['no'], { format: 'text' });
  assert.deepEqual(made.said, ['pipeline.transforms.unreadable']);
  made.clock.advance(60_000);
  made.run(['{}'], { format: 'text' });
  made.run(['{}'], { format: 'text' });
  assert.deepEqual(made.said, ['pipeline.transforms.unreadable', 'pipeline.transforms.readable']);
});

test('who asks for the whole record sees what it has become', () => {
  const steps = [
    { type: 'add', fields: { dc: 'fra' } },
    { type: 'filter', keep: 'record contains "fra"' },
    { type: 'remove', fields: ['n'] },
    { type: 'deduplicate' },
  ];
  assert.deepEqual(tryOut(steps).run(['{"n":1}', '{"n":2}', 'no object']), ['{"dc":"fra"}']);
});

test('a transform that stands in a chain twice remembers twice, also after a reload', () => {
  const twice = [{ name: 'calm', type: 'rate-limit', perSecond: 1, burst: 4 }];
  const before = tryOut([...twice, ...twice]);
  const after = tryOut([...twice, ...twice], before);
  before.chain.close();
  assert.equal(after.run(Array.from({ length: 9 }, (_, n) => `{"n":${n}}`)).length, 4);
});

test('records before the first one that changes are written as they were', () => {
  const steps = [{ type: 'rename', fields: { a: 'b' } }];
  const records = ['{"x":1}', 'text', '{"a":1}', '{"x":2}'];
  const made = tryOut(steps);
  const batch = made.batch(records, { base: 10 });
  const positions = records.map((_, record) => batch.positionOf(record));
  const result = made.chain.apply(batch);
  assert.ok(result !== undefined && !(result instanceof Promise));
  assert.deepEqual(textsOf(result), ['{"x":1}', 'text', '{"b":1}', '{"x":2}']);
  assert.deepEqual(
    records.map((_, record) => result.positionOf(record)),
    positions,
  );
});
