/**
 * A process that appends to a spool and delivers from it, to be killed. `spool-child.ts DIR RUN MODE`: writes to its standard output, one
 * line each, what was acknowledged (`+ line`) and what was delivered (`- line`), at once. `fill` appends and delivers, `drain` only delivers.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../core/clock.ts';
import { silentLog } from '../../observe/log.ts';
import { realDisk } from '../real-disk.ts';
import { createSlabPool } from '../slab-pool.ts';
import { openSpool } from '../spool/open.ts';
import type { Spool } from '../spool/spool.ts';
import { linesBatch, linesOf } from './batches.ts';

const [dir = '', run = '', mode = ''] = process.argv.slice(2);
const settings = { when: 'always', maxSize: 1 << 30, segmentSize: 1 << 16, whenFull: 'block', keepFree: 0 } as const;
const spool = await openSpool(settings, {
  dir,
  disk: realDisk,
  clock: systemClock,
  log: silentLog,
  slabs: createSlabPool(2),
  random: Math.random,
});
const tell = (sign: string, lines: readonly string[]) => writeSync(1, lines.map((line) => `${sign} ${line}\n`).join(''));

async function deliver(from: Spool, batches: number): Promise<void> {
  for (let index = 0; index < batches; index++) {
    const batch = await from.next();
    if (batch?.kind !== 'logs') return;
    tell('-', linesOf(batch));
    batch.free();
    batch.receipt.release();
  }
}

if (mode === 'fill')
  for (let round = 0; round < 12; round++) {
    const groups = [0, 1].map((part) => Array.from({ length: 15 }, (_, index) => `${run}.${round}.${part}.${index} ${'x'.repeat(1_000)}`));
    const outcomes = await Promise.all(groups.map((lines) => spool.append(linesBatch(lines))));
    groups.forEach((lines, index) => {
      if (outcomes[index]?.stored) tell('+', lines);
    });
    await deliver(spool, 1);
    if (round % 3 === 2) await deliver(spool, 6);
  }
else await deliver(spool, Number.POSITIVE_INFINITY);
await spool.close();
