import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManualClock } from '../../core/manual-clock.ts';
import { manualClock } from '../../core/manual-clock.ts';
import type { EventName } from '../../observe/events/index.ts';
import type { Log } from '../../observe/log.ts';
import { seeded } from '../testing/batches.ts';
import type { ModelDisk } from '../testing/model-disk.ts';
import { modelDisk } from '../testing/model-disk.ts';
import { openPositions } from './open.ts';
import type { Cursor, Positions } from './positions.ts';

const dir = '/data/positions';

function recorder(): { readonly log: Log; readonly said: EventName[] } {
  const said: EventName[] = [];
  const log: Log = { event: (name) => said.push(name), with: () => log };
  return { log, said };
}

const open = (disk: ModelDisk, { clock = manualClock(), log = recorder().log }: { clock?: ManualClock; log?: Log } = {}) =>
  openPositions(dir, { disk, clock, log, journalBytes: 10_000 });

const stateOf = ({ acknowledged, read, pending }: Cursor) => ({ acknowledged, read, pending });

test('what was acknowledged moves only past what is contiguous', async () => {
  const positions = await open(modelDisk());
  const cursor = positions.cursor('app', 'g');
  const [a, b, c] = [cursor.take(0, 10, 'm10'), cursor.take(10, 20, 'm20'), cursor.take(20, 30, 'm30')];
  c.release();
  assert.deepEqual(stateOf(cursor), { acknowledged: 0, read: 30, pending: 30 });
  a.release();
  assert.deepEqual([stateOf(cursor), cursor.note.mark], [{ acknowledged: 10, read: 30, pending: 20 }, 'm10']);
  b.release();
  assert.deepEqual([stateOf(cursor), cursor.note.mark], [{ acknowledged: 30, read: 30, pending: 0 }, 'm30']);
});

test('a receipt that fails rewinds to its range; what comes of later ones moves nothing, what was before goes on', async () => {
  const positions = await open(modelDisk());
  const cursor = positions.cursor('app', 'g');
  const rewinds: number[] = [];
  cursor.onRewind((to) => rewinds.push(to));
  const [a, b, c] = [cursor.take(0, 10), cursor.take(10, 20), cursor.take(20, 30)];
  b.fail();
  c.fail();
  assert.deepEqual([rewinds, stateOf(cursor)], [[10], { acknowledged: 0, read: 10, pending: 10 }]);
  const again = cursor.take(10, 30);
  a.release();
  assert.equal(cursor.acknowledged, 10);
  again.release();
  assert.equal(cursor.acknowledged, 30);
});

test('positions survive a restart: note, mark and what was acknowledged, but not what was only read', async () => {
  const disk = modelDisk();
  const before = await open(disk);
  const cursor = before.cursor('app', 'g');
  cursor.note = { path: '/a.log', ino: 7 };
  cursor.take(0, 10, 'ten').release();
  cursor.take(10, 20, 'twenty');
  before.cursor('other', 'h').take(0, 5).release();
  await before.flush();
  const after = await open(disk.afterKill());
  assert.deepEqual(
    after.cursors('app').map(({ key, cursor: one }) => [key, one.note, stateOf(one)]),
    [['g', { path: '/a.log', ino: 7, mark: 'ten' }, { acknowledged: 10, read: 10, pending: 0 }]],
  );
  assert.equal(after.cursor('other', 'h').acknowledged, 5);
});

test('they are written by themselves within half a second, and only what changed', async () => {
  const disk = modelDisk();
  const clock = manualClock();
  const positions = await open(disk, { clock });
  const cursors = Array.from({ length: 10_000 }, (_, index) => positions.cursor('app', `generation ${index}`));
  for (const cursor of cursors) cursor.note = { path: `/var/log/${cursor.read}` };
  await positions.flush();
  const whole = disk.used;
  cursors[7]?.take(0, 10).release();
  clock.advance(500);
  await positions.flush();
  assert.ok(disk.used > whole && disk.used - whole < 300, `${disk.used - whole} bytes for one change`);
  const after = await open(disk.afterKill());
  assert.equal(after.cursor('app', 'generation 7').acknowledged, 10);
});

test('a journal that has grown is replaced by a new picture, and the one before is kept', async () => {
  const disk = modelDisk();
  const positions = await open(disk);
  const cursor = positions.cursor('app', 'g');
  cursor.note = { text: 'x'.repeat(1_000) };
  for (let index = 0; index < 100; index++) {
    cursor.take(index, index + 1).release();
    await positions.flush();
  }
  assert.deepEqual(disk.paths.toSorted(), [`${dir}/positions.8`, `${dir}/positions.9`]);
  assert.equal((await open(disk.afterKill())).cursor('app', 'g').acknowledged, 100);
});

async function twoFiles(): Promise<ModelDisk> {
  let disk = modelDisk();
  for (const to of [10, 20]) {
    const positions = await open(disk);
    const cursor = positions.cursor('app', 'g');
    cursor.take(cursor.read, to).release();
    await positions[Symbol.asyncDispose]();
    disk = disk.afterKill();
  }
  return disk;
}

