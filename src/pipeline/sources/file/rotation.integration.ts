/**
 * Rotation, by the names of the cases in others' tests: vector-test-harness (file_rotate_create, file_rotate_truncate, file_truncate, sighup),
 * OpenTelemetry's fileconsumer rotation_test.go, Fluent Bit's scenarios of in_tail, rsyslog's imfile-logrotate-*.
 */
import assert from 'node:assert/strict';
import type { Dirent } from 'node:fs';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { test } from 'node:test';
import { Rig } from '../../tail/rig.ts';
import { tail } from './tail-for-tests.ts';

/** A line that is like no other, and longer than what a file is known by. */
const line = (name: string, index: number) => `${name} ${index} ${'.'.repeat(index % 200)}`;
const lines = (name: string, count: number) => Array.from({ length: count }, (_, index) => line(name, index));
const written = (all: readonly string[]) => all.map((one) => `${one}\n`).join('');

/** Once each: nothing is missing, and nothing came twice. */
function once(rig: Rig, expected: readonly string[]): void {
  const got = new Set(rig.texts);
  assert.deepEqual(expected.filter((text) => !got.has(text)).slice(0, 5), [], 'what is missing');
  assert.equal(rig.got.length, expected.length, 'how many there are, repetitions included');
  assert.equal(rig.counters.lostBytes, 0);
}

test('file_rotate_create, MoveCreate: under load, with the rotated file outside of the pattern', async () => {
  await using rig = new Rig();
  await rig.start(tail(rig));
  const all: string[] = [];
  for (let round = 0; round < 5; round++) {
    const some = lines(`round ${round}`, 2_000);
    all.push(...some);
    writeFileSync(rig.path('a.log'), written(some.slice(0, 1_000)));
    // A file that comes and goes before anybody could look at it is beyond what can be had.
    await rig.until('the file was seen', () => rig.got.some(({ text }) => text.startsWith(`round ${round}`)));
    const writer = openSync(rig.path('a.log'), 'a');
    renameSync(rig.path('a.log'), rig.path(`a.log.${round}`));
    // Whoever writes learns of it a little later (sighup).
    writeSync(writer, written(some.slice(1_000)));
    closeSync(writer);
  }
  await rig.records(all.length);
  once(rig, all);
});

for (const [how, name] of [
  ['Sequential', (n: number) => `a.log.${n}`],
  ['Timestamped', (n: number) => `a-2026010${n}T0000.log`],
] as const) {
  test(`CopyTruncate/${how}: the copy is within the pattern, and nothing of it is sent twice`, async () => {
    await using rig = new Rig();
    await rig.start(tail(rig, { path: rig.path('a*') }));
    const all: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const some = lines(`round ${round}`, 300);
      all.push(...some);
      appendFileSync(rig.path('a.log'), written(some));
      await rig.records(all.length);
      copyFileSync(rig.path('a.log'), rig.path(name(round)));
      truncateSync(rig.path('a.log'));
      await rig.until('it was seen', () => rig.said.filter((said) => said.name === 'pipeline.file.truncated').length === round);
    }
    appendFileSync(rig.path('a.log'), 'last\n');
    await rig.records(all.length + 1);
    once(rig, [...all, 'last']);
  });
}

test('file_rotate_truncate: what was not read before the truncation is read from the copy', async () => {
  await using rig = new Rig();
  rig.acknowledge = 'keep';
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  await rig.start(tail(rig, { path: rig.path('a*') }));
  const first = lines('first', 1_000);
  appendFileSync(rig.path('a.log'), written(first));
  await rig.records(1_000);
  const unread = lines('unread', 3_000);
  appendFileSync(rig.path('a.log'), written(unread));
  copyFileSync(rig.path('a.log'), rig.path('a.log.1'));
  await rig.until('the copy was seen', () => rig.source.files?.() === 2);
  writeFileSync(rig.path('a.log'), 'new\n');
  await rig.until('the truncation was seen', () => rig.said.some(({ name }) => name === 'pipeline.file.truncated'));
  rig.full = undefined;
  open();
  await rig.records(4_001);
  once(rig, [...first, ...unread, 'new']);
});

