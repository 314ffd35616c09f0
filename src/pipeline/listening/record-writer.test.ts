import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { slabBytes } from '../slab.ts';
import type { Stream } from '../stream.ts';
import { Outflow } from './outflow.ts';
import { RecordWriter } from './record-writer.ts';
import { testSource } from './testing/source-context.ts';

const stream: Stream = { source: 'test', generation: '0123456789abcdef', labels: {}, tags: [], format: 'text', pushed: true };

function begin(slabs = 8) {
  const clock = manualClock();
  const kept = testSource({ clock, slabs });
  const writer = new RecordWriter(kept.context, new Outflow(kept.context), stream);
  const write = (text: string): boolean => {
    if (!writer.room(Buffer.byteLength(text))) return false;
    writer.json.text(text);
    writer.end(Number.NaN);
    return true;
  };
  return { clock, kept, writer, write };
}

test('records wait a moment for company and are pushed together', () => {
  const { clock, kept, write } = begin();
  write('one');
  write('two');
  assert.equal(kept.records.length, 0);
  clock.advance(5);
  assert.deepEqual(
    kept.records.map(({ text, position }) => [text, position]),
    [
      ['one', 0],
      ['two', 3],
    ],
  );
  assert.equal(kept.context.slabs.out, 0);
});

test('positions go on from one batch to the next', () => {
  const { clock, kept, write } = begin();
  write('one');
  clock.advance(5);
  write('two');
  clock.advance(5);
  assert.deepEqual(
    kept.records.map(({ position }) => position),
    [0, 3],
  );
});

test('there is no room while three batches are not safe, and again when one is', async () => {
  const { clock, kept, writer, write } = begin();
  kept.behave('keep');
  for (let batch = 0; batch < 3; batch++) {
    assert.ok(write('x'));
    clock.advance(5);
  }
  assert.equal(write('y'), false);
  const ready = writer.ready();
  kept.settle(true);
  await ready;
  assert.ok(write('y'));
  await writer.close();
  kept.settle(true);
  assert.equal(kept.context.slabs.out, 0);
});

test('nothing is pushed while it is full, and what is written stays', async () => {
  const { clock, kept, writer, write } = begin();
  kept.behave('full');
  write('one');
  clock.advance(5);
  assert.ok(write('two')); // there is a slab to write to
  clock.advance(5);
  assert.equal(kept.records.length, 1);
  kept.behave('deliver');
  kept.settle(true);
  await writer.close();
  assert.deepEqual(
    kept.records.map(({ text }) => text),
    ['one', 'two'],
  );
  assert.equal(kept.context.slabs.out, 0);
});

test('what was given up is pushed again with the same bytes and positions', async () => {
  const { clock, kept, writer, write } = begin();
  kept.behave('keep');
  write('one');
  clock.advance(5);
  kept.behave('deliver');
  kept.settle(false);
  await writer.allSettled();
  assert.deepEqual(
    kept.records.map(({ text, position }) => [text, position]),
    [
      ['one', 0],
      ['one', 0],
    ],
  );
  assert.equal(kept.context.slabs.out, 0);
});

test('what is given up after closing is counted as lost and said', async () => {
  const { kept, writer, write } = begin();
  kept.behave('keep');
  write('three');
  await writer.close();
  kept.settle(false);
  assert.equal(kept.context.counters.lostBytes, 5);
  assert.ok(kept.said.includes('pipeline.source.lost'));
  assert.equal(kept.context.slabs.out, 0);
});

test('a record as large as a slab fits, and the one after it gets another', async () => {
  const { kept, writer, write } = begin();
  assert.ok(write('x'.repeat(slabBytes)));
  assert.ok(write('y'));
  await writer.close();
  assert.deepEqual(
    kept.records.map(({ text }) => text.length),
    [slabBytes, 1],
  );
  assert.equal(kept.context.slabs.out, 0);
});

test('without a free slab there is no room until one comes back', async () => {
  const { kept, writer, write } = begin(1);
  const taken = kept.context.slabs.take();
  assert.equal(write('x'), false);
  const ready = writer.ready();
  taken?.release();
  await ready;
  assert.ok(write('x'));
  await writer.close();
  assert.equal(kept.context.slabs.out, 0);
});
