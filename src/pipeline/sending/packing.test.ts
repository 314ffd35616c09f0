import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { Packing } from './packing.ts';
import type { AnyParcel } from './sending-sink.ts';
import { logsOf } from './sending-sink.ts';
import { world } from './testing/world.ts';

function start(more: { maxBytes?: number; maxRecords?: number; lingerMs?: number; lanes?: boolean } = {}) {
  const clock = manualClock();
  const here = world({ clock });
  const parcels: AnyParcel[] = [];
  const packing = new Packing({
    clock,
    maxBytes: more.maxBytes ?? 100,
    maxRecords: more.maxRecords ?? 10,
    lingerMs: more.lingerMs ?? 1_000,
    laneOf: (stream) => (more.lanes ? Number(stream.labels.lane) : 0),
    emit: (parcel) => parcels.push(parcel),
  });
  return { clock, here, packing, parcels };
}

const linesOf = (parcel: AnyParcel): string[] => {
  const { rows, store } = logsOf(parcel);
  return Array.from(rows, (row) => store.bytes.toString('utf8', store.starts[row], store.ends[row]));
};

test('records wait for others, and go when they waited long enough', () => {
  const { clock, here, packing, parcels } = start();
  packing.add(here.lines(['a', 'b']));
  packing.add(here.lines(['c']));
  clock.advance(999);
  assert.equal(parcels.length, 0);
  assert.equal(here.context.slabs.out, 0);
  clock.advance(1);
  assert.deepEqual(parcels.map(linesOf), [['a', 'b', 'c']]);
});

test('a batch that does not fit goes into several, and its receipt waits for all of them', () => {
  const { here, packing, parcels } = start({ maxRecords: 2 });
  packing.add(here.lines(['a', 'b', 'c', 'd', 'e']));
  packing.flush();
  assert.deepEqual(parcels.map(linesOf), [['a', 'b'], ['c', 'd'], ['e']]);
  for (const parcel of parcels) {
    assert.deepEqual(here.settled, []);
    parcel.settle(true);
  }
  assert.deepEqual(here.settled, [true]);
});

test('bytes are a bound, and a record that is longer goes alone', () => {
  const { here, packing, parcels } = start({ maxBytes: 20 });
  const long = 'x'.repeat(50);
  packing.add(here.lines(['0123456789', long, '01234567', '0123456789', '']));
  packing.flush();
  assert.deepEqual(parcels.map(linesOf), [['0123456789'], [long], ['01234567', '0123456789'], ['']]);
});

test('every length around the bound arrives whole', () => {
  for (let length = 0; length < 24; length++) {
    const { here, packing, parcels } = start({ maxBytes: 20, maxRecords: 4 });
    const sent = Array.from({ length: 9 }, (_, line) => String(line).repeat(length));
    packing.add(here.lines(sent));
    packing.flush();
    assert.deepEqual(parcels.flatMap(linesOf), sent);
    for (const parcel of parcels) parcel.settle(true);
    assert.deepEqual(here.settled, [true]);
  }
});

test('lanes are apart, and a store is used again when nobody needs it', () => {
  const { here, packing, parcels } = start({ lanes: true });
  packing.add(here.lines(['a'], { labels: { lane: '1' } }));
  packing.add(here.lines(['b'], { labels: { lane: '2' } }));
  packing.flush();
  assert.deepEqual(parcels.map(linesOf), [['a'], ['b']]);
  const [first] = parcels;
  first?.settle(true);
  packing.add(here.lines(['c'], { labels: { lane: '3' } }));
  packing.flush();
  assert.equal(parcels[2]?.store, first?.store);
  assert.deepEqual(linesOf(parcels[2] ?? assert.fail()), ['c']);
  assert.equal(parcels[2]?.store.lane, 3);
});

test('parts of a parcel hold the receipts of their own records', () => {
  const { here, packing, parcels } = start();
  packing.add(here.lines(['a', 'b', 'c'], { generation: '1' }));
  packing.add(here.lines(['d'], { generation: '2' }));
  packing.flush();
  const [parcel] = parcels;
  assert.ok(parcel !== undefined);
  const [left, right] = parcel.halves();
  assert.deepEqual(
    [linesOf(left), linesOf(right)],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  );
  right.settle(true);
  assert.deepEqual(here.settled, [true]);
  const [a, b] = left.halves();
  a.settle(true);
  assert.deepEqual(here.settled, [true]);
  b.settle(false);
  assert.deepEqual(here.settled, [true, false]);
  assert.equal(parcel.store.parcels, 0);
});

test('dead letters know what they were', () => {
  const { here, packing, parcels } = start();
  packing.add(here.lines(['a', 'bc'], { source: 's', generation: 'g' }, { base: 40 }));
  packing.flush();
  assert.deepEqual(
    parcels[0]?.letters('out', 'why').map((letter) => ({ ...letter, bytes: Buffer.from(letter.bytes).toString() })),
    [
      { sink: 'out', reason: 'why', source: 's', generation: 'g', position: 40, bytes: 'a' },
      { sink: 'out', reason: 'why', source: 's', generation: 'g', position: 42, bytes: 'bc' },
    ],
  );
});

test('an empty batch is delivered at once', () => {
  const { here, packing, parcels } = start();
  packing.add(here.lines([]));
  packing.addPoints(here.metrics([]));
  packing.flush();
  assert.deepEqual([parcels.length, here.settled, here.context.slabs.out], [0, [true, true], 0]);
});
