/** A record whose last part has not come: its bytes so far, and the receipts of what they were read in. */
import { Receipt } from '../receipt.ts';

/** From one read of one file. */
interface Part {
  readonly generation: string;
  readonly position: number;
  /** Index in the bytes where it begins. */
  readonly at: number;
  /** Held once. */
  readonly receipt: Receipt;
}

export interface Origin {
  readonly generation: string;
  readonly position: number;
  readonly receipt: Receipt;
}

export class Unfinished {
  #bytes = Buffer.allocUnsafe(0);
  #length = 0;
  #parts: Part[] = [];
  /** It was longer than allowed. */
  cut = false;
  /** The last part has come: it only waits for what may belong in front of it. */
  complete = false;
  /** Time of the first part, and of the last. */
  timeMs: number;
  lastMs: number;
  /** Bytes of the last part. */
  lastBytes = 0;
  /** Monotonic: when the last part came. */
  touchedMs = 0;

  constructor(timeMs: number) {
    this.timeMs = timeMs;
    this.lastMs = timeMs;
  }

  get length(): number {
    return this.#length;
  }

  get empty(): boolean {
    return this.#parts.length === 0;
  }

  /** Generation and position of its first part. */
  get first(): Origin | undefined {
    return this.#parts[0];
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Copies bytes[start, end) behind what is there, as far as `limit` allows. Holds the receipt until the record is finished. */
  add(origin: Origin, bytes: Buffer, start: number, end: number, timeMs: number, limit: number): void {
    const last = this.#parts.at(-1);
    if (last?.receipt !== origin.receipt) {
      origin.receipt.hold();
      const { generation, position, receipt } = origin;
      this.#parts.push({ generation, position, receipt, at: this.#length });
    }
    const room = limit - this.#length;
    if (end - start > room) this.cut = true;
    const taken = Math.min(end - start, room);
    this.#makeRoom(taken);
    bytes.copy(this.#bytes, this.#length, start, start + taken);
    this.#length += taken;
    this.lastBytes = end - start;
    this.lastMs = timeMs;
  }

  /** Puts another one behind it, which is empty afterwards. */
  append(other: Unfinished, limit: number): void {
    const taken = Math.min(other.#length, limit - this.#length);
    this.#makeRoom(taken);
    for (const part of other.#parts) this.#parts.push({ ...part, at: Math.min(this.#length + part.at, limit) });
    other.#bytes.copy(this.#bytes, this.#length, 0, taken);
    this.#length += taken;
    this.cut ||= other.cut || taken < other.#length;
    this.complete = other.complete;
    this.lastBytes = other.lastBytes;
    this.lastMs = other.lastMs;
    this.touchedMs = other.touchedMs;
    other.#parts = [];
    other.#length = 0;
  }

  /** What was read of a file from there on will be read again. */
  rewind(generation: string, position: number): void {
    const from = this.#parts.findIndex((part) => part.generation === generation && part.position >= position);
    const first = this.#parts[from];
    if (first === undefined) return;
    for (const part of this.#parts.splice(from)) part.receipt.release();
    this.#length = first.at;
    this.complete = false;
  }

  /** Nothing of it is wanted. */
  drop(): void {
    for (const { receipt } of this.#parts.splice(0)) receipt.release();
  }

  /** It will be read again. */
  giveBack(): void {
    for (const { receipt } of this.#parts.splice(0)) receipt.fail();
  }

  /** One receipt for all that it was read in. Afterwards it holds nothing. */
  takeReceipt(): Receipt {
    const receipts = this.#parts.splice(0).map(({ receipt }) => receipt);
    const [only] = receipts;
    if (only !== undefined && receipts.length === 1) return only;
    return new Receipt((delivered) => {
      for (const receipt of receipts)
        if (delivered) receipt.release();
        else receipt.fail();
    });
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
