/**
 * Room on the heap for batches that have to leave their slabs, used again and again: new megabytes for every batch would be garbage that the collector
 * sees late, and memory would not be flat.
 */
import type { HeldPiece, WireBatch } from './wire-batch.ts';

/** Free ones beyond this are given back to the system. */
const mostFree = 8;

export class Copies {
  readonly #bytes: number;
  readonly #free: Buffer[] = [];

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** The bytes of a batch in one piece; its room is free again when the batch lets go of it. */
  of(batch: WireBatch): HeldPiece {
    const kept = batch.encodedBytes <= this.#bytes && batch.encodedBytes > this.#bytes / 2;
    const bytes = kept ? (this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)) : Buffer.allocUnsafeSlow(batch.encodedBytes);
    let end = 0;
    for (const piece of batch.pieces) end += piece.bytes.copy(bytes, end, piece.start, piece.end);
    const room = {
      hold: () => {},
      release: () => {
        if (kept && this.#free.length < mostFree) this.#free.push(bytes);
      },
    };
    return { bytes, start: 0, end, room };
  }
}
