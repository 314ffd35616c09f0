import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import type { Log } from '../../observe/log.ts';
import type { Disk } from '../disk.ts';
import { sentenceOf } from '../disk-error.ts';
import type { SlabPool } from '../slab.ts';
import { DiskSpool } from './disk-spool.ts';
import { recover } from './recover.ts';
import type { SpoolSettings } from './settings.ts';
import type { Spool } from './spool.ts';

export interface SpoolContext {
  /** Of this spool alone. Made when something is appended for the first time. */
  readonly dir: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** For the batches that `next` brings. */
  readonly slabs: SlabPool;
  readonly random: () => number;
}

/** Goes on where the process before stopped. Throws only when the folder may not be used at all. */
export async function openSpool(settings: SpoolSettings, { dir, disk, clock, log, slabs, random }: SpoolContext): Promise<Spool> {
  const folder = { dir, disk };
  try {
    const recovered = await recover({ folder, clock, log, random });
    return new DiskSpool({ settings, folder, clock, log, slabs, random }, recovered);
  } catch (cause) {
    throw new FairleadError('FAIRLEAD_DATA_DIR', { path: dir, reason: sentenceOf(cause) }, { cause });
  }
}
