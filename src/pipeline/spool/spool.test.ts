import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogBatch } from '../batch.ts';
import { LogBatch as Batch, MetricBatch } from '../batch.ts';
import type { MetricPoint } from '../metric-point.ts';
import { Receipt } from '../receipt.ts';
import { linesBatch, linesOf, testStream } from '../testing/batches.ts';
import { modelDisk } from '../testing/model-disk.ts';
import { bulky, dir, drain, logsOf, open, slabs, small } from './testing.ts';

const take = async (spool: { next(): Promise<unknown> }) => logsOf((await spool.next()) as LogBatch | undefined);

test('a spool that nobody appends to touches nothing on disk', async () => {
  const disk = modelDisk();
  const spool = await open(disk);
  assert.equal(await spool.next(), undefined);
  await spool.close();
  assert.deepEqual(disk.paths, []);
});

test('batches come back in order with stream, positions and times', async () => {
  const spool = await open(modelDisk());
  const plain = linesBatch(['one', 'two', ''], 4_000);
  const timed = new Batch({ ...linesBatch(['three'], 0), times: Float64Array.of(5.25), positions: Float64Array.of(77) });
  assert.deepEqual(await Promise.all([spool.append(plain), spool.append(timed)]), [{ stored: true }, { stored: true }]);
  const [first, second] = [await take(spool), await take(spool)];
  assert.deepEqual(linesOf(first), ['one', 'two', '']);
  assert.deepEqual([first.stream, first.positionOf(1), first.readAtMs], [testStream, 4_004, 1_000]);
  assert.deepEqual([linesOf(second), second.timeOf(0), second.positionOf(0)], [['three'], 5.25, 77]);
  assert.equal(await spool.next(), undefined);
  await spool.close();
});

test('large batches come back in slabs, and records that were left of many are copied together', async () => {
  const spool = await open(modelDisk());
  const lines = Array.from({ length: 100 }, (_, index) => `${index} ${'y'.repeat(300)}`);
  const all = linesBatch(lines, 10);
  const few = new Batch({ ...all, starts: all.starts.subarray(90), ends: all.ends.subarray(90), count: 2 });
  await spool.append(all);
  await spool.append(
    new Batch({
      ...few,
      starts: Uint32Array.of(...all.starts.subarray(0, 1), ...all.starts.subarray(99)),
      ends: Uint32Array.of(...all.ends.subarray(0, 1), ...all.ends.subarray(99)),
    }),
  );
  const [whole, sparse] = [await take(spool), await take(spool)];
  assert.notEqual(whole.slab, undefined);
  assert.deepEqual(linesOf(whole), lines);
  assert.deepEqual(linesOf(sparse), [lines[0], lines[99]]);
  assert.equal(sparse.positionOf(1), all.positionOf(99));
  for (const batch of [whole, sparse]) batch.free();
  assert.equal(slabs.out, 0);
  await spool.close();
});

test('metric points come back with numbers that JSON has no words for', async () => {
  const spool = await open(modelDisk());
  const points: readonly MetricPoint[] = [
    { name: 'a', labels: { value: 'NaN' }, timeMs: 1, value: { kind: 'gauge', value: Number.NaN } },
    {
      name: 'b',
      labels: {},
      timeMs: 2,
      value: { kind: 'histogram', bounds: [1, Number.POSITIVE_INFINITY], counts: [1, 2, 0], sum: 3, count: 3 },
    },
  ];
  await spool.append(new MetricBatch(testStream, points, new Receipt(() => {})));
  const batch = await spool.next();
  assert.deepEqual(batch?.kind === 'metrics' && batch.points, points);
  await spool.close();
});

test('what was acknowledged is gone after a restart, the rest comes again', async () => {
  const disk = modelDisk();
  const spool = await open(disk);
  for (const line of ['a', 'b', 'c']) await spool.append(linesBatch([line]));
  const [a, , c] = [await take(spool), await take(spool), await take(spool)];
  a.receipt.release();
  c.receipt.release();
  assert.deepEqual(spool.depth.records, 2, 'only what is contiguous is committed');
  await spool.close();
  const again = await open(disk.afterKill());
  assert.deepEqual(await drain(again), ['b', 'c']);
  assert.deepEqual(again.depth, { records: 0, bytes: 0 });
  await again.close();
});

test('a receipt that fails makes reading begin again after the last committed batch', async () => {
  const spool = await open(modelDisk());
  for (const line of ['a', 'b', 'c']) await spool.append(linesBatch([line]));
  const [a, b, c] = [await take(spool), await take(spool), await take(spool)];
  let told = 0;
  spool.onReadable(() => {
    told += 1;
  });
  a.receipt.release();
  b.receipt.fail();
  c.receipt.fail();
  assert.deepEqual(await drain(spool), ['b', 'c']);
  await new Promise(setImmediate);
  assert.equal(told, 1);
  await spool.close();
});

