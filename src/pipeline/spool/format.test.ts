import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { silentLog } from '../../observe/log.ts';
import { linesBatch } from '../testing/batches.ts';
import { modelDisk } from '../testing/model-disk.ts';
import { openSpool } from './open.ts';
import { slabs, usual } from './testing.ts';

test('the bytes in docs/internals/spool-format.md are those that are written', async () => {
  const page = readFileSync(new URL('../../../docs/internals/spool-format.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^ *(\d+) {2}((?:[0-9a-f]{2} ?)+)$/gm)].map(([, offset, bytes]) => [
    Number(offset),
    bytes?.replaceAll(' ', ''),
  ]);
  const disk = modelDisk();
  const spool = await openSpool(usual, { dir: '/d', disk, clock: manualClock(), log: silentLog, slabs, random: () => 0.5 });
  const stream = { source: 'app', generation: '00112233aabbccdd', labels: {}, tags: ['t'], format: 'text' } as const;
  await spool.append(linesBatch(['one', 'two'], 4_000, stream));
  await spool.close();
  const bytes = disk.contents('/d/0000000000000001.segment') ?? Buffer.alloc(0);
  const written = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, row) => [
    16 * row,
    bytes.toString('hex', 16 * row, 16 * row + 16),
  ]);
  assert.deepEqual(rows, written);
});
