/** Tells messages on a connection apart: RFC 6587 §3.4.1 (octet counting) and §3.4.2 (a line feed behind each). */

export type Framing = 'auto' | 'octet-counting' | 'newline';

/** Takes a message: bytes[from, to). `cut`: the rest of it was left out. False: there is no room now; it will be offered again. */
export type TakeMessage = (bytes: Buffer, from: number, to: number, cut: boolean) => boolean;

const lf = 0x0a;
const space = 0x20;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** More digits than any length that anybody means; more of them are not a length. */
const maxDigits = 10;

/**
 * One connection. Keeps what is unfinished (never more than `maxMessage` bytes, in `partial`), so that `feed` may be given any chunks.
 */
export class SyslogFramer {
  readonly #framing: Framing;
  readonly #maxMessage: number;
  readonly #take: TakeMessage;
  #partial: Buffer = Buffer.alloc(0);
  #partialSize = 0;
  /** Octet counting: bytes of the present message that are still to come; −1 between messages, −2 in a message that ends with a line feed. */
  #left = -1;
  /** The present message is longer than allowed, and what is kept of it is kept already. */
  #cutting = false;

  constructor(framing: Framing, maxMessage: number, take: TakeMessage) {
    this.#framing = framing;
    this.#maxMessage = maxMessage;
    this.#take = take;
  }

  /** Bytes that are kept of a message that is not finished. */
  get pending(): number {
    return this.#partialSize;
  }

  /** How much room it occupies. */
  get reserved(): number {
    return this.#partial.length;
  }

  /** Takes in chunk[from, …); returns how far it came: less than the whole when there was no room for a message. */
  feed(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#left === -1) {
        const next = this.#begin(chunk, at);
        if (next === -1) return chunk.length; // the length itself is not finished; what there is of it was kept
        at = next;
        if (this.#left === -1) continue; // a line feed between messages
        if (at >= chunk.length) return chunk.length;
      }
      const next = this.#left === -2 ? this.#line(chunk, at) : this.#counted(chunk, at);
      if (next === -1) return at;
      at = next;
    }
    return at;
  }

  /** The connection is closed: a line without an ending counts (RFC 6587 §3.4.2 cannot tell), a message with a length that is not reached is cut. False: no room. */
  end(): boolean {
    const unfinished = this.#left !== -1;
    if (!unfinished || this.#partialSize === 0) return true;
    return this.#emit(this.#partial, 0, this.#partialSize, this.#left !== -2);
  }

  /** Finds out how the message that begins here is framed; returns where it begins, −1 when more bytes are needed. */
  #begin(chunk: Buffer, at: number): number {
    if (this.#partialSize > 0) return this.#beginLater(chunk, at);
    const first = chunk[at] ?? 0;
    // Between frames: rsyslog and others end even counted frames with a line feed now and then.
    if (first === lf) return at + 1;
    if (this.#framing === 'newline' || (this.#framing === 'auto' && !isDigit(first))) {
      this.#left = -2;
      return at;
    }
    return this.#length(chunk, at, at);
  }

  /** The digits of a length were split between two chunks: as rare as it is short, so the two parts are joined. */
  #beginLater(chunk: Buffer, at: number): number {
    const joined = Buffer.concat([this.#partial.subarray(0, this.#partialSize), chunk.subarray(at, at + maxDigits + 1)]);
    const kept = this.#partialSize;
    this.#partialSize = 0;
    const next = this.#length(joined, 0, 0);
    if (next === -1) return -1;
    if (this.#left !== -2) return at + next - kept;
    // No length after all: what was kept is the beginning of a line.
    this.#keep(joined, 0, kept);
    return at;
  }

  #length(bytes: Buffer, start: number, from: number): number {
    let value = 0;
    let at = from;
    for (; at < bytes.length && at - start < maxDigits && isDigit(bytes[at] ?? 0); at++) value = value * 10 + (bytes[at] ?? 0) - 0x30;
    if (at === bytes.length && at - start < maxDigits) {
      this.#keep(bytes, start, at);
      return -1;
    }
    if (at === start || bytes[at] !== space || value === 0) {
      this.#left = -2; // digits that are not a length: a line that happens to begin with them
      return start;
    }
    this.#left = value;
    return at + 1;
  }

  #line(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(lf, at);
    if (end === -1) {
      this.#keepSome(chunk, at, chunk.length);
      return chunk.length;
    }
    return this.#finish(chunk, at, end) ? end + 1 : -1;
  }

  #counted(chunk: Buffer, at: number): number {
    const end = at + this.#left;
    if (end > chunk.length) {
      this.#left -= chunk.length - at;
      this.#keepSome(chunk, at, chunk.length);
      return chunk.length;
    }
    return this.#finish(chunk, at, end) ? end : -1;
  }

  /** The message ends with chunk[at, end). */
  #finish(chunk: Buffer, at: number, end: number): boolean {
    if (this.#partialSize === 0) {
      const cut = end - at > this.#maxMessage;
      return this.#emit(chunk, at, cut ? at + this.#maxMessage : end, cut);
    }
    const before = this.#partialSize;
    const wasCut = this.#cutting;
    this.#keepSome(chunk, at, end);
    if (this.#emit(this.#partial, 0, this.#partialSize, this.#cutting)) return true;
    this.#partialSize = before; // it is offered again with the same chunk
    this.#cutting = wasCut;
    return false;
  }

  #emit(bytes: Buffer, from: number, to: number, cut: boolean): boolean {
    if (!this.#take(bytes, from, to, cut)) return false;
    this.#left = -1;
    this.#partialSize = 0;
    this.#cutting = false;
    // A connection that sent one long message does not keep its room.
    if (this.#partial.length > 4_096) this.#partial = Buffer.alloc(0);
    return true;
  }

  #keepSome(chunk: Buffer, from: number, to: number): void {
    const room = this.#maxMessage - this.#partialSize;
    if (to - from > room) this.#cutting = true;
    this.#keep(chunk, from, Math.min(to, from + room));
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const size = this.#partialSize + to - from;
    if (size > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(256, Math.min(2 * size, Math.max(this.#maxMessage, size))));
      this.#partial.copy(larger, 0, 0, this.#partialSize);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#partialSize, from, to);
    this.#partialSize = size;
  }
}
