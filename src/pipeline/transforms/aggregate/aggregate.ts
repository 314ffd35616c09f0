import type { LogBatch } from '../../batch.ts';
import { MetricBatch } from '../../batch.ts';
import type { Condition } from '../../conditions/condition.ts';
import { compileCondition } from '../../conditions/condition.ts';
import type { Lookup } from '../../conditions/lookup.ts';
import { lookupsWith } from '../../conditions/lookup.ts';
import { parseOperand } from '../../conditions/parse.ts';
import { numberOf, textOf } from '../../conditions/tests.ts';
import { Receipt } from '../../receipt.ts';
import type { Stream } from '../../stream.ts';
import { KeyReader } from '../keys.ts';
import type { Parts, PickStep, StepContext, Transform } from '../step.ts';
import { SeriesTable } from './series.ts';
import type { AggregateSettings, MetricSettings } from './settings.ts';

/** So many batches wait for the metric at most: then it is sent at once. */
const heldAtMost = 1_000;
/** Somebody waits for an answer until the metric is on disk. */
const pushedWaitMs = 250;

export const aggregate: Transform<AggregateSettings> = {
  compile: (settings, context) => [new Aggregate(settings, context)],
  explain: () => ({
    parses: 'none',
    why: 'The fields that are counted, or are labels, are found by their bytes; only a value that is written with escapes is decoded.',
  }),
};

/** The record that is counted: its bytes, or its fields. One serves all, so that nothing is made for each. */
class View {
  parts: Parts | undefined;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  find(lookup: Lookup): boolean {
    return this.parts === undefined ? lookup.inRecord(this.bytes, this.start, this.end) : lookup.inParts(this.parts);
  }

  holds(condition: Condition): boolean {
    return this.parts === undefined ? condition.holds(this.bytes, this.start, this.end) : condition.holdsIn(this.parts);
  }

  key(keys: KeyReader): string | undefined {
    return this.parts === undefined ? keys.ofRecord(this.bytes, this.start, this.end) : keys.ofParts(this.parts);
  }
}

class Aggregate implements PickStep {
  readonly kind = 'pick';
  readonly wholeRecord: boolean;
  readonly #settings: AggregateSettings;
  readonly #metrics: readonly Counted[];
  #context: StepContext;
  #batch: LogBatch | undefined;
  readonly #view = new View();
  #counted = false;
  #held: Receipt[] = [];
  #pushed = false;
  #cancel: (() => void) | undefined;

