import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Disk, DiskFile } from '../../disk.ts';
import { realDisk } from '../../real-disk.ts';
import { type World, world } from '../../sending/testing/world.ts';
import { createFile } from './file.ts';
import { fileSettings } from './settings.ts';

const settingsOf = (more: Record<string, unknown>) => fileSettings.parse({ type: 'file', linger: '5ms', ...more });

function folder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-file-sink-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const nothingIsOut = ({ context, settled, given }: World) => {
  assert.equal(context.slabs.out, 0);
  assert.equal(settled.length, given);
  assert.deepEqual([context.counters.pendingBytes, context.counters.pendingRecords], [0, 0]);
};

/** All lines below a folder, finished and compressed files included, in the order of their names. */
function allLines(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => {
      const bytes = readFileSync(file);
      return (file.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString('latin1').split('\n').slice(0, -1);
    });
}

test('records are on disk when their receipts are released, byte for byte', async () => {
  using at = folder();
  const here = world();
  const path = join(at.path, 'a/b/app.log');
  const sink = await createFile(settingsOf({ path }), here.context);
  const odd = Buffer.from([0, 255, 13, 0x80]);
  sink.push(here.lines(['one', '', odd]));
  sink.push(here.metrics([{ name: 'm', labels: {}, timeMs: 0, value: { kind: 'gauge', value: 2 } }]));
  await here.allSettled();
  const metric = '{"name":"m","labels":{},"time":"1970-01-01T00:00:00.000Z","kind":"gauge","value":2}\n';
  assert.deepEqual(readFileSync(path), Buffer.concat([Buffer.from('one\n\n'), odd, Buffer.from(`\n${metric}`)]));
  assert.deepEqual(here.settled, [true, true]);
  assert.deepEqual([here.context.counters.records, here.context.counters.bytes], [4, 3 + odd.length + metric.length - 1]);
  await sink.close(1_000);
  nothingIsOut(here);
});

test('each stream has its file, and there are never more than allowed', async () => {
  using at = folder();
  const here = world();
  const sink = await createFile(settingsOf({ path: join(at.path, '{label.app}.log'), maxFiles: 3 }), here.context);
  for (let app = 0; app < 6; app++) sink.push(here.lines([`of ${app}`], { labels: { app: `../${app}` } }));
  await here.allSettled();
  assert.deepEqual(readdirSync(at.path).sort(), ['.._0.log', '.._1.log', '.._2.log', 'other.log']);
  assert.deepEqual(
    allLines(at.path).sort(),
    Array.from({ length: 6 }, (_, app) => `of ${app}`),
  );
  await sink.close(1_000);
  nothingIsOut(here);
});

test('a file that is full is finished, compressed, and nothing of it is lost or in disorder', async () => {
  using at = folder();
  const here = world();
  const sink = await createFile(settingsOf({ path: join(at.path, 'app.log'), rotate: { size: '4KiB' }, linger: '0s' }), here.context);
  const sent = Array.from({ length: 400 }, (_, line) => `line ${String(line).padStart(40, '0')}`);
  for (let from = 0; from < sent.length; from += 20) {
    await sink.push(here.lines(sent.slice(from, from + 20)));
    await here.allSettled();
  }
  await sink.close(1_000);
  assert.deepEqual(allLines(at.path), sent);
  assert.ok(readdirSync(at.path).filter((name) => name.endsWith('.zst')).length >= 4);
  nothingIsOut(here);
});

test('a line that a crash cut off is cut away, so that the next one begins where a line begins', async () => {
  using at = folder();
  const here = world();
  const path = join(at.path, 'app.log');
  writeFileSync(path, `whole\n${'x'.repeat(200_000)}`);
  const sink = await createFile(settingsOf({ path }), here.context);
  sink.push(here.lines(['next']));
  await here.allSettled();
  await sink.close(1_000);
  assert.equal(readFileSync(path, 'utf8'), 'whole\nnext\n');
  assert.deepEqual(
    here.said.map(({ name, fields }) => [name, fields.bytes]),
    [['pipeline.file-sink.torn', 200_000]],
  );
  nothingIsOut(here);
});

test('what a process left half done is brought to its end: compressed once, never twice', async () => {
  using at = folder();
  const here = world();
  const name = (hour: number) => join(at.path, `app.20991123T0${hour}0000000Z.log`);
  writeFileSync(name(1), 'one\n');
  writeFileSync(`${name(1)}.zst`, zstdCompressSync('one\n'));
  writeFileSync(name(2), 'two\n');
  writeFileSync(`${name(2)}.zst.part`, 'half');
  writeFileSync(join(at.path, 'foreign.log'), 'stays\n');
  const sink = await createFile(settingsOf({ path: join(at.path, 'app.log') }), here.context);
  await here.until('all is compressed', () => !existsSync(name(1)) && !existsSync(name(2)));
  await sink.close(1_000);
  assert.deepEqual(allLines(at.path), ['one', 'two', 'stays']);
});