test('CopyTruncateWriteBoth: what is written to the copy afterwards arrives as well', async () => {
  await using rig = new Rig();
  const all = lines('first', 100);
  writeFileSync(rig.path('a.log'), written(all));
  await rig.start(tail(rig, { path: rig.path('a*') }));
  await rig.records(100);
  copyFileSync(rig.path('a.log'), rig.path('a.log.1'));
  truncateSync(rig.path('a.log'));
  appendFileSync(rig.path('a.log.1'), 'to the copy\n');
  appendFileSync(rig.path('a.log'), 'to the original\n');
  await rig.records(102);
  once(rig, [...all, 'to the copy', 'to the original']);
});

test('a copy that is no rotation (the original stays) is a file of its own', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  const all = lines('first', 100);
  writeFileSync(rig.path('a.log'), written(all));
  await rig.start(tail(rig, { path: rig.path('a*') }));
  await rig.records(100);
  copyFileSync(rig.path('a.log'), rig.path('a.log.bak'));
  appendFileSync(rig.path('a.log'), 'more\n');
  await rig.records(201);
  once(rig, [...all, ...all, 'more']);
});

test('file_truncate, TruncateThenWrite: a truncated file is read from its beginning, and what was destroyed is counted', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  appendFileSync(rig.path('a.log'), 'never read\n');
  await rig.until('it was seen', () => rig.source.lags?.(1)[0]?.size === 15);
  truncateSync(rig.path('a.log'));
  await rig.until('the truncation was seen', () => rig.said.some(({ name }) => name === 'pipeline.file.truncated'));
  rig.full = undefined;
  open();
  appendFileSync(rig.path('a.log'), 'three\n');
  await rig.records(2);
  assert.deepEqual(rig.texts, ['one', 'three']);
  await rig.until('the loss was counted', () => rig.counters.lostBytes > 0);
  assert.equal(rig.counters.lostBytes, 'never read\n'.length);
  assert.ok(rig.said.some(({ name, fields }) => name === 'pipeline.file.lost' && fields.path === rig.path('a.log')));
});

test('a file that was truncated and is as large as before, or larger, is noticed', async () => {
  await using rig = new Rig();
  const first = lines('first', 50);
  writeFileSync(rig.path('a.log'), written(first));
  await rig.start(tail(rig));
  await rig.records(50);
  const same = lines('other', 50);
  writeFileSync(rig.path('a.log'), written(same));
  await rig.records(100);
  const larger = lines('third one', 80);
  writeFileSync(rig.path('a.log'), written(larger));
  await rig.records(180);
  once(rig, [...first, ...same, ...larger]);
});

test('copytruncate with a stale writer fd: a file that begins with NULs after the truncation', async () => {
  await using rig = new Rig();
  const writer = openSync(rig.path('a.log'), 'w');
  writeSync(writer, 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  truncateSync(rig.path('a.log'));
  await rig.until('the truncation was seen', () => rig.said.some(({ name }) => name === 'pipeline.file.truncated'));
  // Not opened for appending: it writes on where it was.
  writeSync(writer, 'two\n');
  closeSync(writer);
  await rig.records(2);
  assert.deepEqual(rig.got[1]?.bytes, Buffer.from('\0\0\0\0two'));
});

test('delete + recreate of the same path, with the same content and maybe the same inode', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  for (let round = 1; round <= 5; round++) {
    writeFileSync(rig.path('a.log'), 'the same first line\n');
    if (round === 1) await rig.start(tail(rig));
    await rig.records(round);
    rmSync(rig.path('a.log'));
    if (round % 2 === 0) await rig.until('it is closed, and its inode is free', () => rig.source.files?.() === 0);
  }
  assert.equal(new Set(rig.got.map(({ stream }) => stream.generation)).size, 5);
});

test('rotation of a symlink’s target', async () => {
  await using rig = new Rig();
  mkdirSync(rig.path('target'));
  writeFileSync(rig.path('target/0'), 'one\n');
  symlinkSync(rig.path('target/0'), rig.path('a.log'));
  await rig.start(tail(rig));
  await rig.records(1);
  appendFileSync(rig.path('target/0'), 'two\n');
  renameSync(rig.path('target/0'), rig.path('target/0.1'));
  writeFileSync(rig.path('target/0'), 'three\n');
  await rig.records(3);
  writeFileSync(rig.path('target/1'), 'four\n');
  unlinkSync(rig.path('a.log'));
  symlinkSync(rig.path('target/1'), rig.path('a.log'));
  await rig.records(4);
  once(rig, ['one', 'two', 'three', 'four']);
});

