/**
 * Room on the heap for bytes that wait for an acknowledgement, used again and again: new memory for every batch would be garbage that the collector sees
 * late, and memory would not be flat.
 */
import type { Piece } from './protocol/record-batch.ts';
import { pieceBytes } from './protocol/record-batch.ts';
import type { HeldPiece } from './wire-batch.ts';

/** Rooms are multiples of this, so that little of one is left empty and few sizes cover batches that are alike. */
const stepBytes = 1 << 15;
/** Smaller and larger ones are left to the collector. */
const [smallest, largest] = [1 << 16, 1 << 20];
/** Free ones beyond this many bytes are given back to the system. */
const freeBytes = 8 << 20;

export class Copies {
  readonly #free = new Map<number, Buffer[]>();
  #bytes = 0;

  /** The same bytes in one piece; its room is free again when the batch lets go of it. */
  of(pieces: readonly Piece[]): HeldPiece {
    const total = pieceBytes(pieces);
    const bytes = this.#take(total);
    let end = 0;
    for (const piece of pieces) end += piece.bytes.copy(bytes, end, piece.start, piece.end);
    return { bytes, start: 0, end, room: { hold: () => {}, release: () => this.#back(bytes) } };
  }

  #take(total: number): Buffer {
    if (total < smallest || total > largest) return Buffer.allocUnsafeSlow(total);
    const size = Math.ceil(total / stepBytes) * stepBytes;
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) this.#bytes -= size;
    return free ?? Buffer.allocUnsafeSlow(size);
  }

  #back(bytes: Buffer): void {
    const size = bytes.length;
    if (size % stepBytes !== 0 || size < smallest || size > largest || this.#bytes + size > freeBytes) return;
    this.#bytes += size;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [bytes]);
    else free.push(bytes);
  }
}
