/** Cuts what comes in into answers: four bytes of length, then that many. */

/** Answers to a producer are small; the largest is the metadata of a very large cluster. */
const largestFrame = 32 << 20;

export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next whole frame, without its length. */
  next(): Buffer | 'malformed' | undefined {
    if (this.#bytes < 4) return undefined;
    const length = this.#peekLength();
    if (length < 0 || length > largestFrame) return 'malformed';
    if (this.#bytes < 4 + length) return undefined;
    const all = this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#bytes -= 4 + length;
    this.#chunks = this.#bytes === 0 ? [] : [all.subarray(4 + length)];
    return all.subarray(4, 4 + length);
  }

  #peekLength(): number {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= 4) return first.readInt32BE(0);
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]?.readInt32BE(0) ?? 0;
  }
}
