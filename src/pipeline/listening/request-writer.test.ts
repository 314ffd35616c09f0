import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slabBytes, slabRecords } from '../slab.ts';
import type { Stream } from '../stream.ts';
import { Outflow } from './outflow.ts';
import { RequestWriter, requestReceipt } from './request-writer.ts';
import { type TestSource, testSource } from './testing/source-context.ts';

const stream: Stream = { source: 'test', generation: '0123456789abcdef', labels: {}, tags: [], format: 'json', pushed: true };

async function send(kept: TestSource, outflow: Outflow, texts: readonly string[]): Promise<Promise<boolean>> {
  const { receipt, delivered } = requestReceipt();
  const writer = await RequestWriter.open(kept.context, outflow, stream, receipt);
  for (const text of texts) {
    await writer.room(text.length);
    writer.json.text(text);
    writer.end(Number.NaN);
  }
  await writer.finish();
  return delivered;
}

test('a request of many records is safe when all its batches are', async () => {
  const kept = testSource();
  kept.behave('keep');
  const texts = Array.from({ length: slabRecords + 10 }, (_, index) => `${index}`);
  const { promise: delivered } = { promise: send(kept, new Outflow(kept.context), texts) };
  await kept.arrived(texts.length);
  assert.equal(kept.unsettled, 2);
  kept.settle(true);
  assert.equal(await delivered, true);
  assert.deepEqual(
    kept.records.map(({ text }) => text),
    texts,
  );
  assert.equal(kept.context.slabs.out, 0);
});

test('a request of which one batch is given up is not delivered', async () => {
  const kept = testSource();
  kept.behave('keep');
  const delivered = send(kept, new Outflow(kept.context), ['a']);
  await kept.arrived(1);
  kept.settle(false);
  assert.equal(await delivered, false);
});

test('a request without records is safe at once', async () => {
  const kept = testSource();
  assert.equal(await send(kept, new Outflow(kept.context), []), true);
});

test('a record that is larger than a slab goes alone, in its place', async () => {
  const kept = testSource();
  const large = 'x'.repeat(3 * slabBytes);
  assert.equal(await send(kept, new Outflow(kept.context), ['a', large, 'b']), true);
  assert.deepEqual(
    kept.records.map(({ text, position }) => [text.length, position]),
    [
      [1, 0],
      [large.length, 1],
      [1, 1 + large.length],
    ],
  );
  assert.equal(kept.context.slabs.out, 0);
});

test('requests at the same time take turns, so that one slab serves them all, and their positions differ', async () => {
  const kept = testSource({ slabs: 1 });
  const outflow = new Outflow(kept.context);
  const requests = Array.from({ length: 20 }, (_, index) => send(kept, outflow, [`a${index}`, `b${index}`]));
  assert.ok((await Promise.all(requests)).every((safe) => safe));
  assert.equal(new Set(kept.records.map(({ position }) => position)).size, 40);
  assert.equal(kept.context.slabs.out, 0);
});

test('a request that is abandoned gives back what it holds, and lets the next one go on', async () => {
  const kept = testSource({ slabs: 1 });
  const outflow = new Outflow(kept.context);
  const { receipt, delivered } = requestReceipt();
  const writer = await RequestWriter.open(kept.context, outflow, stream, receipt);
  await writer.room(10);
  writer.json.text('half');
  writer.abandon();
  assert.equal(await delivered, false);
  assert.equal(await send(kept, outflow, ['next']), true);
  assert.deepEqual(
    kept.records.map(({ text }) => text),
    ['next'],
  );
  assert.equal(kept.context.slabs.out, 0);
});
