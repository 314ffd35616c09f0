/** A spool whose files were damaged, cut or taken away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesBatch, seeded } from '../testing/batches.ts';
import type { ModelDisk } from '../testing/model-disk.ts';
import { modelDisk } from '../testing/model-disk.ts';
import { bulky, dir, drain, open, small } from './testing.ts';

const segment = (number: number): string => `${dir}/${String(number).padStart(16, '0')}.segment`;
const state = `${dir}/state`;
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** Seven batches of 20 records in three segments: three, three and one. */
async function filled(): Promise<ModelDisk> {
  const disk = modelDisk();
  const spool = await open(disk, small);
  for (const name of letters) await spool.append(linesBatch(bulky(name)));
  await spool.close();
  return disk.afterKill();
}

/** Flips a byte of the first place where the file holds the text, or of an offset. */
function flip(disk: ModelDisk, path: string, where: string | number): void {
  const bytes = disk.contents(path) ?? Buffer.alloc(0);
  const at = typeof where === 'number' ? where : bytes.indexOf(where);
  assert.ok(at >= 0 && at < bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
}

async function batchesOf(disk: ModelDisk): Promise<{ readonly names: string; readonly damaged: number }> {
  const spool = await open(disk, small);
  const names = new Set((await drain(spool)).map((line) => line[0]));
  assert.equal(spool.depth.records, 0);
  await spool.close();
  return { names: [...names].join(''), damaged: spool.damaged.records };
}

test('a record that is complete but damaged is skipped and counted, and the count survives a restart', async () => {
  const disk = await filled();
  flip(disk, segment(1), 'b-7');
  assert.deepEqual(await batchesOf(disk), { names: 'acdefg', damaged: 20 });
  const again = await open(disk.afterKill(), small);
  assert.equal(again.damaged.records, 20);
  await again.close();
});

test('a damaged head costs its batch and no more', async () => {
  const disk = await filled();
  const at = disk.contents(segment(2))?.indexOf('e-0') ?? 0;
  flip(disk, segment(2), (disk.contents(segment(2))?.lastIndexOf('FLFR', at) ?? 0) + 9);
  assert.deepEqual(await batchesOf(disk), { names: 'abcdfg', damaged: 20 });
});

test('a damaged header of a segment costs nothing', async () => {
  const disk = await filled();
  flip(disk, segment(2), 3);
  assert.deepEqual(await batchesOf(disk), { names: 'abcdefg', damaged: 0 });
});

test('the last record of an orderly end is counted when it is damaged, and so is an end that is cut off', async () => {
  const disk = await filled();
  flip(disk, segment(3), 'g-19');
  assert.deepEqual(await batchesOf(disk), { names: 'abcdef', damaged: 20 });
  const cut = await filled();
  cut.put(segment(3), (cut.contents(segment(3)) ?? Buffer.alloc(0)).subarray(0, 300));
  assert.deepEqual(await batchesOf(cut), { names: 'abcdef', damaged: 20 });
});

for (const [number, names, damaged] of [
  [1, 'defg', 60],
  [2, 'abcg', 60],
  [3, 'abcdef', 20],
] as const)
  test(`segment ${number} of 3 is missing: its records are counted, the others arrive`, async () => {
    const disk = await filled();
    await disk.unlink(segment(number));
    assert.deepEqual(await batchesOf(disk), { names, damaged });
  });

test('a torn end that nobody was told of is cut off without being counted', async () => {
  const disk = await filled();
  const whole = Buffer.from(disk.contents(segment(3)) ?? '');
  // The head of a further frame, whose payload was not written to the end.
  disk.put(segment(3), Buffer.concat([whole, (disk.contents(segment(1)) ?? Buffer.alloc(0)).subarray(64, 5_000)]));
  assert.deepEqual(await batchesOf(disk), { names: 'abcdefg', damaged: 0 });
  assert.equal(disk.contents(segment(3)), undefined, 'all was delivered');
});

test('one damaged slot of the state is made good by the other one', async () => {
  for (const slot of [0, 4_096]) {
    const disk = await filled();
    flip(disk, state, slot + 40);
    assert.deepEqual(await batchesOf(disk), { names: 'abcdefg', damaged: 0 });
  }
});

for (const what of ['damaged', 'missing'] as const)
  test(`with a ${what} state all that the segments hold is delivered`, async () => {
    const disk = await filled();
    if (what === 'missing') await disk.unlink(state);
    else for (const slot of [0, 4_096]) flip(disk, state, slot + 40);
    assert.deepEqual(await batchesOf(disk), { names: 'abcdefg', damaged: 0 });
    assert.equal(
      disk.paths.some((path) => path.includes('/damaged-')),
      what === 'damaged',
    );
  });

test('a file that is in the way of a new segment is left alone', async () => {
  const disk = await filled();
  disk.put(segment(4), Buffer.from('of somebody else'));
  const spool = await open(disk, small);
  await spool.append(linesBatch(bulky('h')));
  assert.equal((await drain(spool)).length, 8 * 20);
  await spool.close();
});

test('a disk that does not give a segment for long: what is in it is counted, the rest arrives', async () => {
  const disk = await filled();
  disk.fault = (_, operation, path) => (operation === 'read' && path === segment(2) ? 'EIO' : undefined);
  assert.deepEqual(await batchesOf(disk), { names: 'abcg', damaged: 60 });
});

test('a start looks at the state and the last segment only, however much there is', async () => {
  const disk = modelDisk();
  const spool = await open(disk, { ...small, maxSize: 1 << 30 });
  for (let index = 0; index < 90; index++) await spool.append(linesBatch(bulky(String(index))));
  await spool.close();
  const after = disk.afterPowerCut(seeded(1));
  const opened: string[] = [];
  after.fault = (_, operation, path) => {
    if (operation === 'open') opened.push(path);
    return undefined;
  };
  const again = await open(after, small);
  assert.equal(again.depth.records, 90 * 20);
  assert.deepEqual(opened, [state, segment(30)]);
  const first = await again.next();
  first?.free();
  assert.deepEqual([...new Set(opened)].length, 4, 'the first segment, and where the second begins');
  await again.close();
});