test('MoveFile, TrackMovedAwayFiles: a file that is moved within the pattern, and then away, is read on', async () => {
  await using rig = new Rig();
  mkdirSync(rig.path('elsewhere'));
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  renameSync(rig.path('a.log'), rig.path('b.log'));
  appendFileSync(rig.path('b.log'), 'two\n');
  await rig.records(2);
  renameSync(rig.path('b.log'), rig.path('elsewhere/c'));
  appendFileSync(rig.path('elsewhere/c'), 'three\n');
  await rig.records(3);
  await rig.until('it is known to be away', () => rig.source.lags?.(1)[0]?.note === 'moved');
  appendFileSync(rig.path('elsewhere/c'), 'four\n');
  await rig.records(4);
  assert.equal(rig.got[3]?.stream.fleeting, true);
  once(rig, ['one', 'two', 'three', 'four']);
});

test('MultiFileRotate, rapid rotation of many files: each generation is read once', async () => {
  await using rig = new Rig();
  const all: string[] = [];
  await rig.start(tail(rig, { path: rig.path('*.log*') }));
  for (let round = 0; round < 4; round++) {
    for (let file = 0; file < 30; file++) {
      const name = `f${file}.log`;
      for (let old = round - 1; old >= 0; old--)
        if (old > 0 || round > 0) renameSync(rig.path(old === 0 ? name : `${name}.${old}`), rig.path(`${name}.${old + 1}`));
      const some = lines(`${name} ${round}`, 20);
      all.push(...some);
      writeFileSync(rig.path(name), written(some));
    }
  }
  await rig.records(all.length);
  once(rig, all);
  assert.equal(readdirSync(rig.dir, { withFileTypes: true }).filter((entry: Dirent) => entry.isFile()).length, 120);
});

test('rotate_wait purge: a file that was deleted while the receiver was away is held until everything of it was taken', async () => {
  await using rig = new Rig();
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  const all = lines('first', 20_000);
  writeFileSync(rig.path('a.log'), written(all));
  await rig.start(tail(rig));
  await rig.until('something was read', () => rig.got.length > 0);
  unlinkSync(rig.path('a.log'));
  writeFileSync(rig.path('a.log'), 'next\n');
  await rig.until('it is shown as deleted', () => rig.source.lags?.(9).some(({ note }) => note === 'deleted') === true);
  rig.full = undefined;
  open();
  await rig.records(all.length + 1);
  once(rig, [...all, 'next']);
});

test('a folder that is renamed away and made anew', async () => {
  await using rig = new Rig();
  mkdirSync(rig.path('logs'));
  writeFileSync(rig.path('logs/a.log'), 'one\n');
  await rig.start(tail(rig, { path: rig.path('logs/*.log') }));
  await rig.records(1);
  renameSync(rig.path('logs'), rig.path('old'));
  mkdirSync(rig.path('logs'));
  writeFileSync(rig.path('logs/a.log'), 'two\n');
  appendFileSync(rig.path('old/a.log'), 'three\n');
  await rig.records(3);
  once(rig, ['one', 'two', 'three']);
});

test('truncate of a sparse file of more than 2 GiB', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n');
  truncateSync(rig.path('a.log'), 3 * 2 ** 30);
  appendFileSync(rig.path('a.log'), 'x\ntwo\n');
  await rig.start(tail(rig, { startPosition: 'end' }));
  appendFileSync(rig.path('a.log'), 'three\n');
  await rig.records(1);
  assert.equal(rig.got[0]?.position, statSync(rig.path('a.log')).size - 'three\n'.length);
  truncateSync(rig.path('a.log'));
  await rig.until('the truncation was seen', () => rig.said.some(({ name }) => name === 'pipeline.file.truncated'));
  appendFileSync(rig.path('a.log'), 'four\n');
  await rig.records(2);
  assert.deepEqual(rig.texts, ['three', 'four']);
});
