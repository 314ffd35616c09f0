/**
 * Cases of other agents' tests, by their names there: Vector src/sources/file.rs (happy_path … remove_file), and what this source does beyond.
 * Rotation is in rotation.integration.ts, restarts are in restart.integration.ts, packed files in packed.integration.ts.
 */
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { slabBytes } from '../../slab.ts';
import { Rig } from '../../tail/rig.ts';
import { tail } from './tail-for-tests.ts';

test('happy_path: lines of several files arrive, each file in its order', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\ntwo\n');
  await rig.start(tail(rig));
  await rig.records(2);
  appendFileSync(rig.path('a.log'), 'three\n');
  writeFileSync(rig.path('b.log'), 'four\n');
  await rig.records(4);
  assert.deepEqual(rig.texts.toSorted(), ['four', 'one', 'three', 'two']);
  assert.equal(rig.counters.records, 4);
  assert.equal(rig.counters.bytes, 'onetwothreefour'.length);
});

test('read_empty_lines: an empty line is a record', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n\n \n\ntwo\n');
  await rig.start(tail(rig));
  await rig.records(5);
  assert.deepEqual(rig.texts, ['one', '', ' ', '', 'two']);
});

test('a record knows its position: the same one when it is read again', async () => {
  await using rig = new Rig();
  rig.acknowledge = 'keep';
  writeFileSync(rig.path('a.log'), 'one\ntwo\r\nthree\n');
  await rig.start(tail(rig));
  await rig.records(3);
  rig.receipts.splice(0).at(0)?.fail();
  await rig.records(6);
  assert.deepEqual(
    rig.got.map(({ position }) => position),
    [0, 4, 9, 0, 4, 9],
  );
  assert.equal(new Set(rig.got.map(({ stream }) => stream.generation)).size, 1);
});

test('CRLF, NUL and invalid UTF-8: the bytes between line ends are untouched', async () => {
  await using rig = new Rig();
  const lines = [Buffer.from('crlf'), Buffer.of(0, 1, 0), Buffer.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80), Buffer.from('a\rb')];
  writeFileSync(rig.path('a.log'), Buffer.concat([...lines.flatMap((line) => [line, Buffer.from('\r\n')]), Buffer.from('lf\n\r\n')]));
  await rig.start(tail(rig));
  await rig.records(6);
  assert.deepEqual(
    rig.got.map(({ bytes }) => bytes),
    [...lines, Buffer.from('lf'), Buffer.from('')],
  );
});

test('multiple_paths and exclude: globs, expressions with named groups, and what is left out', async () => {
  await using rig = new Rig();
  for (const folder of ['srv/red/logs/deep/er', 'srv/blue/logs']) mkdirSync(rig.path(folder), { recursive: true });
  writeFileSync(rig.path('srv/red/logs/deep/er/x.log'), 'red\n');
  writeFileSync(rig.path('srv/red/logs/debug.log'), 'left out\n');
  writeFileSync(rig.path('srv/blue/logs/y.txt'), 'blue\n');
  writeFileSync(rig.path('srv/blue/logs/y.other'), 'not meant\n');
  await rig.start(
    tail(rig, {
      path: [rig.path('srv/*/logs/**/*.log'), rig.path('srv/[a-c]*/logs/*.{txt,out}')],
      exclude: ['debug.*'],
      pathRegex: '/srv/(?<tenant>[^/]+)/logs/',
      labels: { env: 'test' },
      tags: ['web'],
    }),
  );
  await rig.records(2);
  const seen = rig.got.map(({ text, stream }) => [text, stream.labels, stream.tags]);
  assert.deepEqual(seen.toSorted(), [
    ['blue', { env: 'test', tenant: 'blue' }, ['web']],
    ['red', { env: 'test', tenant: 'red' }, ['web']],
  ]);
});

test('a regular expression alone finds files', async () => {
  await using rig = new Rig();
  mkdirSync(rig.path('pods/default_web-1'), { recursive: true });
  writeFileSync(rig.path('pods/default_web-1/0.log'), 'one\n');
  await rig.start(tail(rig, { path: undefined, pathRegex: `^${rig.dir}/pods/(?<namespace>[^_/]+)_(?<pod>[^/]+)/\\d+\\.log$` }));
  await rig.records(1);
  assert.deepEqual(rig.got[0]?.stream.labels, { namespace: 'default', pod: 'web-1' });
});

