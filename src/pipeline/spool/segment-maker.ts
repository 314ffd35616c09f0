/** Makes the files of new segments, so that each is known before it is there, and there before anything in it is acknowledged. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { crashPoint } from '../crash-point.ts';
import type { DiskFile } from '../disk.ts';
import { codeOf } from '../disk-error.ts';
import { ActiveSegment } from './active-segment.ts';
import type { Folder } from './folder.ts';
import { closeQuietly, segmentPath } from './folder.ts';
import type { Keeper } from './keeper.ts';
import type { Ledger } from './ledger.ts';
import { writeSegmentHeader } from './segment-header.ts';

export interface SegmentMakerOptions {
  readonly folder: Folder;
  readonly ledger: Ledger;
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly log: Log;
}

export class SegmentMaker {
  readonly #options: SegmentMakerOptions;
  /** For a file that could not be made yet; `known`: the state names it. */
  #reserved: { readonly number: number; known: boolean } | undefined;

  constructor(options: SegmentMakerOptions) {
    this.#options = options;
  }

  /** Rejects when the disk does; then it is called again. */
  async make(): Promise<ActiveSegment> {
    const { ledger, folder } = this.#options;
    const number = await this.#reserve();
    const file = await this.#create(number);
    try {
      await this.#begin(file, number);
    } catch (error) {
      await closeQuietly(file);
      // Its sync may have failed: a file of the same name that is made anew is another one.
      await folder.disk.unlink(segmentPath(folder, number)).catch(() => {
        this.#reserved = undefined;
      });
      throw error;
    }
    this.#reserved = undefined;
    ledger.began(number);
    return new ActiveSegment(number, file, ledger.spool);
  }

  /** The state names every segment that may exist before it does: so a start probes named files only. */
  async #reserve(): Promise<number> {
    const { ledger, keeper } = this.#options;
    this.#reserved ??= { number: ledger.last + 1, known: false };
    ledger.last = this.#reserved.number;
    if (!this.#reserved.known) await keeper.write();
    this.#reserved.known = true;
    return this.#reserved.number;
  }

  async #create(number: number): Promise<DiskFile> {
    const { folder, log } = this.#options;
    const path = segmentPath(folder, number);
    try {
      return await folder.disk.open(path, 'create');
    } catch (error) {
      // Something is in the way that no state names: it is left alone, and the next number is taken.
      if (codeOf(error) === 'EEXIST') {
        log.event('spool.in-the-way', { path });
        this.#reserved = undefined;
      }
      throw error;
    }
  }

  async #begin(file: DiskFile, number: number): Promise<void> {
    const { ledger, folder, clock } = this.#options;
    const header = { spool: ledger.spool, number, ...ledger.nextStart, createdMs: clock.now() };
    await file.write([writeSegmentHeader(header)], 0);
    crashPoint('spool.create');
    await file.datasync();
    await folder.disk.syncDir(folder.dir);
  }
}
