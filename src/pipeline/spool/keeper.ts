/** Keeps the state on disk, and takes away segments that are not needed any more: only after the state says so, durably. */
import { backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { crashPoint } from '../crash-point.ts';
import type { DiskFile } from '../disk.ts';
import { sentenceOf } from '../disk-error.ts';
import type { Folder } from './folder.ts';
import { closeQuietly, segmentPath, statePath, unlinkIfThere } from './folder.ts';
import type { Ledger } from './ledger.ts';
import { slotBytes, slotOffset, stateFileBytes, writeSlot } from './state.ts';

/** What is committed is on disk so soon: after a `kill -9`, what was delivered in this time is delivered once more. */
const delayMs = 200;
const backoff = { firstMs: 100, maxMs: 5_000 };

export interface KeeperOptions {
  readonly folder: Folder;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sequence: number;
}

export class Keeper {
  readonly #options: KeeperOptions;
  #sequence: number;
  /** Undefined before there is one, and when a sync failed: then it is written anew, beside the old one. */
  #file: DiskFile | undefined;
  #turn: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #failures = 0;
  #closed = false;
  /** Why the state cannot be written. */
  problem: string | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#sequence = options.sequence;
  }

  /** Something was committed: it is written soon, and at once when a segment can go. */
  changed(): void {
    const { ledger, clock, random } = this.#options;
    if (this.#closed || this.#cancel !== undefined) return;
    const wait = this.#failures > 0 ? backoffMs(backoff, this.#failures, random) + delayMs : ledger.first > ledger.deleteFrom ? 0 : delayMs;
    this.#cancel = clock.after(wait, () => {
      this.#cancel = undefined;
      void this.write().catch(() => this.changed());
    });
  }

  /** Writes the state as it is now, synced, then unlinks what it does not name any more. Rejects when the disk does. */
  write(): Promise<void> {
    const written = this.#turn.then(() => this.#write());
    this.#turn = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    this.#cancel?.();
    this.#closed = true;
    // What cannot be written now is delivered once more after the next start.
    if (this.#file !== undefined || this.#sequence > 0) await this.write().catch(() => {});
    await this.#turn;
    await closeQuietly(this.#file);
  }

  async #write(): Promise<void> {
    const { ledger } = this.#options;
    const state = ledger.snapshot(this.#sequence + 1);
    try {
      if (this.#file === undefined) this.#file = await this.#replace(Buffer.alloc(stateFileBytes));
      await this.#file.write([writeSlot(state)], slotOffset(state.sequence));
      crashPoint('spool.state-written');
      await this.#file.datasync();
      crashPoint('spool.state-synced');
      this.#sequence = state.sequence;
      await this.#unlink(state.first);
      this.#failures = 0;
      this.problem = undefined;
    } catch (error) {
      this.#failures += 1;
      this.problem = `the state of the spool cannot be written: ${sentenceOf(error)}`;
      await closeQuietly(this.#file);
      this.#file = undefined;
      throw error;
    }
  }

  /** A new file with the last state in it, in the place of the old one. */
  async #replace(bytes: Buffer): Promise<DiskFile> {
    const { folder, ledger } = this.#options;
    const { disk, dir } = folder;
    const path = `${statePath(folder)}.new`;
    await disk.makeDir(dir);
    await unlinkIfThere(disk, path);
    const file = await disk.open(path, 'create');
    try {
      const state = ledger.snapshot(this.#sequence);
      writeSlot(state).copy(bytes, slotOffset(state.sequence), 0, slotBytes);
      await file.write([bytes], 0);
      await file.datasync();
      await disk.rename(path, statePath(folder));
      await disk.syncDir(dir);
      return file;
    } catch (error) {
      await closeQuietly(file);
      throw error;
    }
  }

  async #unlink(first: number): Promise<void> {
    const { folder, ledger } = this.#options;
    if (ledger.deleteFrom >= first) return;
    crashPoint('spool.predelete');
    for (let number = ledger.deleteFrom; number < first; number++) {
      await unlinkIfThere(folder.disk, segmentPath(folder, number));
      crashPoint('spool.unlink');
    }
    await folder.disk.syncDir(folder.dir);
    ledger.deleteFrom = first;
  }
}
