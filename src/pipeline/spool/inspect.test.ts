import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesBatch } from '../testing/batches.ts';
import { modelDisk } from '../testing/model-disk.ts';
import { findSpools, inspectSpool } from './inspect.ts';
import { bulky, dir, logsOf, open, small } from './testing.ts';

test('shows what waits and what is next, while the spool is in use, and changes nothing', async () => {
  const disk = modelDisk();
  const spool = await open(disk, small);
  for (const name of ['a', 'b', 'c', 'd']) await spool.append(linesBatch(bulky(name)));
  const first = logsOf(await spool.next());
  first.free();
  first.receipt.release();
  while (disk.contents(`${dir}/state`) === undefined || (await inspectSpool(disk, dir)).waiting.records !== 60)
    await new Promise(setImmediate);
  const before = disk.paths.map((path) => [path, disk.contents(path)?.toString('hex')]);
  const report = await inspectSpool(disk, dir, 2);
  assert.deepEqual(
    report.segments.map(({ firstId, status }) => [firstId, status]),
    [
      [0, 'partly'],
      [60, 'waiting'],
    ],
  );
  assert.deepEqual(
    report.records.map(({ id, text, source }) => [id, text.slice(0, 3), source]),
    [
      [20, 'b-0', 'app'],
      [21, 'b-1', 'app'],
    ],
  );
  assert.deepEqual([report.state, report.waiting.records, report.damaged.records], ['good', 60, 0]);
  assert.deepEqual(
    disk.paths.map((path) => [path, disk.contents(path)?.toString('hex')]),
    before,
  );
  assert.deepEqual(await findSpools(disk, '/nothing'), []);
  assert.deepEqual(await findSpools(disk, dir), [dir]);
  await spool.close();
});
