/** A seeded model: whatever a receiver answers, every record arrives or is a dead letter, in order within its lane, and every receipt is settled once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import type { Outcome } from './outcome.ts';
import { type AnyParcel, logsOf, SendingSink } from './sending-sink.ts';
import { world } from './testing/world.ts';

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const linesOf = (parcel: AnyParcel): string[] => {
  const { rows, store } = logsOf(parcel);
  return Array.from(rows, (row) => store.bytes.toString('utf8', store.starts[row], store.ends[row]));
};

function answerTo(lines: readonly string[], random: () => number): Outcome {
  const poisoned = lines.flatMap((line, record) => (line.includes('poison') ? [{ record, reason: 'poison' }] : []));
  const dice = random();
  if (dice < 0.1) return { kind: 'unreachable', reason: 'reset' };
  if (dice < 0.2) return { kind: 'busy', reason: '429', askedMs: 100 * random() };
  if (dice < 0.25) return { kind: 'denied', reason: '401' };
  if (dice < 0.4) {
    const again = lines.flatMap((line, record) => (!line.includes('poison') && random() < 0.3 ? [record] : []));
    return { kind: 'partly', refused: poisoned, again, reason: 'some' };
  }
  return poisoned.length > 0 ? { kind: 'refused', reason: 'poison' } : { kind: 'delivered' };
}

for (const ordered of [true, false])
  test(`every record is delivered or a dead letter, ${ordered ? 'in order' : 'in any order'}`, async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const clock = manualClock();
      const here = world({ clock, random });
      const delivered: string[] = [];
      const underWay = new Set<number>();
      const sink = new SendingSink({
        context: here.context,
        to: 'model',
        packing: { maxBytes: 200, maxRecords: 7, linger: 50 },
        maxConcurrency: 5,
        maxPendingBytes: 2_000,
        metrics: 'lines',
        ...(ordered ? { lanes: { count: 3, keyOf: (stream) => stream.generation } } : {}),
        async exchange(parcel) {
          const { lane } = parcel.store;
          assert.ok(!ordered || !underWay.has(lane), 'one of a lane at a time');
          underWay.add(lane);
          const lines = linesOf(parcel);
          const outcome = answerTo(lines, random);
          await new Promise<void>((resolve) => clock.after(random() * 30, resolve));
          underWay.delete(lane);
          if (outcome.kind === 'delivered') delivered.push(...lines);
          if (outcome.kind === 'partly') {
            const not = new Set([...outcome.again, ...outcome.refused.map(({ record }) => record)]);
            delivered.push(...lines.filter((_, record) => !not.has(record)));
          }
          return outcome;
        },
        destroy: () => {},
      });
      const sent: string[] = [];
      for (let batch = 0; batch < 20; batch++) {
        const lines = Array.from({ length: Math.floor(random() * 20) }, () => {
          const line = `${sent.length} ${random() < 0.05 ? 'poison' : 'x'.repeat(random() * 40)}`;
          sent.push(line);
          return line;
        });
        const full = sink.push(here.lines(lines, { generation: `g${batch % 4}` }));
        if (full === undefined) continue;
        let open = false;
        void full.then(() => {
          open = true;
        });
        for (let step = 0; !open; step++) {
          assert.ok(step < 100_000, `seed ${seed}: full for ever`);
          clock.advance(10);
          await new Promise(setImmediate);
        }
      }
      for (let step = 0; here.settled.length < here.given; step++) {
        assert.ok(step < 100_000, `seed ${seed}: not all settled`);
        clock.advance(10);
        await new Promise(setImmediate);
      }
      const dead = here.letters.map(({ bytes }) => Buffer.from(bytes).toString());
      assert.deepEqual([...delivered, ...dead].sort(), [...sent].sort(), `seed ${seed}`);
      assert.ok(dead.every((line) => line.includes('poison')));
      assert.ok(here.settled.every((one) => one));
      assert.equal(here.context.slabs.out, 0);
      assert.deepEqual([here.context.counters.pendingBytes, here.context.counters.pendingRecords], [0, 0]);
      assert.equal(here.context.counters.records + here.context.counters.deadLettered, sent.length);
      await sink.close(0);
    }
  });

test('records of a lane that were not refused keep their order', async () => {
  const clock = manualClock();
  const here = world({ clock, random: seeded(7) });
  const delivered: string[] = [];
  const random = seeded(8);
  const sink = new SendingSink({
    context: here.context,
    to: 'model',
    packing: { maxBytes: 1_000, maxRecords: 9, linger: 0 },
    maxConcurrency: 4,
    maxPendingBytes: 1 << 20,
    metrics: 'lines',
    lanes: { count: 4, keyOf: (stream) => stream.generation },
    async exchange(parcel) {
      const lines = linesOf(parcel);
      const dice = random();
      const outcome: Outcome =
        dice < 0.3
          ? { kind: 'unreachable', reason: 'x' }
          : lines.some((line) => line.includes('poison'))
            ? { kind: 'refused', reason: 'p' }
            : { kind: 'delivered' };
      if (outcome.kind === 'delivered') delivered.push(...lines);
      return outcome;
    },
    destroy: () => {},
  });
  for (let batch = 0; batch < 40; batch++)
    sink.push(
      here.lines(
        Array.from(
          { length: 5 },
          (_, line) => `${batch % 2}:${String(batch * 5 + line).padStart(4, '0')}${line === 3 && batch % 5 === 0 ? ' poison' : ''}`,
        ),
        { generation: `${batch % 2}` },
      ),
    );
  for (let step = 0; here.settled.length < here.given; step++) {
    assert.ok(step < 100_000);
    clock.advance(10);
    await new Promise(setImmediate);
  }
  for (const lane of ['0:', '1:']) {
    const lines = delivered.filter((line) => line.startsWith(lane));
    assert.ok(lines.length > 90);
    assert.deepEqual(lines, [...lines].sort());
  }
  await sink.close(0);
});