test('who is told that there is nothing more hears of every batch that is appended afterwards', async () => {
  const spool = await open(modelDisk());
  let readable = true;
  let delivered = 0;
  spool.onReadable(() => {
    readable = true;
  });
  for (let index = 0; index < 200; index++) {
    const appended = spool.append(linesBatch([String(index)]));
    // Whether the answer of `next` comes before or after the append is over differs from round to round.
    for (let turn = 0; turn < index % 40; turn++) await null;
    while (delivered <= index) {
      if (!readable) await new Promise(setImmediate);
      readable = false;
      delivered += (await drain(spool)).length;
      if (delivered <= index && !readable) await appended.then(() => new Promise(setImmediate));
      if (delivered <= index) assert.ok(readable, `round ${index}`);
    }
  }
  await spool.close();
});

test('a batch handed over from memory is not read, unless something older waits or it fails', async () => {
  const spool = await open(modelDisk());
  const handed = await spool.append(linesBatch(['a']), { through: true });
  assert.equal(await spool.next(), undefined);
  const waiting = await spool.append(linesBatch(['b']));
  const behind = await spool.append(linesBatch(['c']), { through: true });
  assert.deepEqual([waiting.receipt, behind.receipt], [undefined, undefined]);
  assert.deepEqual(await drain(spool), ['b', 'c']);
  assert.equal(spool.depth.records, 3, 'a is before them, and nobody has it yet');
  handed.receipt?.fail();
  assert.deepEqual(await drain(spool), ['a', 'b', 'c']);
  const last = await spool.append(linesBatch(['d']), { through: true });
  last.receipt?.release();
  assert.equal(spool.depth.records, 0);
  await spool.close();
});

test('segments whose records are delivered are unlinked', async () => {
  const disk = modelDisk();
  const spool = await open(disk, small);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await spool.append(linesBatch(bulky(name)));
  assert.equal(disk.paths.length, 3 + 1);
  assert.equal((await drain(spool)).length, 160);
  await spool.close();
  assert.equal(disk.paths.length, 1 + 1);
  assert.equal((await open(disk.afterKill(), small)).depth.records, 0);
});

test('a full spool waits for room, and says so', async () => {
  const spool = await open(modelDisk(), small);
  let stored = 0;
  const appends = Array.from({ length: 40 }, (_, index) =>
    spool.append(linesBatch(bulky(String(index)))).then(() => {
      stored += 1;
    }),
  );
  while (spool.problem() === undefined) await new Promise(setImmediate);
  assert.match(spool.problem() ?? '', /maxSize/);
  const before = stored;
  const lines = await drain(spool);
  while (stored < 40) lines.length > 0 && (await drain(spool));
  await Promise.all(appends);
  assert.ok(before < 40);
  assert.equal(spool.problem(), undefined);
  await spool.close();
});

for (const whenFull of ['drop-oldest', 'drop-newest'] as const)
  test(`${whenFull} gives up and counts what it gave up`, async () => {
    const disk = modelDisk();
    const spool = await open(disk, { ...small, whenFull });
    const outcomes: boolean[] = [];
    for (let index = 0; index < 60; index++) outcomes.push((await spool.append(linesBatch(bulky(String(index))))).stored);
    await spool.close();
    const again = await open(disk.afterKill(), { ...small, whenFull });
    const { dropped } = again;
    const lines = await drain(again);
    assert.equal(lines.length + dropped.records, 60 * 20);
    assert.ok(dropped.records > 0 && dropped.bytes > 0);
    assert.equal(lines.at(whenFull === 'drop-newest' ? 0 : -1)?.split(' ')[0], whenFull === 'drop-newest' ? '0-0' : '59-19');
    assert.equal(outcomes.includes(false), whenFull === 'drop-newest');
    assert.ok(disk.used <= small.maxSize);
    await again.close();
  });

test('a batch that is larger than the whole spool is taken when nothing else is in it', async () => {
  const spool = await open(modelDisk(), small);
  const line = 'z'.repeat(small.maxSize + 1);
  await spool.append(linesBatch(['a']));
  const huge = spool.append(linesBatch([line]));
  while (spool.problem() === undefined) await new Promise(setImmediate);
  assert.deepEqual(await drain(spool), ['a']);
  assert.deepEqual(await huge, { stored: true });
  assert.deepEqual(await drain(spool), [line]);
  await spool.close();
});

test('an append that waits for room ends when the spool is closed, and is not stored', async () => {
  const spool = await open(modelDisk(), { ...small, maxSize: 1 });
  await spool.append(linesBatch(['a']));
  const waiting = spool.append(linesBatch(['b']));
  while (spool.problem() === undefined) await new Promise(setImmediate);
  await spool.close();
  assert.deepEqual(await waiting, { stored: false, closed: true });
});

test('the file names are those of the format', async () => {
  const disk = modelDisk();
  const spool = await open(disk);
  await spool.append(linesBatch(['a']));
  await spool.close();
  assert.deepEqual([...disk.paths].sort(), [`${dir}/0000000000000001.segment`, `${dir}/state`]);
});