test('folders that appear later are found within a second', async () => {
  await using rig = new Rig();
  await rig.start(tail(rig, { path: rig.path('*/new/*.log') }));
  mkdirSync(rig.path('some/new'), { recursive: true });
  const before = performance.now();
  writeFileSync(rig.path('some/new/a.log'), 'one\n');
  await rig.records(1);
  assert.ok(performance.now() - before < 5_000, 'a second, and a lot for a machine under load');
});

test('start position: what is there is passed over, except for the line that is being written', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'old\nolder\nbegun');
  await rig.start(tail(rig, { startPosition: 'end' }));
  writeFileSync(rig.path('b.log'), 'appeared later\n');
  appendFileSync(rig.path('a.log'), ' and ended\nnew\n');
  await rig.records(3);
  assert.deepEqual(rig.texts.toSorted(), ['appeared later', 'begun and ended', 'new']);
});

test('ignore_old_files: an old file is left alone until somebody writes to it, and then only that is read', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'old\n');
  utimesSync(rig.path('a.log'), 1_000, 1_000);
  writeFileSync(rig.path('b.log'), 'young\n');
  await rig.start(tail(rig, { ignoreOlder: '1h' }));
  await rig.records(1);
  appendFileSync(rig.path('a.log'), 'woken\n');
  await rig.records(2);
  assert.deepEqual(rig.texts, ['young', 'woken']);
});

test('max_line_bytes: a longer record is cut and counted, and the next one is whole', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), `${'x'.repeat(100)}\nshort\n${'y'.repeat(64)}\n`);
  await rig.start(tail(rig, { maxLineBytes: '64B' }));
  await rig.records(3);
  assert.deepEqual(rig.texts, ['x'.repeat(64), 'short', 'y'.repeat(64)]);
  assert.equal(rig.counters.cutRecords, 1);
});

test('a record that is longer than allowed and than a slab is cut before its end is written, and its rest is skipped', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'x'.repeat(3 * slabBytes));
  await rig.start(tail(rig, { maxLineBytes: '2MiB' }));
  await rig.records(1);
  appendFileSync(rig.path('a.log'), `${'x'.repeat(1000)}`);
  appendFileSync(rig.path('a.log'), 'rest\nwhole\n');
  await rig.records(2);
  assert.equal(rig.got[0]?.text.length, 2 * slabBytes);
  assert.equal(rig.texts[1], 'whole');
  assert.equal(rig.counters.cutRecords, 1);
});

test('a line of 10 MiB, in pieces and at once, arrives whole', async () => {
  await using rig = new Rig();
  const long = Buffer.alloc(10 << 20, 'abcdefghijklmno');
  writeFileSync(rig.path('a.log'), 'before\n');
  await rig.start(tail(rig));
  for (let at = 0; at < long.length; at += 3_333_333) appendFileSync(rig.path('a.log'), long.subarray(at, at + 3_333_333));
  appendFileSync(rig.path('a.log'), '\nafter\n');
  writeFileSync(rig.path('b.log'), Buffer.concat([long, Buffer.from('\r\n')]));
  await rig.records(4);
  const [first, second] = rig.got.filter(({ bytes }) => bytes.length > 100);
  assert.ok(first?.bytes.equals(long) && second?.bytes.equals(long));
  assert.equal(rig.counters.cutRecords, 0);
});

test('a line that straddles a portion of 1 MiB is one record', async () => {
  await using rig = new Rig();
  const lines = Array.from({ length: 30 }, (_, index) => String.fromCharCode(97 + (index % 26)).repeat(99_991));
  writeFileSync(rig.path('a.log'), `${lines.join('\n')}\n`);
  await rig.start(tail(rig));
  await rig.records(30);
  assert.deepEqual(rig.texts, lines);
});

