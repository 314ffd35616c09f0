/** A spool on a model disk, for the tests of this folder. */
import { silentLog } from '../../observe/log.ts';
import type { Batch, LogBatch } from '../batch.ts';
import type { Disk } from '../disk.ts';
import type { Slab, SlabPool } from '../slab.ts';
import { slabBytes, slabRecords } from '../slab.ts';
import { createSlabPool } from '../slab-pool.ts';
import { hastyClock, linesOf, seeded } from '../testing/batches.ts';
import { openSpool } from './open.ts';
import type { SpoolSettings } from './settings.ts';
import type { Spool } from './spool.ts';

export const dir = '/spool/kafka';
export const usual: SpoolSettings = { when: 'needed', maxSize: 64 << 20, segmentSize: 1 << 20, whenFull: 'block', keepFree: 0 };
/** So small that a few batches fill it. The smallest segment is 64 KiB. */
export const small: SpoolSettings = { ...usual, segmentSize: 1 << 16, maxSize: 8 << 16 };

export const slabs: SlabPool = createSlabPool(4);

export function open(disk: Disk, settings: SpoolSettings = usual, seed = 1, pool: SlabPool = slabs): Promise<Spool> {
  return openSpool(settings, { dir, disk, clock: hastyClock(), log: silentLog, slabs: pool, random: seeded(seed) });
}

/** Slabs that a process which was killed held are not missed by the next one. */
export function endlessSlabs(): SlabPool {
  const free: Slab[] = [];
  let out = 0;
  const make = (): Slab => {
    let holds = 1;
    const slab: Slab = {
      bytes: Buffer.allocUnsafeSlow(slabBytes),
      starts: new Uint32Array(slabRecords),
      ends: new Uint32Array(slabRecords),
      hold: () => void holds++,
      release: () => {
        holds -= 1;
        if (holds > 0) return;
        holds = 1;
        out -= 1;
        free.push(slab);
      },
    };
    return slab;
  };
  return {
    size: 64,
    get out() {
      return out;
    },
    take() {
      out += 1;
      return free.pop() ?? make();
    },
    available: () => Promise.resolve(),
  };
}

/** Everything that can be read now; each is acknowledged. */
export async function drain(spool: Spool): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let batch = await spool.next(); batch !== undefined; batch = await spool.next()) {
    lines.push(...linesOf(logsOf(batch)));
    batch.free();
    batch.receipt.release();
  }
  return lines;
}

export function logsOf(batch: Batch | undefined): LogBatch {
  if (batch?.kind !== 'logs') throw new Error('not a batch of logs');
  return batch;
}

/** Lines that fill about a third of the smallest segment. */
export const bulky = (name: string): readonly string[] => Array.from({ length: 20 }, (_, index) => `${name}-${index} ${'x'.repeat(1_000)}`);
