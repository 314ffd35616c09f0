/** What breaks around a Kafka sink: leaders, brokers, slow and dead paths. Against librdkafka's mock brokers, read back by kcat. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBlackHole } from '../kafka/black-hole.ts';
import { openFeed } from '../kafka/feed.ts';
import { startFront } from '../kafka/front.ts';
import { missingKcat, readBack } from '../kafka/kcat.ts';
import { missingForMock, startMock } from '../kafka/mock.ts';
import { steady } from '../kafka/steady.ts';

const skip = missingForMock() ?? missingKcat() ?? false;
const concurrency = 5;

/** Back at full rate within 2 s after a fault is gone; the rest is for a machine with much else to do. */
const backMs = 2_000 + 1_500;

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Everything that was pushed is there, and nothing else; some of it may be there more than once when `repeated` allows it. */
function assertSame(read: readonly string[], pushed: readonly string[], repeated: 'repeated' | 'once'): void {
  const there = new Set(read);
  const wanted = new Set(pushed);
  const missing = pushed.filter((value) => !there.has(value));
  const foreign = read.filter((value) => !wanted.has(value));
  assert.deepEqual([missing.length, foreign.length, missing.slice(0, 3), foreign.slice(0, 3)], [0, 0, [], []]);
  if (repeated === 'once') assert.equal(read.length, pushed.length);
}

const values = async (bootstrap: string, topic: string) => (await readBack(bootstrap, topic)).map(({ value }) => value);