test('more lines than an index has room for are read in portions', async () => {
  await using rig = new Rig();
  const lines = Array.from({ length: 100_000 }, (_, index) => String(index));
  writeFileSync(rig.path('a.log'), `${lines.join('\n')}\n`);
  await rig.start(tail(rig));
  await rig.records(lines.length);
  assert.deepEqual(rig.texts, lines);
});

test('split_reads: a line that is written in pieces is one record', async () => {
  await using rig = new Rig();
  await rig.start(tail(rig));
  for (const piece of ['a', 'bc', 'd\ne']) {
    appendFileSync(rig.path('a.log'), piece);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  appendFileSync(rig.path('a.log'), '\n');
  await rig.records(2);
  assert.deepEqual(rig.texts, ['abcd', 'e']);
});

test('multi_char_delimiter_split_across_buffer_boundary: a delimiter of several bytes is found wherever it lies', async () => {
  await using rig = new Rig();
  const lines = [`${'x'.repeat(slabBytes - 2)}`, 'y|y||y', 'z'.repeat(slabBytes + 1)];
  writeFileSync(rig.path('a.log'), lines.map((line) => `${line}|||`).join(''));
  await rig.start(tail(rig, { delimiter: '|||' }));
  await rig.records(3);
  assert.deepEqual(rig.texts, lines);
});

test('multi_line_aggregation: a stack trace is one record, complete when nothing was added for a while', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), '2026 first\n  at x\n  at y\r\n2026 second\n  at z\n');
  await rig.start(tail(rig, { multiline: { start: '^\\d{4} ', timeout: '50ms' } }));
  await rig.records(2);
  assert.deepEqual(rig.texts, ['2026 first\n  at x\n  at y', '2026 second\n  at z']);
});

test('fair_reads: a small file does not wait for a large one', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), `${'x'.repeat(999)}\n`.repeat(20_000));
  writeFileSync(rig.path('b.log'), 'small\n');
  await rig.start(tail(rig));
  await rig.records(20_001);
  const at = rig.texts.indexOf('small');
  assert.ok(at >= 0 && at < 4_000, `it came behind ${at} others`);
});

test('oldest_first: the oldest file is read to its end before the next', async () => {
  await using rig = new Rig();
  for (const [name, hour] of [
    ['b.log', 2],
    ['a.log', 3],
    ['c.log', 1],
  ] as const) {
    writeFileSync(rig.path(name), `${name.repeat(100)}\n`.repeat(5_000));
    utimesSync(rig.path(name), hour * 3_600, hour * 3_600);
  }
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  // Full after the first batch: by then all three are known.
  const started = rig.start(tail(rig, { order: 'oldest-first' }));
  await started;
  rig.full = undefined;
  open();
  await rig.records(15_000);
  const order = rig.got.map(({ stream }) => stream.path?.slice(-5)).filter((name, index, all) => name !== all[index - 1]);
  assert.deepEqual(order.slice(-2), ['b.log', 'a.log']);
});

test('non_utf8: UTF-16 in both byte orders arrives as UTF-8, with its positions in the file', async () => {
  await using rig = new Rig();
  // U+0A0D has the bytes of a line feed where none is.
  const text = '\ufeffgrüß\u0a0d dich 🎉\r\nzweite\n';
  writeFileSync(rig.path('le.log'), Buffer.from(text, 'utf16le'));
  writeFileSync(rig.path('be.txt'), Buffer.from(text, 'utf16le').swap16());
  await rig.start(tail(rig, { encoding: 'utf-16le' }));
  await rig.records(2);
  await rig.reload(tail(rig, { encoding: 'utf-16be', path: rig.path('*.txt') }));
  await rig.records(4);
  assert.deepEqual(rig.texts, ['grüß\u0a0d dich 🎉', 'zweite', 'grüß\u0a0d dich 🎉', 'zweite']);
  assert.equal(rig.got[1]?.position, Buffer.from('\ufeffgrüß\u0a0d dich 🎉\r\n', 'utf16le').length);
});

