/** The order of sending and what becomes of each answer, with a broker that is a list of requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../core/manual-clock.ts';
import { silentLog } from '../../../observe/log.ts';
import { newSinkCounters } from '../../counters.ts';
import type { Answer } from './connect/connection.ts';
import { Notices } from './notices.ts';
import { Sender } from './sender.ts';
import type { SendingNode } from './sender-options.ts';
import { kafkaSettings } from './settings.ts';
import type { Topic } from './topic.ts';
import { newPartition, newTopic } from './topic.ts';
import { heapPiece, WireBatch } from './wire-batch.ts';

interface Sent {
  readonly broker: number;
  readonly partition: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly id: bigint;
  /** The one byte that the batch is made of. */
  readonly name: string;
  answer(error: number): void;
  lose(): void;
}

const empty = Buffer.alloc(0);
const count = (value: number): Buffer => Buffer.from([0, 0, 0, value]);

const settings = kafkaSettings.parse({ type: 'kafka', brokers: ['a'], topic: 't' });

function world(leaders: readonly number[]) {
  const clock = manualClock();
  const sent: Sent[] = [];
  const delivered: string[] = [];
  const topic: Topic = newTopic('t');
  topic.partitions = leaders.map((leader, index) => ({ ...newPartition(topic, index), leader }));
  const connectionOf = (broker: number): SendingNode['link']['connection'] => ({
    end: () => {},
    send: (_api, _version, body, _bytes, _timeout, settle: (answer: Answer) => void) => {
      // [before, header, records] for each partition, whose index is the last field but one of what stands before; then what stands behind.
      const parts = Array.from({ length: (body.length - 1) / 3 }, (_, at) => body.slice(3 * at, 3 * at + 3).map(({ bytes }) => bytes));
      const entries = new Map<number, Buffer>();
      for (const [before = empty, header = empty, records = empty] of parts) {
        const partition = before.readInt32BE(before.length - 8);
        sent.push({
          ...{ broker, partition, id: header.readBigInt64BE(43), epoch: header.readInt16BE(51), sequence: header.readInt32BE(53) },
          name: records.toString(),
          answer(error) {
            const entry = Buffer.alloc(37);
            entry.write('000174', 'hex');
            entry.writeInt32BE(1, 3);
            entry.writeInt32BE(partition, 7);
            entry.writeInt16BE(error, 11);
            entries.set(partition, entry);
            // An answer is for the whole request.
            if (entries.size === parts.length)
              settle({ ok: true, body: Buffer.concat([count(parts.length), ...entries.values(), Buffer.alloc(4)]) });
          },
          lose: () => settle({ ok: false, sentence: 'the connection broke' }),
        });
      }
      return 100;
    },
  });
  const nodes = new Map<number, SendingNode>();
  const connect = (broker: number) =>
    void nodes.set(broker, {
      link: { to: `b${broker}`, offered: new Map([[0, { min: 0, max: 7 }]]), connection: connectionOf(broker), answered: () => {} },
      ...{ inFlightBytes: 0, throttledUntilMs: 0 },
    });
  for (const leader of leaders) if (leader >= 0) connect(leader);
  const identity = {
    current: { id: 7n, epoch: 0 },
    renew() {
      identity.current = { id: identity.current.id + 1n, epoch: 0 };
    },
  };
  const sender = new Sender({
    settings,
    context: { clock, log: silentLog, random: () => 0.99, counters: newSinkCounters() },
    cluster: {
      nodes,
      topics: new Map([['t', topic]]),
      refresh: () => {},
      get up() {
        return nodes.size;
      },
    },
    identity,
    notices: new Notices(clock, silentLog),
    onDelivered: (batch) => delivered.push(batch.contiguous().toString()),
    mend: async (batch) => [batch],
    wakeAt: () => {},
  });
  const batch = (name: string, partition?: number) => {
    const made = new WireBatch(topic, partition !== undefined, 0, 0);
    made.pieces = [heapPiece(Buffer.from(name))];
    Object.assign(made, { records: 10, codec: 0, countedBytes: 100 });
    (partition === undefined ? topic.shared : topic.partitions[partition])?.queue.push(made);
  };
  /** What was sent since the last call. */
  const take = () => sent.splice(0);
  const later = async (ms: number) => {
    await new Promise(setImmediate);
    clock.advance(ms);
    sender.pump();
  };
  return { sender, topic, nodes, connect, identity, delivered, batch, take, later };
}

const seen = (sent: readonly Sent[]) => sent.map(({ partition, name, epoch, sequence }) => [partition, name, epoch, sequence]);

test('without keys batches go round, to the partition with the least to do, and none to one without a leader', () => {
  const { sender, batch, take } = world([1, -1, 1, 2]);
  for (const name of 'abcdef') batch(name);
  sender.pump();
  const all = take();
  const of = (index: number) => seen(all.filter(({ partition }) => partition === index));
  assert.deepEqual(of(0), [
    [0, 'a', 0, 0],
    [0, 'd', 0, 10],
  ]);
  assert.deepEqual(of(1), []);
  assert.deepEqual(of(2), [
    [2, 'b', 0, 0],
    [2, 'e', 0, 10],
  ]);
  assert.deepEqual(of(3), [
    [3, 'c', 0, 0],
    [3, 'f', 0, 10],
  ]);
});

