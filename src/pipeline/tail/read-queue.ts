import type { TailedFile } from './tailed-file.ts';

/** Whose turn it is: everyone in a circle, or the file that was not written to for longest until it is read to its end. */
export class ReadQueue {
  readonly #order: 'fair' | 'oldest-first';
  #files: TailedFile[] = [];
  #next = 0;

  constructor(order: 'fair' | 'oldest-first') {
    this.#order = order;
  }

  add(file: TailedFile): void {
    file.queued = true;
    this.#files.push(file);
  }

  next(): TailedFile | undefined {
    if (this.#order === 'oldest-first') this.#bringOldestForward();
    const file = this.#files[this.#next];
    if (file === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#files.length || this.#next > 4096) {
      this.#files = this.#files.slice(this.#next);
      this.#next = 0;
    }
    file.queued = false;
    return file;
  }

  /** It is next again. */
  putBack(file: TailedFile): void {
    file.queued = true;
    this.#files = [file, ...this.#files.slice(this.#next)];
    this.#next = 0;
  }

  clear(): void {
    this.#files = [];
    this.#next = 0;
  }

  #bringOldestForward(): void {
    let oldest = this.#next;
    for (let index = this.#next; index < this.#files.length; index++)
      if ((this.#files[index]?.mtimeMs ?? 0) < (this.#files[oldest]?.mtimeMs ?? 0)) oldest = index;
    const [first, other] = [this.#files[this.#next], this.#files[oldest]];
    if (first === undefined || other === undefined) return;
    this.#files[this.#next] = other;
    this.#files[oldest] = first;
  }
}
