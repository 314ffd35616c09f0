/** Reads a file forwards with few calls: a piece of it in memory, moved on as needed. */
import type { DiskFile } from '../disk.ts';

/** What is read at once when frames are small. */
const aheadBytes = 1 << 18;

export class Window {
  readonly #file: DiskFile;
  #buffer = Buffer.alloc(0);
  /** Offset in the file of the first byte in the buffer, and how many of them are read. */
  #from = 0;
  #length = 0;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  /** The bytes [from, from + length) of the file, or as many as there are before `limit`; they are valid until the next call. */
  async bytes(from: number, length: number, limit: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, limit - from));
    if (from < this.#from || from + wanted > this.#from + this.#length) await this.#fill(from, wanted, limit);
    const at = from - this.#from;
    return this.#buffer.subarray(at, Math.min(at + wanted, this.#length));
  }

  async #fill(from: number, wanted: number, limit: number): Promise<void> {
    const size = Math.min(Math.max(wanted, aheadBytes), limit - from);
    // Never grows above what was asked for at once: a file with one large frame does not hold its size for ever.
    if (this.#buffer.length < size || this.#buffer.length > 2 * size + aheadBytes) this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#length = 0;
    this.#from = from;
    this.#length = await this.#file.read(this.#buffer.subarray(0, size), from);
  }
}
