import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatch } from '../../batch.ts';
import { Receipt } from '../../receipt.ts';
import type { Stream } from '../../stream.ts';
import { murmur2, partitionOfKey } from './murmur2.ts';
import { parsePattern, topicName } from './pattern.ts';
import { Router } from './route.ts';
import type { Topic } from './topic.ts';
import { newPartition, newTopic } from './topic.ts';

const stream: Stream = { source: 's', generation: '00112233aabbccdd', labels: { app: 'shop' }, tags: [], format: 'json' };

function batchOf(lines: readonly string[]): LogBatch {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const lengths = lines.map((line) => Buffer.byteLength(line) + 1);
  const starts = Uint32Array.from(lines, (_, at) => lengths.slice(0, at).reduce((sum, one) => sum + one, 0));
  const ends = starts.map((start, at) => start + (lengths[at] ?? 1) - 1);
  return new LogBatch({ stream, bytes, starts, ends, count: lines.length, base: 0, readAtMs: 0, receipt: new Receipt(() => {}) });
}

function routerOf(pattern: string, key?: string, { partitions = 4, maxTopics = 10 } = {}) {
  const topics = new Map<string, Topic>();
  const refused: string[] = [];
  const router = new Router({
    ...{ pattern, key, maxTopics },
    topic(name) {
      const topic = topics.get(name) ?? newTopic(name);
      while (topic.partitions.length < partitions) topic.partitions.push(newPartition(topic, topic.partitions.length));
      topics.set(name, topic);
      return topic;
    },
    tooManyTopics: (name) => refused.push(name),
  });
  return { router, topics, refused };
}

/** Key → values, partition by partition. */
function placed(router: Router, batch: LogBatch) {
  const routed = router.route(batch);
  assert.ok('portions' in routed);
  const { keyStarts, keyEnds } = routed;
  return routed.portions.flatMap(({ topic, partition, select }) =>
    Array.from(select ?? batch.starts.keys(), (record) => ({
      topic: topic.name,
      partition,
      key:
        keyStarts === undefined || (keyEnds?.[record] ?? 0) < (keyStarts[record] ?? 1)
          ? undefined
          : routed.batch.bytes.toString('utf8', keyStarts[record], keyEnds?.[record]),
      value: routed.batch.bytes.toString('utf8', batch.starts[record], batch.ends[record]),
    })),
  );
}

test('without key and pattern a batch goes as a whole', () => {
  const { router } = routerOf('raw');
  const routed = router.route(batchOf(['a', 'b']));
  assert.ok('portions' in routed);
  assert.equal(routed.portions.length, 1);
  assert.equal(routed.portions[0]?.select, undefined);
  assert.equal(routed.portions[0]?.partition, undefined);
});

test('keys are the values of a field: strings without quotes and escapes, others as they stand there, null and absent none', () => {
  const { router } = routerOf('raw', 'field:k');
  const lines = [
    '{"k":"a"}',
    '{"x":{"k":"no"},"k":"ü\\n\\"b"}',
    '{"k":17}',
    '{"k":null}',
    '{"x":1}',
    'no json',
    '{"k":{"a":1}}',
    '{"k":""}',
  ];
  const found = new Map(placed(router, batchOf(lines)).map(({ value, key, partition }) => [value, { key, partition }]));
  const keys = ['a', 'ü\n"b', '17', undefined, undefined, undefined, '{"a":1}', ''];
  lines.forEach((line, at) => {
    const key = keys[at];
    const partition = key === undefined ? undefined : partitionOfKey(murmur2(Buffer.from(key)), 4);
    assert.deepEqual(found.get(line), { key, partition }, line);
  });
  assert.equal(found.size, lines.length);
});

test('records of one partition stay in their order', () => {
  const { router } = routerOf('raw', 'field:k', { partitions: 3 });
  const lines = Array.from({ length: 300 }, (_, at) => `{"k":"${at % 7}","n":${at}}`);
  const found = placed(router, batchOf(lines));
  assert.equal(found.length, 300);
  for (let partition = 0; partition < 3; partition++) {
    const order = found.filter((one) => one.partition === partition).map(({ value }) => JSON.parse(value).n);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  }
});

test('a label as key is written behind the records, once', () => {
  const { router } = routerOf('raw', 'label:app');
  const found = placed(router, batchOf(['a', 'b']));
  assert.deepEqual(
    found.map(({ key, value }) => [key, value]),
    [
      ['shop', 'a'],
      ['shop', 'b'],
    ],
  );
  assert.equal(new Set(found.map(({ partition }) => partition)).size, 1);
  assert.equal(placed(routerOf('raw', 'label:none').router, batchOf(['a']))[0]?.partition, undefined);
});

test('as long as partitions are unknown, records with keys wait and others do not', () => {
  const { router } = routerOf('raw', 'field:k', { partitions: 0 });
  assert.ok(!('portions' in router.route(batchOf(['{"k":"a"}']))));
  assert.ok('portions' in router.route(batchOf(['{"x":"a"}'])));
});

test('topics are made of labels and fields, and no more than allowed', () => {
  const { router, topics, refused } = routerOf('logs-{label:app}-{field:kind}', undefined, { maxTopics: 3 });
  const found = placed(router, batchOf(['{"kind":"a"}', '{"kind":"b c"}', '{}', '{"kind":"d"}', '{"kind":"a"}']));
  assert.deepEqual(
    found.map(({ topic, value }) => `${topic} ${value}`),
    ['logs-shop-a {"kind":"a"}', 'logs-shop-a {"kind":"a"}', 'logs-shop-b-c {"kind":"b c"}', 'logs-shop-none {}', 'logs-- {"kind":"d"}'],
  );
  assert.deepEqual([...topics.keys()], ['logs-shop-a', 'logs-shop-b-c', 'logs-shop-none', 'logs--']);
  assert.deepEqual(refused, ['logs-shop-d']);
});

test('patterns and names of topics', () => {
  assert.deepEqual(parsePattern('a{label:b.c}d{x}'), [
    { kind: 'text', text: 'a' },
    { kind: 'label', name: 'b.c' },
    { kind: 'text', text: 'd{x}' },
  ]);
  for (const [text, name] of [
    ['a/b c', 'a-b-c'],
    ['..', 'none'],
    ['', 'none'],
    ['ü', '-'],
    ['x'.repeat(300), 'x'.repeat(249)],
  ])
    assert.equal(topicName(text ?? ''), name);
});
