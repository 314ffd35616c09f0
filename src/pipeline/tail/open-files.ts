/** Keeps the number of open files within its limit: those that are read to their end and are still where they were found can be opened again. */
import type { TailedFile } from './tailed-file.ts';

export class OpenFiles {
  readonly #limit: number;
  /** In the order of use. */
  readonly #open = new Set<TailedFile>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#open.size;
  }

  open(file: TailedFile): boolean {
    if (file.fd === undefined) {
      this.#makeRoom();
      if (!file.open()) return false;
    }
    this.#open.delete(file);
    this.#open.add(file);
    return true;
  }

  /** It was open already, elsewhere. */
  adopt(file: TailedFile): void {
    this.#open.add(file);
  }

  close(file: TailedFile): void {
    file.close();
    this.#open.delete(file);
  }

  /** Not closed: somebody else has it now. */
  release(file: TailedFile): void {
    this.#open.delete(file);
  }

  #makeRoom(): void {
    if (this.#open.size < this.#limit) return;
    for (const file of this.#open) {
      // One that is not sent yet may have to be read again.
      const needed = file.busy || file.queued || !file.drained || file.place !== 'present' || (file.known?.cursor.pending ?? 0) > 0;
      if (needed) continue;
      this.close(file);
      return;
    }
  }
}