test('bad state file: any damage of the picture is noticed, and the one before is used', async () => {
  const path = `${dir}/positions.2`;
  const whole = (await twoFiles()).contents(path) ?? Buffer.alloc(0);
  for (let at = 0; at < whole.length; at++) {
    const disk = await twoFiles();
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    disk.put(path, damaged);
    const { log, said } = recorder();
    const positions = await open(disk, { log });
    assert.deepEqual([positions.cursor('app', 'g').acknowledged, said], [10, ['pipeline.positions.damaged']], `byte ${at}`);
  }
});

test('a torn tail of the journal ends it without an error', async () => {
  const disk = modelDisk();
  const positions = await open(disk);
  const cursor = positions.cursor('app', 'g');
  for (const to of [10, 20]) {
    cursor.take(cursor.read, to).release();
    await positions.flush();
  }
  const path = `${dir}/positions.1`;
  const whole = disk.contents(path) ?? Buffer.alloc(0);
  const journalAt = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (let length = journalAt; length < whole.length; length++) {
    const torn = disk.afterKill();
    torn.put(path, whole.subarray(0, length));
    const { log, said } = recorder();
    assert.deepEqual([(await open(torn, { log })).cursor('app', 'g').acknowledged, said], [10, []]);
  }
});

for (const code of ['ENOSPC', 'EIO']) {
  test(`${code} at every operation: it is said, and what was meant is written with the next try`, async () => {
    for (let at = 1; ; at++) {
      const disk = modelDisk();
      const clock = manualClock();
      const { log, said } = recorder();
      const positions = await open(disk, { clock, log });
      let failed = false;
      disk.fault = (index) => {
        if (index !== at) return undefined;
        failed = true;
        return code;
      };
      const cursor = positions.cursor('app', 'g');
      for (const to of [10, 20, 30]) {
        cursor.take(cursor.read, to).release();
        await positions.flush();
      }
      clock.advance(2_000);
      await positions.flush();
      assert.equal((await open(disk.afterKill())).cursor('app', 'g').acknowledged, 30, `operation ${at}`);
      assert.equal(said.filter((name) => name === 'pipeline.positions.unwritable').length <= 1, true);
      if (at > 4 && !failed) break;
    }
  });
}

test('a power cut at every operation: never behind what was flushed, never ahead of what was acknowledged', async () => {
  let cuts = 0;
  for (let at = 1; at < 60; at++) {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seeded(seed * 1_000 + at);
      const disk = modelDisk();
      const positions = await open(disk);
      const promised = { acknowledged: 0, flushed: 0 };
      let after: ModelDisk | undefined;
      const cut = new Promise<void>((resolve) => {
        disk.fault = (index) => {
          if (index !== at) return undefined;
          after = disk.afterPowerCut(random);
          resolve();
          return undefined;
        };
      });
      await Promise.race([cut, work(positions, promised)]);
      if (after === undefined) continue;
      cuts += 1;
      const { acknowledged } = (await open(after)).cursor('app', 'g');
      const fits = acknowledged >= promised.flushed && acknowledged <= promised.acknowledged;
      assert.ok(fits, `operation ${at}, seed ${seed}: ${promised.flushed} ≤ ${acknowledged} ≤ ${promised.acknowledged}`);
    }
  }
  assert.ok(cuts > 100);
});

async function work(positions: Positions, promised: { acknowledged: number; flushed: number }): Promise<void> {
  const cursor = positions.cursor('app', 'g');
  // Large enough that the journal is replaced on the way.
  for (let to = 1; to <= 12; to++) {
    cursor.note = { to, text: 'x'.repeat(4_000) };
    cursor.take(cursor.read, to).release();
    promised.acknowledged = to;
    await positions.flush();
    promised.flushed = to;
  }
}

test('what is gone for thirty days is forgotten; what is there is kept, however long it is silent', async () => {
  const disk = modelDisk();
  const clock = manualClock();
  const positions = await open(disk, { clock });
  positions.cursor('app', 'there').note = { path: '/a' };
  positions.cursor('app', 'gone').note = { path: '/b', goneMs: clock.now() };
  await positions.flush();
  const days = async (count: number) => {
    clock.advance(count * 86_400_000);
    positions.cursor('app', 'ticker').note = { at: clock.now() };
    await positions.flush();
    return positions.cursors('app').map(({ key }) => key);
  };
  assert.deepEqual(await days(29), ['there', 'gone', 'ticker']);
  assert.deepEqual(await days(2), ['there', 'ticker']);
  assert.deepEqual(
    (await open(disk.afterKill())).cursors('app').map(({ key }) => key),
    ['there', 'ticker'],
  );
});

test('a cursor that is to be forgotten is gone after a restart', async () => {
  const disk = modelDisk();
  const positions = await open(disk);
  const cursor = positions.cursor('app', 'g');
  cursor.take(0, 10).release();
  await positions.flush();
  cursor.forget();
  await positions.flush();
  assert.deepEqual((await open(disk.afterKill())).cursors('app'), []);
});
