import assert from 'node:assert/strict';
import test from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import type { Batch } from '../batch.ts';
import { LogBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import type { Sink } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';
import type { Stream } from '../stream.ts';
import { Outlet } from './outlet.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function settle() {
  const outcomes: string[] = [];
  const stream: Stream = { source: 's', generation: '00000000000000aa', labels: {}, tags: [], format: 'text' };
  const batch = (text: string, more: Partial<Stream> = {}): LogBatch => {
    const bytes = Buffer.from(text);
    return new LogBatch({
      ...{
        stream: { ...stream, ...more },
        bytes,
        starts: Uint32Array.of(0),
        ends: Uint32Array.of(bytes.length),
        count: 1,
        base: 0,
        readAtMs: 0,
      },
      receipt: new Receipt((delivered) => outcomes.push(`${delivered ? 'delivered' : 'failed'} ${text}`)),
    });
  };
  return { outcomes, batch };
}

/** Takes nothing while it is stopped, and remembers in which order batches came. */
function gatedSink() {
  const got: Batch[] = [];
  let gate: PromiseWithResolvers<void> | undefined;
  let problem: string | undefined;
  const sink: Sink = {
    push(batch) {
      got.push(batch);
      return gate?.promise;
    },
    problem: () => problem,
    links: () => [],
    async close() {
      for (const batch of got) batch.receipt.fail();
    },
  };
  return {
    sink,
    texts: () => got.map((batch) => (batch.kind === 'logs' ? batch.bytes.toString() : '')),
    stop(reason?: string) {
      gate = Promise.withResolvers();
      problem = reason;
    },
    go() {
      gate?.resolve();
      gate = undefined;
      problem = undefined;
    },
    acknowledge() {
      for (const batch of got.splice(0)) batch.receipt.release();
    },
  };
}

/** Keeps batches in order in memory; `sync` lets what was appended become durable. */
function memorySpool() {
  const kept: { batch: Batch; through: boolean; read: boolean }[] = [];
  const waiting: (() => void)[] = [];
  let readable = () => {};
  let held = false;
  const hold = () => {
    held = true;
  };
  const sync = () => {
    for (const one of waiting.splice(0)) one();
  };
  const spool: Spool = {
    async append(batch, options) {
      const copy = batch.kind === 'logs' ? new LogBatch({ ...batch, bytes: Buffer.from(batch.bytes) }) : batch;
      const entry = { batch: copy, through: options?.through === true, read: options?.through === true };
      kept.push(entry);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (!held) queueMicrotask(sync);
      });
      if (!entry.through) readable();
      return entry.through ? { stored: true, receipt: new Receipt(() => {}) } : { stored: true };
    },
    async next() {
      const entry = kept.find(({ read }) => !read);
      if (entry === undefined) return undefined;
      entry.read = true;
      return entry.batch.kind === 'logs' ? new LogBatch({ ...entry.batch, receipt: new Receipt(() => {}) }) : entry.batch;
    },
    onReadable(listener) {
      readable = listener;
    },
    depth: { records: 0, bytes: 0 },
    dropped: { records: 0, bytes: 0 },
    damaged: { records: 0, bytes: 0 },
    problem: () => undefined,
    async close() {},
  };
  return { spool, kept, hold, sync };
}

function outletOf(options: { harmful?: () => boolean; always?: boolean; without?: boolean; renew?: () => Promise<Sink> } = {}) {
  const clock = manualClock();
  const gated = gatedSink();
  const disk = memorySpool();
  const outlet = new Outlet({
    ...{ sink: gated.sink, clock, leftOver: false, always: options.always ?? false },
    openSpool: options.without === true ? undefined : async () => disk.spool,
    harmful: options.harmful ?? (() => false),
    ...(options.renew === undefined ? {} : { renew: options.renew }),
  });
  return { clock, gated, disk, outlet };
}

test('a batch that can be read again goes straight to the sink, and its origin hears from the receiver', async () => {
  const { gated, disk, outlet } = outletOf();
  const { outcomes, batch } = settle();
  assert.equal(outlet.push(batch('a')), undefined);
  assert.deepEqual(gated.texts(), ['a']);
  gated.acknowledge();
  assert.deepEqual(outcomes, ['delivered a']);
  assert.equal(disk.kept.length, 0);
});

test('a sink that is away holds the origin back when that harms nobody', async () => {
  const { clock, gated, disk, outlet } = outletOf();
  const { batch } = settle();
  gated.stop('connection refused');
  outlet.push(batch('a'));
  outlet.push(batch('b'));
  const full = outlet.push(batch('c'));
  assert.ok(full instanceof Promise);
  clock.advance(60_000);
  await turn();
  assert.equal(disk.kept.length, 0);
  gated.go();
  await full;
  assert.deepEqual(gated.texts(), ['a', 'b', 'c']);
});

