/** The Kafka sink against librdkafka's mock brokers, read back by kcat with all checksums checked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must } from '../command.ts';
import { openFeed } from '../kafka/feed.ts';
import { missingKcat, readBack } from '../kafka/kcat.ts';
import { missingForMock, startMock } from '../kafka/mock.ts';

const skip = missingForMock() ?? missingKcat() ?? false;

const lines = (from: number, count: number, more = ''): readonly string[] =>
  Array.from({ length: count }, (_, at) => JSON.stringify({ n: from + at, level: 'info', text: `line ${from + at} ${more}` }));

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
  test(`what goes in comes out, once and byte-equal, with compression ${compression}`, { skip }, async () => {
    await using mock = await startMock(3);
    await mock.topic('raw-logs', 8);
    await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'raw-logs', compression, batchSize: '100kB' });
    const wrote = Array.from({ length: 20 }, (_, at) => lines(1000 * at, 1000));
    for (const some of wrote) await feed.push(some, { tags: ['frontend', 'http'], labels: { app: 'shop' } });
    await feed.delivered();
    const read = await readBack(mock.bootstrap, 'raw-logs');
    assert.deepEqual(read.map(({ value }) => value).sort(), wrote.flat().sort());
    assert.ok(read.every(({ headers }) => headers.startsWith('source=lab,tags=frontend,http,labels.app=shop,fairlead-id=')));
    assert.ok(read.every(({ timestampMs }) => Math.abs(timestampMs - Date.now()) < 60_000));
    assert.ok(new Set(read.map(({ partition }) => partition)).size > 2, 'more than one partition is used');
    assert.equal(feed.context.counters.records, 20_000);
    assert.equal(feed.context.counters.errors, 0);
  });

test('records of no bytes and of a whole slab, with NUL and with bytes that are no UTF-8, arrive byte-equal', { skip }, async () => {
  await using mock = await startMock(1);
  await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'odd', compression: 'none' });
  const odd = ['', 'x'.repeat(10), `a${String.fromCharCode(0)}b`, 'ü€😀', 'y'.repeat(1_040_000)];
  await feed.push(odd);
  const noUtf8 = Buffer.from([0xff, 0xc0, 0x80, 0xfe, 0x41]);
  await feed.pushLarge([noUtf8]);
  await feed.delivered();
  const read = await readBack(mock.bootstrap, 'odd', 'latin1');
  const wanted = [...odd.map((text) => Buffer.from(text)), noUtf8].map((bytes) => bytes.toString('latin1'));
  assert.deepEqual(read.map(({ value }) => value).sort(), wanted.sort());
});

test('a record of 10 MiB travels between small ones, and one that no broker takes goes to the dead-letter file', { skip }, async () => {
  await using mock = await startMock(1);
  await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'huge', encoding: 'raw' });
  const large = Buffer.alloc(10 << 20, 'a large record ');
  await feed.pushLarge([Buffer.from('before'), large, Buffer.from('between'), Buffer.alloc(65 << 20, 'x'), Buffer.from('behind')]);
  await feed.delivered();
  const read = await readBack(mock.bootstrap, 'huge');
  assert.deepEqual(
    read.map(({ value }) => value.length).sort((a, b) => a - b),
    [6, 6, 7, large.length],
  );
  assert.ok(read.some(({ value }) => value === large.toString()));
  assert.deepEqual(
    feed.letters.map(({ bytes, position }) => [bytes.length, position]),
    [[65 << 20, 13 + large.length]],
  );
  assert.deepEqual(feed.settled, { delivered: 1, failed: 0 });
});

test('with a key the order within each key stays, and the partition is the one that librdkafka chooses for murmur2', { skip }, async () => {
  await using mock = await startMock(3);
  await mock.topic('keyed', 7);
  await mock.topic('theirs', 7);
  await using feed = await openFeed({
    brokers: mock.bootstrap.split(','),
    topic: 'keyed',
    key: 'field:user',
    batchSize: '20kB',
    encoding: 'raw',
  });
  const users = Array.from({ length: 50 }, (_, at) => (at === 7 ? 'a "quoted" üser' : `user-${at}`));
  for (let round = 0; round < 40; round++)
    await feed.push(
      users.map((user) => JSON.stringify({ round, user })),
      { format: 'json' },
    );
  await feed.push(['{"no":"key"}', '{"user":null}', '{"user":42}', 'no object at all'], { format: 'json' });
  await feed.delivered();
  await must('/usr/bin/kcat', ['-P', '-b', mock.bootstrap, '-t', 'theirs', '-K', '\t', '-X', 'partitioner=murmur2_random'], {
    input: [...users, '42'].map((user) => `${user}\tx\n`).join(''),
  });
  const theirs = new Map((await readBack(mock.bootstrap, 'theirs')).map(({ key, partition }) => [key, partition]));
  const read = await readBack(mock.bootstrap, 'keyed');
  assert.equal(read.length, 50 * 40 + 4);
  assert.equal(read.filter(({ key }) => key === undefined).length, 3);
  assert.equal(theirs.size, 51);
  for (const user of [...users, '42']) {
    const own = read.filter(({ key }) => key === user);
    assert.deepEqual([...new Set(own.map(({ partition }) => partition))], [theirs.get(user)], user);
    // kcat reads each partition in the order of its offsets.
    if (user !== '42')
      assert.deepEqual(
        own.map(({ value }) => JSON.parse(value).round),
        Array.from({ length: 40 }, (_, round) => round),
        user,
      );
  }
});

test('a label can be the key, and labels and fields can make the topic, of which there are only so many', { skip }, async () => {
  await using mock = await startMock(1);
  const topic = 'logs-{label:app}-{field:kind}';
  await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic, key: 'label:app', maxTopics: 2, encoding: 'raw' });
  await feed.push(['{"kind":"a"}', '{"kind":"b/b"}', '{"kind":"c"}'], { format: 'json', labels: { app: 'shop' } });
  await feed.delivered();
  const read = async (name: string) => (await readBack(mock.bootstrap, name)).map(({ value, key }) => [value, key]);
  assert.deepEqual(await read('logs-shop-a'), [['{"kind":"a"}', undefined]]);
  assert.deepEqual(await read('logs-shop-b-b'), [['{"kind":"b/b"}', undefined]]);
  assert.deepEqual(await read('logs--'), [['{"kind":"c"}', undefined]]);
  assert.equal(feed.events.filter(({ name }) => name === 'pipeline.kafka.too-many-topics').length, 1);
});

test('a batch that is too large is split, and a record that is too large alone goes to the dead-letter file', { skip }, async () => {
  await using mock = await startMock(1);
  await mock.topic('large', 1);
  await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'large' });
  // 10: MESSAGE_TOO_LARGE, for the whole, its first half (the second one is taken) and the first record alone.
  await mock.errors(0, [10, 10, 0, 10]);
  await feed.push(['one', 'two', 'three', 'four']);
  await feed.delivered();
  const read = (await readBack(mock.bootstrap, 'large')).map(({ value }) => value);
  const dead = feed.letters.map(({ bytes }) => Buffer.from(bytes).toString());
  assert.deepEqual([...read, ...dead].sort(), ['four', 'one', 'three', 'two']);
  assert.deepEqual(dead, ['one']);
  assert.match(feed.letters[0]?.reason ?? '', /MESSAGE_TOO_LARGE/);
  assert.equal(feed.letters[0]?.position, 0);
  assert.equal(feed.context.counters.deadLettered, 1);
  assert.deepEqual(feed.settled, { delivered: 1, failed: 0 });
});

test('metric points arrive as one JSON object each', { skip }, async () => {
  await using mock = await startMock(1);
  await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'metrics' });
  await feed.pushMetrics([{ name: 'up', labels: { job: 'x' }, timeMs: 1_700_000_000_000, value: { kind: 'gauge', value: 1 } }]);
  await feed.delivered();
  const [point] = await readBack(mock.bootstrap, 'metrics');
  assert.deepEqual(JSON.parse(point?.value ?? ''), {
    name: 'up',
    labels: { job: 'x' },
    time: '2023-11-14T22:13:20.000Z',
    kind: 'gauge',
    value: 1,
  });
  assert.equal(point?.timestampMs, 1_700_000_000_000);
});
