/**
 * Sequence numbers: what is sent again is there once and in order, and no error of a broker leaves the sink stuck. The mock brokers do not look at sequence numbers, so a relay with
 * a broker's view of them (lab/kafka/front-ledger.ts, written from the protocol) stands in front of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFeed } from '../kafka/feed.ts';
import { startFront } from '../kafka/front.ts';
import { missingKcat, readBack } from '../kafka/kcat.ts';
import { missingForMock, startMock } from '../kafka/mock.ts';

const skip = missingForMock() ?? missingKcat() ?? false;
const produce = 0;
const initProducerId = 22;

/** Some of these mean "sent too early", some "lead by somebody else", some are fatal for a producer id; −195 cuts the connection. */
const everyError = [2, 3, 5, 6, 7, 8, 13, 19, 20, 45, 46, 47, 49, 56, 59, 74, 75, 89, 90, 9999, -195];

test('idempotence', { skip, concurrency: 4 }, (t) => {
  void t.test('answers that are lost after the records were appended leave no duplicates and no gaps', async () => {
    await using mock = await startMock(2);
    await mock.topic('once', 3);
    await using front = await startFront(mock, { ledger: true });
    await using feed = await openFeed({
      brokers: front.bootstrap.split(','),
      topic: 'once',
      key: 'field:k',
      encoding: 'raw',
      linger: '1ms',
    });
    for (let n = 0; n < 60; n++) {
      if (n % 10 === 5) front.loseAnswers(2);
      await feed.push(
        Array.from({ length: 12 }, (_, k) => `{"k":"${k}","n":${n}}`),
        { format: 'json' },
      );
      if (n % 10 === 9) await feed.delivered();
    }
    await feed.delivered();
    const read = await readBack(mock.bootstrap, 'once');
    for (let k = 0; k < 12; k++) {
      const order = read.filter(({ key }) => key === `${k}`).map(({ value }) => JSON.parse(value).n);
      assert.deepEqual(
        order,
        Array.from({ length: 60 }, (_, n) => n),
        `key ${k}`,
      );
    }
    assert.ok(front.ledger.duplicates > 0, 'something was sent again');
    assert.deepEqual(
      front.ledger.refused.filter(({ error }) => error !== 45),
      [],
    );
  });

  void t.test('a broker that has forgotten the producer is told a new epoch, and nothing is lost', async () => {
    await using mock = await startMock(1);
    await mock.topic('forgotten', 2);
    await using front = await startFront(mock, { ledger: true });
    await using feed = await openFeed({ brokers: [front.bootstrap], topic: 'forgotten' });
    const pushed: string[] = [];
    for (let n = 0; n < 20; n++) {
      if (n === 8 || n === 14) front.ledger.forget();
      pushed.push(`line ${n}`);
      await feed.push([`line ${n}`]);
      await feed.delivered();
    }
    const read = (await readBack(mock.bootstrap, 'forgotten')).map(({ value }) => value);
    assert.deepEqual(read.sort(), pushed.sort());
    assert.ok(feed.events.filter(({ name }) => name === 'pipeline.kafka.new-epoch').length >= 2);
    assert.ok(front.ledger.refused.length >= 2);
  });

  for (const error of everyError)
    void t.test(`error ${error} in the answers to Produce delays records and loses none`, async () => {
      await using mock = await startMock(1);
      await mock.topic('wrong', 2);
      await using front = await startFront(mock, { ledger: true });
      await using feed = await openFeed({ brokers: [front.bootstrap], topic: 'wrong', linger: '1ms' });
      const pushed: string[] = [];
      for (let n = 0; n < 12; n++) {
        if (n === 3) await mock.errors(produce, [error]);
        if (n === 6) await mock.errors(produce, [error, error]);
        pushed.push(`line ${n}`);
        await feed.push([`line ${n}`]);
      }
      await feed.delivered();
      const read = (await readBack(mock.bootstrap, 'wrong')).map(({ value }) => value);
      // 46 says that it was there already, which the mock made up: those are rightly not sent again.
      if (error !== 46) assert.deepEqual([...new Set(read)].sort(), pushed.sort());
      assert.deepEqual(feed.letters, []);
      assert.equal(feed.settled.failed, 0);
    });

  void t.test('records that are refused for good go to the dead-letter file alone, and those beside them arrive in order', async () => {
    await using mock = await startMock(1);
    await mock.topic('poison', 1);
    await using front = await startFront(mock, { ledger: true });
    await using feed = await openFeed({ brokers: [front.bootstrap], topic: 'poison' });
    // 87: INVALID_RECORD for the batch of four, its first half, and then the second record of that. The half behind is refused for the gap each time.
    await mock.errors(produce, [87, 87, 0, 87]);
    await feed.push(['a', 'b', 'c', 'd']);
    await feed.delivered();
    await feed.push(['e', 'f']);
    await feed.delivered();
    const read = (await readBack(mock.bootstrap, 'poison')).map(({ value }) => value);
    const dead = feed.letters.map(({ bytes }) => Buffer.from(bytes).toString());
    assert.deepEqual(dead, ['b']);
    assert.deepEqual(read, ['a', 'c', 'd', 'e', 'f']);
    assert.match(feed.letters[0]?.reason ?? '', /INVALID_RECORD \(87\)/);
  });

  void t.test('no producer id at first: it is asked for until there is one', async () => {
    await using mock = await startMock(1);
    await mock.errors(initProducerId, [14, 15, 51, 31]);
    await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'late' });
    await feed.push(['a']);
    await feed.delivered();
    assert.deepEqual(
      (await readBack(mock.bootstrap, 'late')).map(({ value }) => value),
      ['a'],
    );
    assert.ok(feed.events.some(({ name }) => name === 'pipeline.kafka.no-producer-id'));
  });

  void t.test('a topic that may not be written is said and tried again until it may', async () => {
    await using mock = await startMock(1);
    await mock.topic('forbidden', 1);
    await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'forbidden' });
    await mock.errors(produce, [29, 29]);
    await feed.push(['a']);
    await feed.until('it is said', () => feed.events.some(({ fields }) => /TOPIC_AUTHORIZATION_FAILED/.test(String(fields.reason))));
    await feed.delivered();
    assert.deepEqual(
      (await readBack(mock.bootstrap, 'forbidden')).map(({ value }) => value),
      ['a'],
    );
  });

  void t.test('brokers that know no zstd get gzip', async () => {
    await using mock = await startMock(1);
    await mock.apiVersion(produce, [0, 6]);
    await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'old' });
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n} of many that are alike`);
    await feed.push(lines);
    await feed.delivered();
    await feed.push(['and one more']);
    await feed.delivered();
    assert.deepEqual((await readBack(mock.bootstrap, 'old')).map(({ value }) => value).sort(), [...lines, 'and one more'].sort());
    assert.deepEqual(
      feed.events.filter(({ name }) => name === 'pipeline.kafka.codec').map(({ fields }) => fields.codec),
      ['zstd'],
    );
  });

  void t.test('a sink that is closed gives back what it could not deliver', async () => {
    await using mock = await startMock(1);
    await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'closed' });
    await feed.push(['a']);
    await feed.delivered();
    await mock.down(-1);
    for (let n = 0; n < 5; n++) await feed.push([`b${n}`]);
    await feed.sink.close(300);
    assert.deepEqual(feed.settled, { delivered: 1, failed: 5 });
  });

  void t.test('a sink that is closed in time delivers what waits first', async () => {
    await using mock = await startMock(1);
    await using feed = await openFeed({ brokers: [mock.bootstrap], topic: 'closing', linger: '10s' });
    for (let n = 0; n < 5; n++) await feed.push([`b${n}`]);
    await feed.sink.close(20_000);
    assert.deepEqual(feed.settled, { delivered: 5, failed: 0 });
    assert.equal((await readBack(mock.bootstrap, 'closing')).length, 5);
  });
});
