/** Records of one request: cut into batches that share one receipt, so that its client is answered when all of them are safe. */
import { LogBatch } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import { type Slab, slabBytes, slabRecords } from '../slab.ts';
import type { SourceContext } from '../source.ts';
import type { Stream } from '../stream.ts';
import { JsonWriter } from './json-writer.ts';
import type { Outflow } from './outflow.ts';

/** A promise of what became of a request, and the receipt that its batches share. */
export function requestReceipt(): { readonly receipt: Receipt; readonly delivered: Promise<boolean> } {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  return { receipt: new Receipt(resolve), delivered: promise };
}

/** One at a time of a source; between `open` and `finish` (or `abandon`) the others wait. */
export class RequestWriter {
  readonly json = new JsonWriter();
  readonly #context: SourceContext;
  readonly #outflow: Outflow;
  readonly #receipt: Receipt;
  readonly #times = new Float64Array(slabRecords);
  readonly #readAtMs: number;
  #stream: Stream;
  #base: number;
  #slab: Slab | undefined;
  /** A record that is larger than a slab lies alone on the heap. */
  #large: Buffer | undefined;
  #start = 0;
  #count = 0;

  private constructor(context: SourceContext, outflow: Outflow, stream: Stream, receipt: Receipt) {
    this.#context = context;
    this.#outflow = outflow;
    this.#stream = stream;
    this.#receipt = receipt;
    this.#base = outflow.position;
    this.#readAtMs = context.clock.now();
  }

  /** Takes over one hold of the receipt. */
  static async open(context: SourceContext, outflow: Outflow, stream: Stream, receipt: Receipt): Promise<RequestWriter> {
    await outflow.turns.take();
    return new RequestWriter(context, outflow, stream, receipt);
  }

  /** Makes room for one record of at most so many bytes; a promise when that takes a while. */
  room(bytes: number): Promise<void> | undefined {
    if (this.#slab !== undefined && this.json.at + bytes <= slabBytes && this.#count < slabRecords) return undefined;
    return this.#makeRoom(bytes);
  }

  end(timeMs: number): void {
    if (this.#large !== undefined) return; // pushed by the next room() or finish()
    const slab = this.#slab;
    if (slab === undefined) throw new Error('a record was written without room');
    slab.starts[this.#count] = this.#start;
    slab.ends[this.#count] = this.json.at;
    this.#times[this.#count] = timeMs;
    this.#start = this.json.at;
    this.#count += 1;
  }

  /** Records that follow belong to another stream. */
  async become(stream: Stream): Promise<void> {
    await this.#push();
    this.#stream = stream;
  }

  /** Pushes the rest and lets go of its hold of the receipt. */
  async finish(): Promise<void> {
    await this.#push();
    this.#end();
    this.#receipt.release();
  }

  /** What was written and not pushed is given up, and the receipt fails: the client will bring all of it again. */
  abandon(): void {
    this.#slab?.release();
    this.#slab = undefined;
    this.#end();
    this.#receipt.fail();
  }

  #end(): void {
    this.#outflow.position = this.#base;
    this.#outflow.turns.give();
  }

  async #makeRoom(bytes: number): Promise<void> {
    await this.#push();
    this.#start = 0;
    this.json.at = 0;
    if (bytes > slabBytes) {
      this.#large = Buffer.allocUnsafeSlow(bytes);
      this.json.bytes = this.#large;
      return;
    }
    for (;;) {
      this.#slab = this.#context.slabs.take();
      if (this.#slab !== undefined) break;
      await this.#context.slabs.available();
    }
    this.json.bytes = this.#slab.bytes;
  }

  async #push(): Promise<void> {
    while (this.#outflow.full !== undefined) await this.#outflow.full;
    const written = this.json.at;
    const batch = this.#large === undefined ? this.#ofSlab() : this.#ofLarge(this.#large);
    this.#slab = undefined;
    this.#large = undefined;
    this.#count = 0;
    this.json.at = 0;
    if (batch === undefined) return;
    this.#base += written;
    this.#receipt.hold();
    this.#outflow.send(batch);
  }

  #ofSlab(): LogBatch | undefined {
    const slab = this.#slab;
    if (slab === undefined) return undefined;
    if (this.#count === 0) {
      slab.release();
      return undefined;
    }
    const { bytes, starts, ends } = slab;
    const times = this.#times.slice(0, this.#count);
    return new LogBatch({ ...this.#shared(), bytes, starts, ends, count: this.#count, times, slab });
  }

  #ofLarge(large: Buffer): LogBatch | undefined {
    if (this.json.at === 0) return undefined;
    // Copied to its size: the room was for the worst case.
    const bytes = Buffer.from(large.subarray(0, this.json.at));
    return new LogBatch({ ...this.#shared(), bytes, starts: Uint32Array.of(0), ends: Uint32Array.of(bytes.length), count: 1 });
  }

  #shared() {
    return { stream: this.#stream, base: this.#base, readAtMs: this.#readAtMs, receipt: this.#receipt };
  }
}
