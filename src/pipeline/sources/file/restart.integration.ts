/**
 * Restarts and reloads, by the names of the cases in others' tests: Vector (start_position_server_restart in all its forms, duplicate_processing_after_restart,
 * restart_with_file_rotation, multi_line_checkpointing), OpenTelemetry (FileMovedWhileOff), Fluent Bit (a partial line across restart, copytruncate across restart),
 * rsyslog (imfile rename-while-stopped).
 */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Rig } from '../../tail/rig.ts';
import { tail } from './tail-for-tests.ts';

const lines = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index} ${'.'.repeat(index % 100)}`);
const written = (all: readonly string[]) => all.map((one) => `${one}\n`).join('');

test('start_position_server_restart, acked: what was acknowledged is not read again', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  await rig.stop();
  appendFileSync(rig.path('a.log'), 'two\n');
  writeFileSync(rig.path('b.log'), 'appeared meanwhile\n');
  await rig.start(tail(rig, { startPosition: 'end' }));
  await rig.records(3);
  assert.deepEqual(rig.texts.toSorted(), ['appeared meanwhile', 'one', 'two']);
});

test('start_position_server_restart, unacked and unfinalized: what was read and not acknowledged is read again, with the same identity', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  rig.acknowledge = 'keep';
  appendFileSync(rig.path('a.log'), 'two\n');
  await rig.records(2);
  await rig.stop();
  await rig.start(tail(rig));
  await rig.records(3);
  assert.deepEqual(rig.texts, ['one', 'two', 'two']);
  const [, first, second] = rig.got;
  assert.deepEqual([first?.position, first?.stream.generation], [second?.position, second?.stream.generation]);
});

test('duplicate_processing_after_restart: only what follows the gap is read again', async () => {
  await using rig = new Rig();
  rig.acknowledge = 'keep';
  await rig.start(tail(rig));
  for (const [index, text] of ['one', 'two', 'three'].entries()) {
    appendFileSync(rig.path('a.log'), `${text}\n`);
    await rig.records(index + 1);
  }
  const [one, , three] = rig.receipts;
  three?.release();
  one?.release();
  await rig.stop();
  await rig.start(tail(rig));
  await rig.records(5);
  assert.deepEqual(rig.texts, ['one', 'two', 'three', 'two', 'three']);
});

test('a receipt that fails makes the file be read again from there, while what was before it stays on its way', async () => {
  await using rig = new Rig();
  rig.acknowledge = 'keep';
  await rig.start(tail(rig));
  for (const [index, text] of ['one', 'two', 'three'].entries()) {
    appendFileSync(rig.path('a.log'), `${text}\n`);
    await rig.records(index + 1);
  }
  const [one, two, three] = rig.receipts.splice(0);
  two?.fail();
  three?.release();
  await rig.records(5);
  assert.deepEqual(rig.texts.slice(3), ['two', 'three']);
  one?.release();
  rig.settleAll();
  await rig.until('all is acknowledged', () => rig.source.lagBytes?.() === 0);
});

test('restart_with_file_rotation, rename-while-stopped, FileMovedWhileOff: the file is known under its new name', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig, { path: rig.path('a.*') }));
  await rig.records(1);
  await rig.stop();
  appendFileSync(rig.path('a.log'), 'two\n');
  renameSync(rig.path('a.log'), rig.path('a.log.1'));
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig, { path: rig.path('a.*') }));
  await rig.records(3);
  assert.deepEqual(rig.texts.toSorted(), ['one', 'one', 'two']);
});

test('copytruncate across restart: the copy goes on where the original was read to, and the original begins anew', async () => {
  await using rig = new Rig();
  const first = lines('first', 200);
  writeFileSync(rig.path('a.log'), written(first));
  await rig.start(tail(rig, { path: rig.path('a.*') }));
  await rig.records(200);
  await rig.stop();
  appendFileSync(rig.path('a.log'), 'before the rotation\n');
  copyFileSync(rig.path('a.log'), rig.path('a.log.1'));
  truncateSync(rig.path('a.log'));
  appendFileSync(rig.path('a.log'), 'after it\n');
  await rig.start(tail(rig, { path: rig.path('a.*') }));
  await rig.records(202);
  assert.deepEqual(rig.texts.toSorted(), [...first, 'after it', 'before the rotation'].toSorted());
});

test('a file that was written anew while nobody read is read from its beginning', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'the first line\nthe second line\n');
  await rig.start(tail(rig));
  await rig.records(2);
  await rig.stop();
  writeFileSync(rig.path('a.log'), 'the first line\nnot the second line\nthird\n');
  await rig.start(tail(rig));
  await rig.records(5);
  assert.deepEqual(rig.texts.slice(2), ['the first line', 'not the second line', 'third']);
});

test('inode reuse with the same first line while nobody read: another file', async () => {
  await using rig = new Rig();
  for (let round = 1; round <= 4; round++) {
    writeFileSync(rig.path('a.log'), 'header\nthe same\n');
    await rig.start(tail(rig));
    await rig.records(2 * round);
    await rig.stop();
    rmSync(rig.path('a.log'));
  }
  assert.equal(new Set(rig.got.map(({ stream }) => stream.generation)).size, 4);
});

test('a partial line across restart is completed once', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\nbegun, ');
  await rig.start(tail(rig));
  await rig.records(1);
  await rig.stop();
  appendFileSync(rig.path('a.log'), 'and ended\n');
  await rig.start(tail(rig));
  await rig.records(2);
  assert.deepEqual(rig.texts, ['one', 'begun, and ended']);
});

test('multi_line_checkpointing: a group of lines across restart is one record', async () => {
  await using rig = new Rig();
  const multiline = { start: '^begin', timeout: '1h' };
  writeFileSync(rig.path('a.log'), 'begin 1\n x\nbegin 2\n y\n');
  await rig.start(tail(rig, { multiline }));
  await rig.records(1);
  await rig.stop();
  appendFileSync(rig.path('a.log'), ' z\nbegin 3\n');
  await rig.start(tail(rig, { multiline }));
  await rig.records(2);
  assert.deepEqual(rig.texts, ['begin 1\n x', 'begin 2\n y\n z']);
});

test('a record that is being cut across restart: its rest is still skipped', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'x'.repeat(200));
  await rig.start(tail(rig, { maxLineBytes: '64B' }));
  await rig.records(1);
  await rig.until('the rest is passed over', () => (rig.source.lags?.(1)[0]?.read ?? 0) > 190);
  await rig.stop();
  appendFileSync(rig.path('a.log'), 'yyy\nwhole\n');
  await rig.start(tail(rig, { maxLineBytes: '64B' }));
  await rig.records(2);
  assert.deepEqual(rig.texts, ['x'.repeat(64), 'whole']);
});

test('a file that was deleted while nobody read: what was not read of it is counted', async () => {
  await using rig = new Rig();
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  appendFileSync(rig.path('a.log'), 'unread\n');
  await rig.until('it was seen', () => rig.source.lagBytes?.() === 7);
  await rig.stop();
  open();
  rig.full = undefined;
  rmSync(rig.path('a.log'));
  await rig.start(tail(rig));
  assert.equal(rig.counters.lostBytes, 7);
});

test('reload: goes on exactly where the old one stopped reading, also where nothing is acknowledged yet', async () => {
  await using rig = new Rig();
  rig.acknowledge = 'keep';
  const all = lines('x', 20_000);
  writeFileSync(rig.path('a.log'), written(all.slice(0, 10_000)));
  await rig.start(tail(rig));
  for (let round = 0; round < 20; round++) {
    appendFileSync(rig.path('a.log'), written(all.slice(10_000 + round * 500, 10_500 + round * 500)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await rig.reload(tail(rig, { tags: [`round ${round}`] }));
  }
  await rig.records(all.length);
  assert.deepEqual(rig.texts, all);
  rig.settleAll();
  assert.equal(rig.source.lagBytes?.(), 0);
});

test('reload while the receiver is full: what was read and not handed over is read again by the new one, once', async () => {
  await using rig = new Rig();
  const all = lines('x', 50_000);
  writeFileSync(rig.path('a.log'), written(all));
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  await rig.start(tail(rig));
  await rig.until('the receiver is full', () => rig.got.length > 0);
  await rig.reload(tail(rig));
  rig.full = undefined;
  open();
  await rig.records(all.length);
  assert.deepEqual(rig.texts, all);
});

test('reload: a file that was deleted, and is only open any more, is handed over', async () => {
  await using rig = new Rig();
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  appendFileSync(rig.path('a.log'), 'two\n');
  unlinkSync(rig.path('a.log'));
  await rig.until('it is seen as deleted', () => rig.source.lags?.(1)[0]?.note === 'deleted');
  await rig.reload(tail(rig, { tags: ['new'] }));
  rig.full = undefined;
  open();
  await rig.records(2);
  assert.deepEqual(
    rig.got.map(({ text, stream }) => [text, stream.tags]),
    [
      ['one', []],
      ['two', ['new']],
    ],
  );
});

test('files that other settings do not mean any more are let go of at a reload', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n');
  writeFileSync(rig.path('b.log'), 'two\n');
  await rig.start(tail(rig));
  await rig.records(2);
  await rig.reload(tail(rig, { exclude: ['b.*'] }));
  appendFileSync(rig.path('b.log'), 'not meant\n');
  appendFileSync(rig.path('a.log'), 'three\n');
  await rig.records(3);
  assert.equal(rig.texts[2], 'three');
  assert.equal(rig.source.files?.(), 1);
});
