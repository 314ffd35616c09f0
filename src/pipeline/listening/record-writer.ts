/**
 * Records of a source that nobody waits for (syslog, standard input): written one after the other into a slab, pushed when it is full or
 * after a moment. What was given up on the way is pushed again, because its sender has forgotten it.
 */
import { LogBatch, type LogColumns } from '../batch.ts';
import { Receipt } from '../receipt.ts';
import { type Slab, slabBytes, slabRecords } from '../slab.ts';
import type { SourceContext } from '../source.ts';
import type { Stream } from '../stream.ts';
import { JsonWriter } from './json-writer.ts';
import type { Outflow } from './outflow.ts';

/** How long the first record of a slab waits for company: a twentieth of the time in which a person notices, and many records under load. */
const lingerMs = 5;
/** Slabs that were pushed and are not safe yet. Slabs are shared by the whole agent, so a source keeps few. */
const maxInFlight = 3;

export class RecordWriter {
  readonly json = new JsonWriter();
  readonly #context: SourceContext;
  readonly #outflow: Outflow;
  readonly #stream: Stream;
  readonly #times = new Float64Array(slabRecords);
  #slab: Slab | undefined;
  #count = 0;
  #start = 0;
  #base = 0;
  #firstAtMs = 0;
  #inFlight = 0;
  #closed = false;
  #cancelLinger = () => {};
  #settled: (() => void)[] = [];

  constructor(context: SourceContext, outflow: Outflow, stream: Stream) {
    this.#context = context;
    this.#outflow = outflow;
    this.#stream = stream;
  }

  /** Whether a record of at most so many bytes (not more than a slab) may be written now. If not, wait for `ready` and ask again. */
  room(bytes: number): boolean {
    if (this.#slab !== undefined) {
      if (this.json.at + bytes <= slabBytes && this.#count < slabRecords) return true;
      if (this.#outflow.full !== undefined) return false;
      this.flush();
    }
    if (this.#inFlight >= maxInFlight) return false;
    this.#slab = this.#context.slabs.take();
    if (this.#slab === undefined) return false;
    this.json.bytes = this.#slab.bytes;
    this.json.at = 0;
    this.#start = 0;
    return true;
  }

  /** Resolves when it is worth asking again. */
  ready(): Promise<void> {
    if (this.#outflow.full !== undefined) return this.#outflow.full;
    if (this.#inFlight >= maxInFlight) return new Promise((resolve) => this.#settled.push(resolve));
    return this.#context.slabs.available();
  }

  /** What was written since the record before is one record. `timeMs` is NaN when it has no time. */
  end(timeMs: number): void {
    const slab = this.#slab;
    if (slab === undefined) throw new Error('a record was written without room');
    slab.starts[this.#count] = this.#start;
    slab.ends[this.#count] = this.json.at;
    this.#times[this.#count] = timeMs;
    this.#start = this.json.at;
    this.#count += 1;
    if (this.#count > 1) return;
    this.#firstAtMs = this.#context.clock.now();
    this.#cancelLinger = this.#context.clock.after(lingerMs, () => this.#flushSoon());
  }

  /** Nothing of the record that was begun stays. */
  undo(): void {
    this.json.at = this.#start;
  }

  /** Pushes what there is. Only while the outflow is not full. */
  flush(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    this.#cancelLinger();
    this.#slab = undefined;
    if (this.#count === 0) return slab.release();
    const columns = {
      stream: this.#stream,
      bytes: slab.bytes,
      starts: slab.starts,
      ends: slab.ends,
      count: this.#count,
      base: this.#base,
      times: this.#times.slice(0, this.#count),
      readAtMs: this.#firstAtMs,
      slab,
    };
    this.#base += this.json.at;
    this.#count = 0;
    this.#inFlight += 1;
    slab.hold(); // for pushing it again; let go of when it is safe
    this.#outflow.send(this.#batch(columns));
  }

  /** Resolves when everything was pushed. */
  async close(): Promise<void> {
    while (this.#outflow.full !== undefined) await this.#outflow.full;
    this.flush();
    this.#closed = true;
  }

  /** Resolves when everything that was pushed is safe. */
  async allSettled(): Promise<void> {
    while (this.#inFlight > 0) await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  #flushSoon(): void {
    const full = this.#outflow.full;
    if (full === undefined) this.flush();
    else void full.then(() => this.#flushSoon());
  }

  #batch(columns: Omit<LogColumns, 'receipt'>): LogBatch {
    return new LogBatch({ ...columns, receipt: new Receipt((delivered) => this.#settle(columns, delivered)) });
  }

  #settle(columns: Omit<LogColumns, 'receipt'>, delivered: boolean): void {
    if (!delivered && !this.#closed) {
      columns.slab?.hold();
      void this.#outflow.sendWhenRoom(this.#batch(columns));
      return;
    }
    if (!delivered) this.#lost(columns.count, (columns.ends[columns.count - 1] ?? 0) - (columns.starts[0] ?? 0));
    columns.slab?.release();
    this.#inFlight -= 1;
    for (const wake of this.#settled.splice(0)) wake();
  }

  /** Nobody can bring these again: the source is closed, and so is what would have kept them. */
  #lost(records: number, bytes: number): void {
    this.#context.counters.lostBytes += bytes;
    this.#context.log.event('pipeline.source.lost', { records, bytes });
  }
}
