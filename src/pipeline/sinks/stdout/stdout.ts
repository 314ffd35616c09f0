/** The `stdout` sink. */
import type { Writable } from 'node:stream';
import type { Batch, LogBatch, MetricBatch } from '../../batch.ts';
import { createEncoder } from '../../encode/create-encoder.ts';
import { LineChunk } from '../../sending/line-chunk.ts';
import type { Sink, SinkContext, SinkLink } from '../../sink.ts';
import type { StdoutSettings } from './settings.ts';

/** With more than this waiting for the reader, the sink is full. */
const fullBytes = 1 << 20;

export async function createStdout(
  settings: StdoutSettings,
  context: SinkContext,
  out: Writable = process.stdout,
  /** Nobody reads any more: what a program in a pipe does then is to end. */
  end: () => void = () => void process.kill(process.pid, 'SIGTERM'),
): Promise<Sink> {
  return new StdoutSink(settings, context, out, end);
}

class StdoutSink implements Sink {
  readonly #context: SinkContext;
  readonly #encode;
  readonly #out: Writable;
  readonly #end: () => void;
  readonly #onError = (error: Error) => this.#failed(error);
  #filling = new LineChunk();
  #spare = new LineChunk();
  #writing: Promise<void> | undefined;
  #waiters: (() => void)[] = [];
  #problem: string | undefined;
  #given = false;
  #closed = false;
  #giveUp: (() => void) | undefined;

  constructor(settings: StdoutSettings, context: SinkContext, out: Writable, end: () => void) {
    this.#context = context;
    this.#encode = createEncoder(settings.encoding, { slabs: context.slabs });
    this.#out = out;
    this.#end = end;
    out.on('error', this.#onError); // without a listener the error would end the process at once
  }

  push(batch: Batch): Promise<void> | undefined {
    if (batch.kind === 'metrics') return this.#take(batch);
    const encoded = this.#encode(batch);
    return encoded instanceof Promise ? encoded.then((ready) => this.#take(ready)) : this.#take(encoded);
  }

  problem(): string | undefined {
    return this.#problem;
  }

  links(): readonly SinkLink[] {
    const reason = this.#problem;
    return [reason === undefined ? { to: 'stdout', state: this.#given ? 'up' : 'idle' } : { to: 'stdout', state: 'down', reason }];
  }

  async close(graceMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#context.clock.after(graceMs, late.resolve);
    await Promise.race([this.#writing, late.promise]);
    cancel();
    this.#closed = true;
    this.#giveUp?.();
    await this.#writing;
    this.#settle(this.#filling, false);
    this.#wake();
    this.#out.removeListener('error', this.#onError);
    this.#out.on('error', () => {}); // of a write that is still under way
  }

  #take(batch: LogBatch | MetricBatch): Promise<void> | undefined {
    const { counters } = this.#context;
    const before = { records: this.#filling.records, bytes: this.#filling.recordBytes };
    this.#filling.add(batch);
    counters.pendingRecords += this.#filling.records - before.records;
    counters.pendingBytes += this.#filling.recordBytes - before.bytes;
    if (this.#problem === undefined) this.#writing ??= this.#drain();
    return this.#problem === undefined && counters.pendingBytes < fullBytes
      ? undefined
      : new Promise((resolve) => this.#waiters.push(resolve));
  }

  async #drain(): Promise<void> {
    while (this.#filling.records > 0 && !this.#closed && this.#problem === undefined) {
      const chunk = this.#filling;
      this.#filling = this.#spare;
      this.#spare = chunk;
      const taken = await this.#write(chunk.written());
      if (taken) {
        this.#given = true;
        const { counters } = this.#context;
        counters.records += chunk.records;
        counters.bytes += chunk.recordBytes;
        counters.wireBytes += chunk.length;
        counters.requests += 1;
      }
      this.#settle(chunk, taken);
      if (this.#context.counters.pendingBytes < fullBytes && taken) this.#wake();
    }
    this.#writing = undefined;
  }

  /** Whether the system took it. */
  #write(bytes: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      this.#giveUp = () => resolve(false);
      this.#out.write(bytes, (error) => {
        if (error != null && !this.#closed) this.#failed(error);
        if (error == null) return resolve(true);
        // Nobody brings it anywhere any more: it waits for the end, so that its origin does not bring it again and again until then.
        if (this.#closed) resolve(false);
      });
    });
  }

  #failed(error: Error): void {
    if (this.#problem !== undefined || this.#closed) return;
    this.#context.counters.errors += 1;
    this.#problem = `standard output was closed by its reader (${'code' in error ? String(error.code) : error.message})`;
    this.#context.log.event('pipeline.sink.ended', { to: 'stdout' });
    this.#end();
  }

  #settle(chunk: LineChunk, delivered: boolean): void {
    const { counters } = this.#context;
    counters.pendingRecords -= chunk.records;
    counters.pendingBytes -= chunk.recordBytes;
    chunk.settle(delivered);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