test('at most five batches of a partition are under way', () => {
  const { sender, batch, take, delivered } = world([1]);
  for (const name of 'abcdefgh') batch(name);
  sender.pump();
  const first = take();
  assert.equal(first.length, 5);
  first[0]?.answer(0);
  assert.deepEqual(seen(take()), [[0, 'f', 0, 50]]);
  assert.deepEqual(delivered, ['a']);
});

test('after a failure nothing new is sent before all answers are in; then the same, in the same order, with the same numbers', async () => {
  const { sender, batch, take, later, delivered } = world([1]);
  for (const name of 'abcd') batch(name, 0);
  sender.pump();
  const [a, b, c, d] = take();
  a?.answer(0);
  b?.answer(7);
  // What is behind it does not fit any more: no fault of its own.
  d?.answer(45);
  batch('e', 0);
  await later(5_000);
  assert.deepEqual(seen(take()), [], 'c is still under way');
  c?.answer(45);
  await later(5_000);
  const again = take();
  assert.deepEqual(seen(again), [
    [0, 'b', 0, 10],
    [0, 'c', 0, 20],
    [0, 'd', 0, 30],
    [0, 'e', 0, 40],
  ]);
  for (const one of again) one.answer(0);
  assert.deepEqual(delivered, ['a', 'b', 'c', 'd', 'e']);
});

test('a gap that nobody before it is to blame for begins a new epoch of this partition alone', async () => {
  const { sender, batch, take, later } = world([1, 1]);
  batch('x', 1);
  for (const name of 'ab') batch(name, 0);
  sender.pump();
  const [a, b, x] = take();
  assert.deepEqual([a?.name, b?.name, x?.name], ['a', 'b', 'x']);
  a?.answer(59);
  b?.answer(45);
  x?.answer(0);
  await later(5_000);
  batch('y', 1);
  sender.pump();
  assert.deepEqual(seen(take()), [
    [0, 'a', 1, 0],
    [0, 'b', 1, 10],
    [1, 'y', 0, 10],
  ]);
});

test('a producer id that is refused is exchanged, and numbers begin at 0', async () => {
  const { sender, batch, take, later } = world([1]);
  batch('a', 0);
  sender.pump();
  take()[0]?.answer(0);
  batch('b', 0);
  sender.pump();
  take()[0]?.answer(47);
  await later(5_000);
  const again = take();
  assert.deepEqual(seen(again), [[0, 'b', 0, 0]]);
  assert.equal(again[0]?.id, 8n);
});

test('epochs are 16 bits: behind the last one comes another producer id', async () => {
  const { sender, batch, take, later, identity } = world([1]);
  identity.current = { id: 7n, epoch: 0x7fff };
  batch('a', 0);
  sender.pump();
  take()[0]?.answer(45);
  await later(5_000);
  const [again] = take();
  assert.deepEqual([again?.id, again?.epoch, again?.sequence], [8n, 0, 0]);
});

test('what a partition that lost its leader surely did not append goes to others, and leaves no gap in its numbers', async () => {
  const { sender, batch, take, later, topic } = world([1, 2]);
  batch('a');
  sender.pump();
  take()[0]?.answer(0);
  batch('b');
  batch('c');
  sender.pump();
  const [first, second] = take();
  const away = first?.partition === 0 ? first : second;
  const other = first?.partition === 0 ? second : first;
  away?.answer(6);
  other?.answer(0);
  const [partition] = topic.partitions;
  if (partition !== undefined) partition.leader = -1;
  await later(5_000);
  const [moved] = take();
  assert.deepEqual([moved?.name, moved?.partition], [away?.name, 1]);
  moved?.answer(0);
  if (partition !== undefined) partition.leader = 1;
  await later(5_000);
  for (const name of 'de') batch(name);
  sender.pump();
  assert.ok(take().some(({ partition: index, sequence, epoch }) => index === 0 && sequence === 10 && epoch === 0));
});

test('what may have been appended waits for its leader for 30 s, and then goes to another one, in a new epoch', async () => {
  const { sender, batch, take, later, topic, delivered } = world([1, 2]);
  batch('a');
  sender.pump();
  take()[0]?.lose();
  const [partition] = topic.partitions;
  if (partition !== undefined) partition.leader = -1;
  await later(1_000);
  await later(28_000);
  assert.deepEqual(seen(take()), []);
  await later(3_000);
  const [moved] = take();
  assert.deepEqual([moved?.name, moved?.partition], ['a', 1]);
  moved?.answer(0);
  assert.deepEqual(delivered, ['a']);
  if (partition !== undefined) partition.leader = 1;
  for (const name of 'bc') batch(name);
  await later(1_000);
  assert.ok(take().some(({ partition: index, sequence, epoch }) => index === 0 && sequence === 0 && epoch === 1));
});

test('with a key nothing goes elsewhere, however long its partition has no leader', async () => {
  const { sender, batch, take, later, topic } = world([1, 2]);
  batch('a', 0);
  sender.pump();
  take()[0]?.lose();
  const [partition] = topic.partitions;
  if (partition !== undefined) partition.leader = -1;
  await later(1_000);
  await later(3_600_000);
  assert.deepEqual(seen(take()), []);
  if (partition !== undefined) partition.leader = 2;
  await later(1_000);
  assert.deepEqual(seen(take()), [[0, 'a', 0, 0]]);
});
