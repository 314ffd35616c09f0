/** The file that dead letters are written to, rotated: `dead-letters.jsonl`, and older ones `dead-letters.1.jsonl` … */
import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import { codeOf } from '../disk-error.ts';

export interface LetterFileOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly maxFileBytes: number;
  /** Older files beside the one that is written. */
  readonly keep: number;
  /** The oldest one is unlinked. */
  forgotten(path: string): void;
}

export class LetterFile {
  readonly #options: LetterFileOptions;
  #open: { readonly file: DiskFile; end: number } | undefined;
  /** A file whose sync failed is not written on. */
  #spoilt = false;

  constructor(options: LetterFileOptions) {
    this.#options = options;
  }

  /** Appends and syncs. After a rejection nothing of it counts as written: it is to be called again with all of it. */
  async append(lines: Buffer): Promise<void> {
    try {
      if (this.#spoilt || (this.#open !== undefined && this.#open.end > 0 && this.#open.end + lines.length > this.#options.maxFileBytes))
        await this.#rotate();
      this.#open ??= await this.#enter();
      await this.#open.file.write([lines], this.#open.end);
    } catch (error) {
      // What is half written is written over.
      await this.close();
      throw error;
    }
    try {
      await this.#open.file.datasync();
      this.#open.end += lines.length;
    } catch (error) {
      this.#spoilt = true;
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#open?.file;
    this.#open = undefined;
    await file?.close().catch(() => {});
  }

  pathOf(age: number): string {
    return join(this.#options.dir, age === 0 ? 'dead-letters.jsonl' : `dead-letters.${age}.jsonl`);
  }

  async #enter(): Promise<{ readonly file: DiskFile; end: number }> {
    const { disk, dir } = this.#options;
    await disk.makeDir(dir);
    try {
      const file = await disk.open(this.pathOf(0), 'write');
      return { file, end: await endOfLines(file) };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const file = await disk.open(this.pathOf(0), 'create');
    await disk.syncDir(dir);
    return { file, end: 0 };
  }

  async #rotate(): Promise<void> {
    const { disk, dir, keep, forgotten } = this.#options;
    await this.close();
    for (let age = keep; age >= 0; age--) {
      try {
        if (age < keep) await disk.rename(this.pathOf(age), this.pathOf(age + 1));
        else {
          await disk.unlink(this.pathOf(age));
          forgotten(this.pathOf(age));
        }
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
    await disk.syncDir(dir);
    this.#spoilt = false;
  }
}

/** Behind the last whole line: a process that was killed may have left a part of one, and it is cut off. */
async function endOfLines(file: DiskFile): Promise<number> {
  const size = await file.size();
  const step = 1 << 16;
  for (let end = size; end > 0; end -= step) {
    const from = Math.max(0, end - step);
    const bytes = Buffer.alloc(end - from);
    await file.read(bytes, from);
    const last = bytes.lastIndexOf(10);
    if (last === -1) continue;
    if (from + last + 1 < size) await file.truncate(from + last + 1);
    return from + last + 1;
  }
  if (size > 0) await file.truncate(0);
  return 0;
}