// All at once: they wait more than they work. Node waits for every one of them.
test('faults', { skip, concurrency }, (t) => {
  void t.test('a partition without a leader for 6 s holds nothing up without keys, and takes its share again afterwards', async () => {
    await using mock = await startMock(3);
    await mock.topic('raw', 4);
    await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'raw' });
    const load = steady(feed);
    await feed.until('records flow', () => feed.context.counters.records > 1_000);
    await mock.leader('raw', 2, -1);
    const cutAt = Date.now();
    await feed.until('others take the records', () => feed.context.counters.pendingRecords > 0);
    let oldestPendingMs = 0;
    while (Date.now() - cutAt < 6_000) {
      const { records } = feed.context.counters;
      oldestPendingMs = Math.max(
        oldestPendingMs,
        await took(() => feed.until('records flow', () => feed.context.counters.records > records)),
      );
      await sleep(20);
    }
    assert.ok(oldestPendingMs < backMs, `nothing was acknowledged for ${oldestPendingMs} ms`);
    assert.equal(feed.sink.problem(), undefined);
    await mock.leader('raw', 2, 1);
    const back = Date.now();
    await sleep(2_000);
    const pushed = await load.stop();
    await feed.delivered();
    const read = await readBack(mock.bootstrap, 'raw');
    assert.deepEqual(read.map(({ value }) => value).sort(), [...pushed].sort());
    assert.ok(
      read.some(({ partition, timestampMs }) => partition === 2 && timestampMs >= back),
      'the partition is used again',
    );
    assert.ok(!read.some(({ partition, timestampMs }) => partition === 2 && timestampMs > cutAt + 2_000 && timestampMs < back - 100));
  });

  void t.test('with keys only the records of the partition without a leader wait, and their order stays', async () => {
    await using mock = await startMock(2);
    await mock.topic('keyed', 4);
    await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'keyed', key: 'field:k', encoding: 'raw' });
    const round = async (n: number) => {
      for (let k = 0; k < 20; k++) await feed.push([`{"k":"key-${k}","n":${n}}`], { format: 'json' });
    };
    await round(0);
    await feed.delivered();
    const where = new Map((await readBack(mock.bootstrap, 'keyed')).map(({ key, partition }) => [key, partition]));
    const waiting = [...where.values()].filter((partition) => partition === 1).length;
    assert.ok(waiting > 0 && waiting < 20);
    await mock.leader('keyed', 1, -1);
    for (let n = 1; n <= 30; n++) await round(n);
    await feed.until('all others are there', () => feed.settled.delivered === 20 + 30 * (20 - waiting));
    await sleep(3_000);
    assert.equal(feed.settled.delivered, 20 + 30 * (20 - waiting));
    await mock.leader('keyed', 1, 2);
    assert.ok((await took(() => feed.delivered())) < backMs);
    const read = await readBack(mock.bootstrap, 'keyed');
    assert.equal(read.length, 31 * 20);
    for (let k = 0; k < 20; k++) {
      const order = read.filter(({ key }) => key === `key-${k}`).map(({ value }) => JSON.parse(value).n);
      assert.deepEqual(
        order,
        Array.from({ length: 31 }, (_, n) => n),
        `key-${k}`,
      );
    }
  });

  void t.test('one broker that is down for 4 s takes nothing with it, and is used again within 2 s', async () => {
    await using mock = await startMock(3);
    await mock.topic('raw', 6);
    await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'raw', requestTimeout: '2s' });
    const load = steady(feed);
    await feed.until('records flow', () => feed.context.counters.records > 1_000);
    await mock.down(2);
    const until = Date.now() + 4_000;
    while (Date.now() < until) {
      const { records } = feed.context.counters;
      assert.ok((await took(() => feed.until('records flow', () => feed.context.counters.records > records))) < backMs);
      await sleep(20);
    }
    assert.equal(feed.sink.links().filter(({ state }) => state === 'down').length, 1);
    await mock.up(2);
    const backAgain = await took(() => feed.until('the link is up', () => feed.sink.links().every(({ state }) => state === 'up')));
    assert.ok(backAgain < backMs, `${backAgain} ms`);
    const pushed = await load.stop();
    await feed.delivered();
    assertSame(await values(mock.bootstrap, 'raw'), pushed, 'repeated');
    assert.equal(feed.events.filter(({ name }) => name === 'pipeline.kafka.unreachable').length, 1, 'said once');
  });

  void t.test('all brokers down: memory is bounded, the reason is known, and within 2 s after they are back everything flows', async () => {
    await using mock = await startMock(3);
    await mock.topic('raw', 6);
    await using feed = await openFeed({
      brokers: mock.bootstrap.split(','),
      topic: 'raw',
      maxInFlight: '4MiB',
      compression: 'none',
      batchSize: '500kB',
    });
    const load = steady(feed, { lines: 1_000, everyMs: 20 });
    await feed.until('records flow', () => feed.context.counters.records > 10_000);
    await mock.down(-1);
    await feed.until('it is full', () => feed.context.counters.pendingBytes > 2_000_000);
    await sleep(4_000);
    const { pendingBytes } = feed.context.counters;
    assert.ok(pendingBytes < 6 << 20, `${pendingBytes} bytes wait`);
    assert.match(feed.sink.problem() ?? '', /refuses the connection/);
    const { records } = feed.context.counters;
    await mock.up(-1);
    const backAgain = await took(() => feed.until('records flow', () => feed.context.counters.records > records + 20_000));
    assert.ok(backAgain < backMs, `${backAgain} ms`);
    const pushed = await load.stop();
    await feed.delivered();
    assert.equal(feed.sink.problem(), undefined);
    assertSame(await values(mock.bootstrap, 'raw'), pushed, 'repeated');
  });

  void t.test('two seconds of round trip do not make it one batch in two seconds', async () => {
    await using mock = await startMock(2);
    await mock.topic('raw', 4);
    await using feed = await openFeed({ brokers: mock.bootstrap.split(','), topic: 'raw', batchSize: '50kB', compression: 'none' });
    await feed.push(['first']);
    await feed.delivered();
    await mock.rtt(-1, 2_000);
    const line = 'x'.repeat(1_000);
    const tookMs = await took(async () => {
      for (let n = 0; n < 30; n++) await feed.push(Array.from({ length: 50 }, (_, at) => `${n}/${at} ${line}`));
      await feed.delivered();
    });
    assert.ok(tookMs >= 2_000 && tookMs < 12_000, `${tookMs} ms for 30 batches`);
    assert.equal(feed.context.counters.errors, 0, 'a slow answer is no error');
    assert.equal(feed.events.filter(({ name }) => name === 'pipeline.kafka.lost').length, 0);
    await mock.rtt(-1, 0);
    assert.equal((await values(mock.bootstrap, 'raw')).length, 1501);
  });

  void t.test(
    'a broker that takes connections and says nothing is given up after the request timeout, and what it had goes on',
    async () => {
      await using mock = await startMock(2);
      await mock.topic('raw', 2);
      await using front = await startFront(mock);
      await using feed = await openFeed({ brokers: front.bootstrap.split(','), topic: 'raw', requestTimeout: '1s' });
      const load = steady(feed);
      await feed.until('records flow', () => feed.context.counters.records > 1_000);
      front.freeze(1);
      await feed.until('it is given up', () => feed.events.some(({ name }) => name === 'pipeline.kafka.lost'));
      const { records } = feed.context.counters;
      await feed.until('records flow through the other one', () => feed.context.counters.records > records + 1_000);
      front.thaw(1);
      const backAgain = await took(() => feed.until('both are up', () => feed.sink.links().every(({ state }) => state === 'up')));
      assert.ok(backAgain < backMs, `${backAgain} ms`);
      const pushed = await load.stop();
      await feed.delivered();
      assertSame(await values(mock.bootstrap, 'raw'), pushed, 'repeated');
    },
  );

  void t.test('a broker behind a firewall that drops packets does not keep us from the next one of the list', async () => {
    await using mock = await startMock(1);
    await using hole = await startBlackHole();
    await using feed = await openFeed({ brokers: [hole.address, mock.bootstrap], topic: 'raw' });
    const tookMs = await took(async () => {
      await feed.push(['a']);
      await feed.delivered();
    });
    assert.ok(tookMs > 900 && tookMs < 1_000 + backMs, `${tookMs} ms`);
    assert.deepEqual(await values(mock.bootstrap, 'raw'), ['a']);
  });

  void t.test('a broker that asks for pauses gets them', async () => {
    await using mock = await startMock(1);
    await mock.topic('raw', 1);
    await using front = await startFront(mock);
    await using feed = await openFeed({ brokers: [front.bootstrap], topic: 'raw' });
    front.throttle(400);
    const tookMs = await took(async () => {
      for (let n = 0; n < 4; n++) {
        await feed.push([`${n}`]);
        await feed.delivered();
      }
    });
    assert.ok(tookMs >= 3 * 400 && tookMs < 3 * 400 + backMs, `${tookMs} ms`);
    assert.equal(feed.events.filter(({ name }) => name === 'pipeline.kafka.throttled').length, 1);
    assert.deepEqual(await values(mock.bootstrap, 'raw'), ['0', '1', '2', '3']);
  });

  void t.test('sockets leave from the address of the data plane', async () => {
    await using mock = await startMock(2);
    await using front = await startFront(mock);
    const plane = { resolve: () => ({ ok: true as const, local: { kind: 'bound' as const, what: 'the lab', v4: '127.0.0.7' } }) };
    await using feed = await openFeed({ brokers: front.bootstrap.split(','), topic: 'raw' }, { plane });
    await feed.push(['a']);
    await feed.delivered();
    assert.deepEqual([...front.from], ['127.0.0.7']);
  });
});
