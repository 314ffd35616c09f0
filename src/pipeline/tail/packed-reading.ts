import { LogBatch } from '../batch.ts';
import type { Flush } from '../framing/framer.ts';
import { slabRecords } from '../slab.ts';
import { markBytes, markOf } from './identity.ts';
import type { PackedParts } from './packed-files.ts';
import type { Known, TailedFile } from './tailed-file.ts';

/** Enough for a batch to be worth its costs. */
const batchBytes = 256 << 10;

/** Makes batches of the unpacked bytes of one file, from its cursor on. */
export class PackedReading {
  readonly #file: TailedFile;
  readonly #known: Known;
  readonly #parts: PackedParts;
  readonly #starts = new Uint32Array(slabRecords);
  readonly #ends = new Uint32Array(slabRecords);
  #rest = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #skipping: boolean;
  /** It was rewound, or has to stop: what comes is not for here. */
  interrupted = false;

  constructor(file: TailedFile, known: Known, parts: PackedParts) {
    this.#file = file;
    this.#known = known;
    this.#parts = parts;
    const { cutAt } = known.cursor.note;
    this.#skipping = typeof cutAt === 'number' && cutAt < known.cursor.read;
    file.at = known.cursor.read;
  }

  /** Bytes at an offset of the unpacked file. False: stop. */
  async take(bytes: Buffer, offset: number): Promise<boolean> {
    const from = this.#file.at + this.#rest.length + this.#waitingBytes - offset;
    if (from >= bytes.length) return !this.interrupted;
    this.#waiting.push(bytes.subarray(Math.max(0, from)));
    this.#waitingBytes += bytes.length - Math.max(0, from);
    return this.#waitingBytes < batchBytes || (await this.#work('none'));
  }

  /** There is no more. */
  end(): Promise<boolean> {
    return this.#work('rest');
  }

  async #work(flush: Flush): Promise<boolean> {
    let bytes = Buffer.concat([this.#rest, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    while (bytes.length > 0) {
      // A receipt failed: it has to begin again further in front.
      this.interrupted ||= this.#known.cursor.read !== this.#file.at;
      if (this.interrupted) return false;
      const consumed = this.#skipping ? this.#skip(bytes) : this.#frame(bytes, flush);
      if (consumed === 0) break;
      bytes = bytes.subarray(consumed);
      this.#parts.outbox.flush();
      this.interrupted ||= !(await this.#parts.outbox.room());
    }
    // What follows may be long in coming: what is left must not hold the bytes of a whole batch.
    this.#rest = Buffer.from(bytes);
    return true;
  }

  /** How many bytes it is done with. */
  #frame(bytes: Buffer, flush: Flush): number {
    const { framer, maxLineBytes } = this.#parts.settings;
    const area = { bytes, starts: this.#starts, ends: this.#ends };
    const { count, consumed } = framer.frame(area, 0, bytes.length, flush);
    if (count === 0 && bytes.length < maxLineBytes + framer.delimiterBytes) return 0;
    if (count > 0) return this.#emit(bytes, count, consumed);
    this.#starts[0] = 0;
    this.#ends[0] = maxLineBytes & ~1;
    this.#skipping = true;
    this.#file.annotate({ cutAt: this.#file.at });
    this.#parts.context.counters.cutRecords += 1;
    return this.#emit(bytes, 1, maxLineBytes & ~1);
  }

  #emit(bytes: Buffer, count: number, consumed: number): number {
    const { stream, at } = this.#file;
    const { clock, counters } = this.#parts.context;
    if (stream === undefined) return 0;
    const starts = this.#starts.slice(0, count);
    const ends = this.#ends.slice(0, count);
    const { maxLineBytes } = this.#parts.settings;
    for (let record = 0; record < count; record++) {
      const start = starts[record] ?? 0;
      if ((ends[record] ?? 0) - start > maxLineBytes) {
        ends[record] = start + maxLineBytes;
        counters.cutRecords += 1;
      }
      counters.bytes += (ends[record] ?? 0) - start;
    }
    counters.records += count;
    const receipt = this.#known.cursor.take(at, at + consumed, markOf(bytes, consumed, Math.min(markBytes, consumed)));
    this.#file.at = at + consumed;
    this.#parts.outbox.put(new LogBatch({ stream, bytes, starts, ends, count, base: at, readAtMs: clock.now(), receipt }), this.#file);
    return consumed;
  }

  #skip(bytes: Buffer): number {
    const { framer } = this.#parts.settings;
    const found = framer.skip(bytes, 0, bytes.length);
    const passed = found === -1 ? Math.max(0, bytes.length - framer.delimiterBytes + 1) & ~1 : found;
    const { at } = this.#file;
    if (passed > 0) this.#known.cursor.take(at, at + passed, markOf(bytes, passed, Math.min(markBytes, passed))).release();
    this.#file.at = at + passed;
    if (found !== -1) {
      this.#skipping = false;
      this.#file.annotate({ cutAt: undefined });
    }
    return passed;
  }
}