  constructor(settings: AggregateSettings, context: StepContext) {
    this.#settings = settings;
    this.#context = context;
    const nowMs = context.clock.now();
    this.#metrics = settings.metrics.map(
      (metric) => new Counted(metric, new SeriesTable(metric, settings.maxSeries, settings.temporality === 'delta', nowMs)),
    );
    this.wholeRecord = this.#metrics.some((metric) => metric.wholeRecord);
  }

  begin(batch: LogBatch, to: number): void {
    this.#batch = batch;
    this.#counted = false;
    for (const metric of this.#metrics) metric.begin(batch, to);
  }

  keeps(bytes: Buffer, start: number, end: number): boolean {
    this.#view.bytes = bytes;
    this.#view.start = start;
    this.#view.end = end;
    return this.#count();
  }

  keepsParts(parts: Parts): boolean {
    this.#view.parts = parts;
    const keeps = this.#count();
    this.#view.parts = undefined;
    return keeps;
  }

  #count(): boolean {
    for (const metric of this.#metrics) {
      const outcome = metric.count(this.#view);
      if (outcome === 'no number') this.#context.counters.errors += 1;
      if (outcome === 'counted' || outcome === 'full') this.#counted = true;
      if (outcome === 'full') this.#sayFull(metric.name);
    }
    return this.#settings.keepRecords;
  }

  #sayFull(metric: string): void {
    const { log, counters } = this.#context;
    log.event('pipeline.transforms.series-limit', { transform: counters.name, metric, limit: this.#settings.maxSeries });
  }

  end(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined || !this.#counted) return;
    batch.receipt.hold();
    this.#held.push(batch.receipt);
    const hurry = batch.stream.pushed === true && !this.#pushed;
    if (batch.stream.pushed === true) this.#pushed = true;
    if (hurry) this.#cancel?.();
    if (this.#held.length >= heldAtMost) this.#send();
    else if (hurry || this.#cancel === undefined) {
      const waitMs = hurry ? Math.min(pushedWaitMs, this.#settings.every) : this.#settings.every;
      this.#cancel = this.#context.clock.after(waitMs, () => this.#send());
    }
  }

  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { clock, counters, emit } = this.#context;
    const nowMs = clock.now();
    const points = this.#metrics.flatMap((metric) => metric.series.take(nowMs));
    const held = this.#held;
    this.#held = [];
    const pushed = this.#pushed;
    this.#pushed = false;
    if (held.length === 0) return;
    const receipt = new Receipt((delivered) => {
      for (const one of held) {
        if (delivered) one.release();
        else one.fail();
      }
    });
    emit(new MetricBatch(streamOf(counters.name, pushed), points, receipt));
  }

  renew(context: StepContext): void {
    this.#context = context;
  }

  close(): void {
    this.#send();
  }
}

const streamOf = (name: string, pushed: boolean): Stream => ({
  ...{ source: name, generation: '0'.repeat(16), labels: {}, tags: [], format: 'json' },
  ...(pushed ? { pushed } : {}),
});

class Counted {
  readonly name: string;
  readonly series: SeriesTable;
  readonly #when: Condition | undefined;
  readonly #number: Lookup | undefined;
  readonly #labels: readonly Lookup[];
  readonly #keys: KeyReader;

  constructor({ name, field, when, labels }: MetricSettings, series: SeriesTable) {
    const lookups = lookupsWith();
    const lookupOf = (text: string): Lookup => {
      const read = parseOperand(text);
      if (!read.ok) throw new Error(`${text} is no field: ${read.problem}`);
      return lookups(read.value);
    };
    this.name = name;
    this.series = series;
    this.#when = when === undefined ? undefined : compileCondition(when);
    this.#number = field === undefined ? undefined : lookupOf(field);
    this.#labels = Object.values(labels).map(lookupOf);
    this.#keys = new KeyReader(Object.values(labels));
  }

  get wholeRecord(): boolean {
    return this.#keys.wholeRecord || this.#when?.wholeRecord === true;
  }

  begin(batch: LogBatch, to: number): void {
    this.#when?.begin(batch.stream, batch.bytes, to);
    this.#number?.begin(batch.stream, batch.bytes, to);
    for (const label of this.#labels) label.begin(batch.stream, batch.bytes, to);
    this.#keys.begin(batch, to);
  }

  count(view: View): 'counted' | 'full' | 'not meant' | 'no number' {
    if (this.#when !== undefined && !view.holds(this.#when)) return 'not meant';
    const number = this.#number === undefined ? 1 : view.find(this.#number) ? asNumber(this.#number) : Number.NaN;
    if (Number.isNaN(number)) return 'no number';
    const key = this.#labels.length === 0 ? '' : (view.key(this.#keys) ?? '');
    if (this.series.add(key, number)) return 'counted';
    const values = this.#labels.map((label) => (view.find(label) ? labelText(label) : ''));
    if (this.series.addTo(key, values, number)) return 'full';
    return 'counted';
  }
}

function asNumber(value: Lookup): number {
  const number = numberOf(value);
  if (!Number.isNaN(number)) return number;
  const text = textOf(value);
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text);
}

/** A text as it is, anything else as it is written. */
const labelText = (value: Lookup): string => (textOf(value) ?? value.bytes.toString('utf8', value.start, value.end)).slice(0, 256);
