/** Faults at random, several at once, for some seconds: afterwards everything is there, in the order of its keys, and nothing twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFeed } from '../kafka/feed.ts';
import { startFront } from '../kafka/front.ts';
import { missingKcat, readBack } from '../kafka/kcat.ts';
import { missingForMock, startMock } from '../kafka/mock.ts';

const skip = missingForMock() ?? missingKcat() ?? false;
const seed = Number(process.env.FAIRLEAD_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const brokers = 3;
const partitions = 6;
const keys = 30;
/** Errors after which nothing was appended, and one that cuts the connection. */
const codes = [3, 5, 6, 19, 56, 74, -195];

for (const compression of ['zstd', 'none'])
  test(`chaos with ${compression}, seed ${seed}`, { skip }, async () => {
    const random = randomOf(seed);
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
    await using mock = await startMock(brokers);
    await mock.topic('chaos', partitions, 1);
    await using front = await startFront(mock, { ledger: true });
    const settings = { topic: 'chaos', key: 'field:k', encoding: 'raw', compression, requestTimeout: '3s', linger: '2ms' };
    await using feed = await openFeed({ brokers: front.bootstrap.split(','), ...settings });
    const until = Date.now() + 6_000;
    let rounds = 0;
    const load = (async () => {
      for (; Date.now() < until; rounds++) {
        await feed.push(
          Array.from({ length: keys }, (_, k) => `{"k":"${k}","n":${rounds},"more":"${'x'.repeat(Math.floor(random() * 300))}"}`),
          { format: 'json' },
        );
        await sleep(10);
      }
    })();
    while (Date.now() < until) {
      const broker = 1 + Math.floor(random() * brokers);
      const partition = Math.floor(random() * partitions);
      const fault = Math.floor(random() * 6);
      if (fault === 0) {
        await mock.down(broker);
        await sleep(random() * 600);
        await mock.up(broker);
      } else if (fault === 1) {
        await mock.leader('chaos', partition, -1);
        await sleep(random() * 400);
        await mock.leader('chaos', partition, broker);
      } else if (fault === 2) await mock.leader('chaos', partition, broker);
      else if (fault === 3) await mock.errors(0, [pick(codes) ?? 6, 0, pick(codes) ?? 6]);
      else if (fault === 4) front.loseAnswers(2);
      else {
        front.freeze(broker);
        await sleep(random() * 300);
        front.thaw(broker);
      }
      await sleep(random() * 200);
    }
    await load;
    await mock.clearErrors(0);
    front.loseAnswers(0);
    for (let partition = 0; partition < partitions; partition++) await mock.leader('chaos', partition, 1 + (partition % brokers));
    await feed.delivered();
    const read = await readBack(mock.bootstrap, 'chaos');
    assert.deepEqual(feed.letters, []);
    assert.ok(rounds > 50 && feed.context.counters.retries > 0);
    // A new epoch may repeat what was under way (it is said); without one nothing is there twice.
    const epochs = feed.events.filter(({ name }) => name === 'pipeline.kafka.new-epoch').length;
    for (let k = 0; k < keys; k++) {
      const order = read.filter(({ key }) => key === `${k}`).map(({ value }) => JSON.parse(value).n);
      const expected = Array.from({ length: rounds }, (_, n) => n);
      assert.deepEqual(epochs === 0 ? order : [...new Set(order)], expected, `key ${k}, seed ${seed}, ${epochs} new epochs`);
    }
  });
