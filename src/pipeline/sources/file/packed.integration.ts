/** Rotated files that were packed: known by their unpacked bytes, and never sent twice (Vector gzipped; collector-contrib 40523; alloy 3193). */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Rig } from '../../tail/rig.ts';
import { tail } from './tail-for-tests.ts';

const lines = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index} ${'.'.repeat(index % 100)}`);
const written = (all: readonly string[]) => all.map((one) => `${one}\n`).join('');

/** As packers do: with the time of the original, and another name. */
function pack(rig: Rig, from: string, to: string): void {
  const bytes = readFileSync(rig.path(from));
  const { mtimeMs } = statSync(rig.path(from));
  writeFileSync(rig.path('.packing'), to.endsWith('.gz') ? gzipSync(bytes) : zstdCompressSync(bytes));
  utimesSync(rig.path('.packing'), mtimeMs / 1000, mtimeMs / 1000);
  renameSync(rig.path('.packing'), rig.path(to));
}

for (const ending of ['gz', 'zst']) {
  test(`gzipped: a .${ending} that nobody read before is read`, async () => {
    await using rig = new Rig();
    const all = lines('old', 30_000);
    writeFileSync(rig.path('a'), written(all));
    utimesSync(rig.path('a'), 1_000, 1_000);
    pack(rig, 'a', `a.log.1.${ending}`);
    await rig.start(tail(rig, { path: rig.path('*.log*') }));
    await rig.records(all.length);
    assert.deepEqual(rig.texts, all);
    await rig.stop();
    await rig.start(tail(rig, { path: rig.path('*.log*') }));
    writeFileSync(rig.path('b.log'), 'new\n');
    await rig.records(all.length + 1);
    assert.equal(rig.texts.at(-1), 'new');
  });

  test(`a file that was read, rotated and packed as .${ending} is known, and what was not read yet is read`, async () => {
    await using rig = new Rig();
    rig.speed = 20;
    const all = lines('first', 500);
    writeFileSync(rig.path('a.log'), written(all));
    await rig.start(tail(rig, { path: rig.path('a.log*') }));
    await rig.records(500);
    await rig.stop();
    appendFileSync(rig.path('a.log'), 'while nobody read\nand a last one without end');
    utimesSync(rig.path('a.log'), 1_000, 1_000);
    pack(rig, 'a.log', `a.log.2.${ending}`);
    writeFileSync(rig.path('a.log'), 'new\n');
    await rig.start(tail(rig, { path: rig.path('a.log*') }));
    await rig.records(503);
    assert.deepEqual(rig.texts.slice(500).toSorted(), ['and a last one without end', 'new', 'while nobody read']);
    assert.equal(rig.counters.lostBytes, 0);
  });
}

test('a file that is packed while it is read: nothing of it is sent twice', async () => {
  await using rig = new Rig();
  const all = lines('first', 500);
  writeFileSync(rig.path('a.log'), written(all));
  await rig.start(tail(rig, { path: rig.path('a.log*') }));
  await rig.records(500);
  renameSync(rig.path('a.log'), rig.path('a.log.1'));
  utimesSync(rig.path('a.log.1'), 1_000, 1_000);
  pack(rig, 'a.log.1', 'a.log.1.gz');
  await rig.until('it is known', () => rig.said.some(({ name }) => name === 'pipeline.file.archive-known'));
  appendFileSync(rig.path('a.log'), 'new\n');
  await rig.records(501);
  assert.equal(rig.texts.at(-1), 'new');
});

test('a packed file that ends too early is waited for, and then said to be damaged', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  const all = lines('old', 3_000);
  const packed = gzipSync(written(all));
  writeFileSync(rig.path('a.log.gz'), packed.subarray(0, packed.length - 20));
  utimesSync(rig.path('a.log.gz'), 1_000, 1_000);
  await rig.start(tail(rig, { path: rig.path('a.log*') }));
  await rig.until('it is said', () => rig.said.some(({ name }) => name === 'pipeline.file.archive-damaged'));
  assert.ok(rig.got.length > 0);
  assert.deepEqual(rig.texts.slice(0, rig.got.length - 1), all.slice(0, rig.got.length - 1));
});

test('a receipt of a packed file that fails makes it be unpacked again', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  rig.acknowledge = 'keep';
  const all = lines('old', 20_000);
  writeFileSync(rig.path('a'), written(all));
  utimesSync(rig.path('a'), 1_000, 1_000);
  pack(rig, 'a', 'a.log.1.gz');
  await rig.start(tail(rig, { path: rig.path('*.log*') }));
  await rig.records(all.length);
  const [first, ...others] = rig.receipts.splice(0);
  rig.acknowledge = 'settle';
  first?.release();
  for (const receipt of others) receipt.fail();
  await rig.until('all is acknowledged', () => rig.source.lags?.(1)[0]?.acknowledged === written(all).length);
  assert.deepEqual(new Set(rig.texts), new Set(all));
});