test('a sink that is away does not hold the others back: what waits goes to the spool, and is sent in order when the sink is back', async () => {
  const { clock, gated, disk, outlet } = outletOf({ harmful: () => true });
  const { outcomes, batch } = settle();
  gated.stop('connection refused');
  outlet.push(batch('a'));
  const room = outlet.push(batch('b'));
  assert.equal(room, undefined, 'the sink has a; b is away already and on its way to the disk');
  outlet.push(batch('c'));
  clock.advance(2_000);
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(outcomes, ['delivered b', 'delivered c']);
  assert.deepEqual(
    disk.kept.map((one) => (one.batch.kind === 'logs' ? one.batch.bytes.toString() : '')),
    ['b', 'c'],
  );
  gated.go();
  for (let count = 0; count < 10; count++) await turn();
  assert.deepEqual(gated.texts(), ['a', 'b', 'c']);
});

test('a batch of a client that cannot send it again is on disk before its receipt is released, and goes on from memory', async () => {
  const { gated, disk, outlet } = outletOf();
  const { outcomes, batch } = settle();
  disk.hold();
  outlet.push(batch('a', { pushed: true }));
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(outcomes, []);
  assert.deepEqual(gated.texts(), []);
  disk.sync();
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(outcomes, ['delivered a']);
  assert.deepEqual(gated.texts(), ['a']);
  assert.equal(disk.kept[0]?.through, true);
});

test('a sink that is exchanged leaves what waits to the new one', async () => {
  const { gated, outlet } = outletOf();
  const { batch } = settle();
  gated.stop('wrong address');
  outlet.push(batch('a'));
  outlet.push(batch('b'));
  const other = gatedSink();
  assert.equal(outlet.replaceSink(other.sink), gated.sink);
  assert.deepEqual(other.texts(), ['b']);
});

test('closing fails what could not be delivered in time, so that its origin brings it again', async () => {
  const { clock, gated, outlet } = outletOf({ without: true });
  const { outcomes, batch } = settle();
  gated.stop('connection refused');
  outlet.push(batch('a'));
  outlet.push(batch('b'));
  const closing = outlet.close(1_000);
  for (let count = 0; count < 20; count++) {
    clock.advance(300);
    await turn();
  }
  await closing;
  assert.deepEqual(outcomes.toSorted(), ['failed a', 'failed b']);
});

const turns = async (count = 20): Promise<void> => {
  for (let turned = 0; turned < count; turned++) await turn();
};

test('what a sink that is away has in memory goes back to its origin when that holds others back, and then to the spool', async () => {
  const fresh = gatedSink();
  const { clock, gated, disk, outlet } = outletOf({ harmful: () => true, renew: async () => fresh.sink });
  const { outcomes, batch } = settle();
  outlet.push(batch('a'));
  gated.stop('connection refused');
  fresh.stop('connection refused');
  outlet.look();
  clock.advance(1_900);
  outlet.look();
  await turns();
  assert.deepEqual(outcomes, [], 'it may be back in a moment');
  clock.advance(200);
  outlet.look();
  await turns();
  assert.deepEqual(outcomes, ['failed a']);
  outlet.push(batch('a'));
  await turns();
  assert.deepEqual(outcomes, ['failed a', 'delivered a']);
  assert.equal(disk.kept.length, 1);
  assert.deepEqual(fresh.texts(), ['a'], 'the fresh sink gets it from the spool');
});

test('what is away and harms nobody stays where it is', async () => {
  const { clock, gated, outlet } = outletOf({ renew: async () => assert.fail('nobody needs another sink') });
  const { outcomes, batch } = settle();
  outlet.push(batch('a'));
  gated.stop('connection refused');
  outlet.look();
  clock.advance(60_000);
  outlet.look();
  await turns();
  assert.deepEqual(outcomes, []);
});

test('what waits behind a batch that its sink gave back goes back as well: it is read again behind it', async () => {
  const { gated, outlet } = outletOf({ renew: async () => assert.fail('the sink is exchanged by others') });
  const { outcomes, batch } = settle();
  outlet.push(batch('a'));
  gated.stop('wrong address');
  outlet.push(batch('b'));
  outlet.push(batch('c'));
  const other = gatedSink();
  const ended = outlet.sink.close(0);
  outlet.replaceSink(other.sink, ended);
  await turns();
  assert.deepEqual(outcomes.sort(), ['failed a', 'failed b', 'failed c']);
  assert.deepEqual(other.texts(), []);
});