test('the oldest finished files go when there are too many, and other files never', async () => {
  using at = folder();
  const here = world();
  for (let hour = 0; hour < 5; hour++) writeFileSync(join(at.path, `app.20991123T0${hour}0000000Z.log`), 'x'.repeat(1_000));
  writeFileSync(join(at.path, 'app.20201123T000000000Z.log'), 'old\n');
  writeFileSync(join(at.path, 'other.20201123T000000000Z.log'), 'not ours\n');
  mkdirSync(join(at.path, 'below'));
  writeFileSync(join(at.path, 'below/app.20201123T000000000Z.log'), 'not ours\n');
  const sink = await createFile(settingsOf({ path: join(at.path, 'app.log'), compression: 'none', keep: { size: '2500B' } }), here.context);
  const left = () => readdirSync(at.path).filter((name) => name.startsWith('app.2'));
  await here.until('the oldest are gone', () => left().length === 2);
  await sink.close(1_000);
  assert.deepEqual(left().sort(), ['app.20991123T030000000Z.log', 'app.20991123T040000000Z.log']);
  assert.ok(existsSync(join(at.path, 'other.20201123T000000000Z.log')));
  assert.ok(existsSync(join(at.path, 'below/app.20201123T000000000Z.log')));
});

/** The real disk, with the errors of the list, one for each call of that kind. */
function failingDisk(errors: Record<'write' | 'datasync', (string | undefined)[]>): Disk {
  const fail = (kind: 'write' | 'datasync') => {
    const code = errors[kind].shift();
    if (code !== undefined) throw Object.assign(new Error(code), { code });
  };
  const wrap = (file: DiskFile): DiskFile => ({
    read: (into, position) => file.read(into, position),
    truncate: (length) => file.truncate(length),
    allocate: (length) => file.allocate(length),
    size: () => file.size(),
    close: () => file.close(),
    async write(buffers, position) {
      const torn = errors.write[0] === undefined ? buffers : buffers.map((one) => one.subarray(0, one.length / 2));
      await file.write(torn, position);
      fail('write');
    },
    async datasync() {
      fail('datasync');
      await file.datasync();
    },
  });
  return { ...realDisk, open: async (path, how) => wrap(await realDisk.open(path, how)) };
}

test('a disk that is full is waited for, and what it took half of is there once', async () => {
  using at = folder();
  const here = world({ random: () => 0.01 });
  const path = join(at.path, 'app.log');
  const disk = failingDisk({ write: [undefined, 'ENOSPC', 'ENOSPC'], datasync: [] });
  const sink = await createFile(settingsOf({ path }), here.context, disk);
  sink.push(here.lines(['one', 'two']));
  await here.allSettled();
  sink.push(here.lines(['three', 'four']));
  await here.until('it says so', () => sink.problem() !== undefined || here.settled.length === 2);
  await here.allSettled();
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nthree\nfour\n');
  assert.deepEqual(
    here.said.map(({ name }) => name),
    ['pipeline.file-sink.unwritable', 'pipeline.file-sink.writable-again'],
  );
  assert.equal(sink.problem(), undefined);
  await sink.close(1_000);
  nothingIsOut(here);
});

test('after a failed sync nothing is believed of that file: the lines are written again, into a new one', async () => {
  using at = folder();
  const here = world({ random: () => 0.01 });
  const path = join(at.path, 'app.log');
  const disk = failingDisk({ write: [], datasync: [undefined, 'EIO'] });
  const sink = await createFile(settingsOf({ path, compression: 'none' }), here.context, disk);
  sink.push(here.lines(['one']));
  await here.allSettled();
  sink.push(here.lines(['two']));
  await here.allSettled();
  await sink.close(1_000);
  assert.equal(readFileSync(path, 'utf8'), 'two\n');
  assert.deepEqual(allLines(at.path), ['one', 'two']);
  assert.deepEqual(here.settled, [true, true]);
  nothingIsOut(here);
});

test('with the disk gone for good, closing fails what could not be written', async () => {
  using at = folder();
  const here = world();
  const disk: Disk = { ...realDisk, open: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) };
  const sink = await createFile(settingsOf({ path: join(at.path, 'app.log') }), here.context, disk);
  sink.push(here.lines(['one']));
  await here.until('it says so', () => sink.problem() !== undefined);
  sink.push(here.lines(['two']));
  assert.equal(sink.links()[0]?.state, 'down');
  await sink.close(20);
  assert.deepEqual(here.settled, [false, false]);
  nothingIsOut(here);
});

test('a sink that is full says so, and says when it is not full any more', async () => {
  using at = folder();
  const here = world();
  const path = join(at.path, 'app.log');
  const sink = await createFile(settingsOf({ path }), here.context);
  const big = 'x'.repeat(1_000_000);
  let waited = 0;
  for (let batch = 0; batch < 12; batch++) {
    const full = sink.push(here.lines([big]));
    if (full !== undefined) waited += 1;
    await full;
    assert.ok(here.context.counters.pendingBytes < 4 << 20);
  }
  await here.allSettled();
  assert.ok(waited > 0);
  assert.equal(readFileSync(path).length, 12 * 1_000_001);
  await sink.close(1_000);
  nothingIsOut(here);
});

test('a second sink waits until the first has let go of the file', async () => {
  using at = folder();
  const here = world({ random: () => 0.01 });
  const path = join(at.path, 'app.log');
  const first = await createFile(settingsOf({ path }), here.context);
  first.push(here.lines(['one']));
  await here.allSettled();
  const second = await createFile(settingsOf({ path }), here.context);
  second.push(here.lines(['two']));
  await here.until('it waits', () => second.problem() !== undefined);
  assert.match(second.problem() ?? '', /another sink writes to it/);
  appendFileSync(path, ''); // the first one's file is still as it was
  await first.close(1_000);
  await here.allSettled();
  await second.close(1_000);
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
});
