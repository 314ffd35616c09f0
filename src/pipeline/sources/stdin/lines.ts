/** Lines of chunks: all bytes but the line feed that ends them. */

/** Takes a line: bytes[from, to). False: there is no room now; it will be offered again. */
export type TakeLine = (bytes: Buffer, from: number, to: number, cut: boolean) => boolean;

const lf = 0x0a;

export class LineFramer {
  readonly #maxLine: number;
  readonly #take: TakeLine;
  readonly #partial: Buffer[] = [];
  #size = 0;
  #cutting = false;

  constructor(maxLine: number, take: TakeLine) {
    this.#maxLine = maxLine;
    this.#take = take;
  }

  /** Takes in chunk[from, …) and returns how far it came: less than the whole when there was no room. */
  feed(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const end = chunk.indexOf(lf, at);
      if (end === -1) {
        this.#keep(chunk, at, chunk.length);
        return chunk.length;
      }
      if (!this.#line(chunk, at, end)) return at;
      at = end + 1;
    }
    return at;
  }

  /** A last line without a line feed. False: no room. */
  end(): boolean {
    return this.#size === 0 || this.#line(Buffer.alloc(0), 0, 0);
  }

  /** What is kept of a line that has no end yet; afterwards nothing is. */
  takeBack(): Buffer {
    const bytes = Buffer.concat(this.#partial);
    this.#forget();
    return bytes;
  }

  #line(chunk: Buffer, from: number, to: number): boolean {
    const room = this.#maxLine - this.#size;
    const cut = this.#cutting || to - from > room;
    const end = Math.min(to, from + room);
    if (this.#size === 0) return this.#take(chunk, from, end, cut);
    const whole = Buffer.concat([...this.#partial, chunk.subarray(from, end)]);
    if (!this.#take(whole, 0, whole.length, cut)) return false;
    this.#forget();
    return true;
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const end = Math.min(to, from + this.#maxLine - this.#size);
    if (end < to) this.#cutting = true;
    if (end === from) return;
    // A copy: what is kept must not keep the chunk.
    this.#partial.push(Buffer.from(chunk.subarray(from, end)));
    this.#size += end - from;
  }

  #forget(): void {
    this.#partial.length = 0;
    this.#size = 0;
    this.#cutting = false;
  }
}