test('remove_file: a deleted file is read to its end', async () => {
  await using rig = new Rig();
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  writeFileSync(rig.path('a.log'), 'one\n');
  await rig.start(tail(rig));
  await rig.records(1);
  appendFileSync(rig.path('a.log'), 'two\nwithout an end');
  await rig.until('it was seen', () => rig.source.lagBytes?.() !== 0);
  unlinkSync(rig.path('a.log'));
  await rig.until('it is seen as deleted', () => rig.source.lags?.(1)[0]?.note === 'deleted');
  rig.full = undefined;
  open();
  await rig.records(2);
  assert.equal(rig.got[1]?.stream.fleeting, true);
});

test('a last line without an end is a record once its file is deleted and quiet', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  writeFileSync(rig.path('a.log'), 'one\ntwo');
  await rig.start(tail(rig));
  await rig.records(1);
  unlinkSync(rig.path('a.log'));
  await rig.records(2);
  assert.deepEqual(rig.texts, ['one', 'two']);
  await rig.until('it is closed', () => rig.source.files?.() === 0);
});

test('a file of one byte, and many of the same content, each arrive', async () => {
  await using rig = new Rig();
  for (const name of ['a.log', 'b.log', 'c.log']) writeFileSync(rig.path(name), '\n');
  await rig.start(tail(rig));
  await rig.records(3);
  writeFileSync(rig.path('d.log'), '\n');
  await rig.records(4);
  assert.equal(new Set(rig.got.map(({ stream }) => stream.generation)).size, 4);
});

test('symbolic links are followed, two names of one file are one file, and what is no file is left alone', async () => {
  await using rig = new Rig();
  mkdirSync(rig.path('target'));
  writeFileSync(rig.path('target/real'), 'one\n');
  symlinkSync(rig.path('target/real'), rig.path('a.log'));
  symlinkSync('a.log', rig.path('b.log'));
  symlinkSync('nowhere', rig.path('c.log'));
  mkdirSync(rig.path('d.log'));
  await rig.start(tail(rig));
  await rig.records(1);
  appendFileSync(rig.path('target/real'), 'two\n');
  await rig.records(2);
  assert.deepEqual(rig.texts, ['one', 'two']);
  assert.equal(rig.source.files?.(), 1);
});

test('a file that is unreadable and then readable: it is said, and then it is read', async (t) => {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  t.after(() => root && process.seteuid?.(0));
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), 'one\n');
  chmodSync(rig.path('a.log'), 0);
  await rig.start(tail(rig));
  assert.match(rig.source.problem() ?? '', /a\.log cannot be read: EACCES/);
  assert.equal(rig.counters.errors, 1);
  chmodSync(rig.path('a.log'), 0o600);
  await rig.records(1);
  await rig.until('nothing is wrong any more', () => rig.source.problem() === undefined);
  assert.deepEqual(
    rig.said.flatMap(({ name }) => (name.endsWith('readable') ? [name] : [])),
    ['pipeline.file.unreadable', 'pipeline.file.readable'],
  );
});

test('files beyond the limit of open ones are closed when they are read, and opened when they grow', async () => {
  await using rig = new Rig();
  rig.speed = 20;
  const names = Array.from({ length: 60 }, (_, index) => `${index}.log`);
  for (const name of names) writeFileSync(rig.path(name), `${name}\n`);
  await rig.start(tail(rig, { maxOpenFiles: 16 }));
  await rig.records(60);
  for (const name of names) appendFileSync(rig.path(name), 'more\n');
  await rig.records(120);
  assert.equal(rig.texts.filter((text) => text === 'more').length, 60);
  rmSync(rig.path('1.log'));
  await rig.until('it is forgotten', () => rig.source.files?.() === 59);
  assert.equal(rig.counters.lostBytes, 0);
});

test('back-pressure: while the receiver is full nothing more is read, and afterwards everything arrives once', async () => {
  await using rig = new Rig();
  writeFileSync(rig.path('a.log'), `${'x'.repeat(999)}\n`.repeat(5_000));
  let open = () => {};
  rig.full = new Promise((resolve) => (open = resolve));
  await rig.start(tail(rig));
  await rig.until('the first batch', () => rig.got.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(rig.got.length < 1_100);
  assert.ok(rig.slabs.out <= 2);
  rig.full = undefined;
  open();
  await rig.records(5_000);
  assert.equal(rig.got.length, 5_000);
});
