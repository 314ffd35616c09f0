import type { LogBatch } from '../../batch.ts';
import { MetricBatch } from '../../batch.ts';
import { Receipt } from '../../receipt.ts';
import type { Stream } from '../../stream.ts';
import { KeyReader } from '../keys.ts';
import type { PickStep, StepContext, Transform } from '../step.ts';
import { Seen } from './seen.ts';
import type { DeduplicateSettings } from './settings.ts';

export const deduplicate: Transform<DeduplicateSettings> = {
  compile: (settings, context) => [new Deduplicate(settings, context)],
  explain: ({ key }) => ({
    parses: 'none',
    why: key.includes('record')
      ? 'All bytes of a record are compared; nothing is taken apart.'
      : `The bytes of ${key.join(', ')} are compared; only a value that is written with escapes is decoded.`,
  }),
};

class Deduplicate implements PickStep {
  readonly kind = 'pick';
  readonly wholeRecord: boolean;
  readonly #settings: DeduplicateSettings;
  readonly #keys: KeyReader;
  readonly #seen: Seen;
  #context: StepContext;
  #batch: LogBatch | undefined;
  #nowMs = 0;
  /** Dropped in all, and when that was last told. */
  #dropped = 0;
  readonly #startMs: number;
  #cancel: (() => void) | undefined;

  constructor(settings: DeduplicateSettings, context: StepContext) {
    this.#settings = settings;
    this.#context = context;
    this.#keys = new KeyReader(settings.key);
    this.wholeRecord = this.#keys.wholeRecord;
    this.#seen = new Seen(settings.window, settings.maxKeys);
    this.#startMs = context.clock.now();
  }

  begin(batch: LogBatch, to: number): void {
    this.#batch = batch;
    this.#nowMs = this.#context.clock.monotonicMs();
    this.#seen.expire(this.#nowMs);
    this.#keys.begin(batch, to);
  }

  keeps(bytes: Buffer, start: number, end: number, record: number): boolean {
    return this.#isNew(this.#keys.ofRecord(bytes, start, end), record);
  }

  keepsParts(parts: Parameters<PickStep['keepsParts']>[0], record: number): boolean {
    return this.#isNew(this.#keys.ofParts(parts), record);
  }

  #isNew(key: string | undefined, record: number): boolean {
    const batch = this.#batch;
    if (key === undefined || batch === undefined) return true;
    if (!this.#seen.isDuplicate(key, batch.stream.generation, batch.positionOf(record), this.#nowMs)) return true;
    this.#dropped += 1;
    return false;
  }

  end(): void {
    this.#batch = undefined;
    const { metric, window } = this.#settings;
    if (metric !== undefined && this.#dropped > 0) this.#cancel ??= this.#context.clock.after(window, () => this.#tell(metric));
  }

  #tell(metric: string): void {
    this.#cancel = undefined;
    const { clock, emit, counters } = this.#context;
    const value = { kind: 'sum', value: this.#dropped, monotonic: true } as const;
    const point = { name: metric, labels: { transform: counters.name }, timeMs: clock.now(), startMs: this.#startMs, value };
    // Cumulative: one that gets lost is made up for by the next one.
    emit(new MetricBatch(streamOf(counters.name), [point], new Receipt(() => {})));
  }

  renew(context: StepContext): void {
    this.#context = context;
  }

  close(): void {
    const { metric } = this.#settings;
    const wasDue = this.#cancel !== undefined;
    this.#cancel?.();
    if (wasDue && metric !== undefined) this.#tell(metric);
  }
}

const streamOf = (name: string): Stream => ({ source: name, generation: '0'.repeat(16), labels: {}, tags: [], format: 'json' });
