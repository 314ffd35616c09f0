/** The values of one metric, by the values of its labels. */
import type { Labels } from '../../../core/labels.ts';
import type { MetricPoint, MetricValue } from '../../metric-point.ts';
import type { MetricSettings } from './settings.ts';

interface Series {
  readonly labels: Labels;
  count: number;
  sum: number;
  readonly counts: number[];
  /** Has changed since it was sent. */
  fresh: boolean;
}

export class SeriesTable {
  readonly #settings: MetricSettings;
  readonly #names: readonly string[];
  readonly #maxSeries: number;
  readonly #delta: boolean;
  readonly #series = new Map<string, Series>();
  #startMs: number;
  #full = false;

  constructor(settings: MetricSettings, maxSeries: number, delta: boolean, nowMs: number) {
    this.#settings = settings;
    this.#names = Object.keys(settings.labels);
    this.#maxSeries = maxSeries;
    this.#delta = delta;
    this.#startMs = nowMs;
  }

  /** False: this combination of label values, of which `key` is one name, is not there yet. */
  add(key: string, number: number): boolean {
    const series = this.#series.get(key);
    if (series !== undefined) this.#count(series, number);
    return series !== undefined;
  }

  /** `values` in the order of the settings. Beyond the limit all new combinations are one; true when that is so for the first time. */
  addTo(key: string, values: readonly string[], number: number): boolean {
    if (this.#series.size < this.#maxSeries || this.#names.length === 0) this.#count(this.#put(key, values), number);
    else if (!this.add(otherKey, number)) {
      const others = this.#names.map(() => 'other');
      this.#count(this.#put(otherKey, others), number);
      const first = !this.#full;
      this.#full = true;
      return first;
    }
    return false;
  }

  #count(series: Series, number: number): void {
    series.fresh = true;
    series.count += 1;
    series.sum += number;
    if (this.#settings.kind !== 'histogram') return;
    const { buckets } = this.#settings;
    let bucket = 0;
    while (bucket < buckets.length && number > (buckets[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  }

  #put(key: string, values: readonly string[]): Series {
    const { kind, buckets } = this.#settings;
    const counts = kind === 'histogram' ? [...buckets, 0].map(() => 0) : [];
    const labels = Object.fromEntries(this.#names.map((name, index) => [name, values[index] ?? '']));
    const series: Series = { labels, count: 0, sum: 0, counts, fresh: false };
    this.#series.set(key, series);
    return series;
  }

  /** What has changed. Deltas begin anew. */
  take(nowMs: number): readonly MetricPoint[] {
    const { name, help, unit } = this.#settings;
    const points = [...this.#series.values()]
      .filter(({ fresh }) => fresh)
      .map((series) => ({
        ...{ name, labels: series.labels, timeMs: nowMs, startMs: this.#startMs, value: this.#valueOf(series) },
        ...(help === '' ? {} : { help }),
        ...(unit === '' ? {} : { unit }),
      }));
    if (this.#delta) {
      this.#series.clear();
      this.#startMs = nowMs;
    } else for (const series of this.#series.values()) series.fresh = false;
    return points;
  }

  #valueOf({ count, sum, counts }: Series): MetricValue {
    const { kind, buckets } = this.#settings;
    const delta = this.#delta ? { delta: true } : {};
    if (kind === 'histogram') return { kind, bounds: buckets, counts: [...counts], sum, count, ...delta };
    // A sum of numbers may fall; how many there were never does.
    return { kind: 'sum', value: kind === 'count' ? count : sum, monotonic: kind === 'count', ...delta };
  }
}

/** No combination has this key: those begin with a length. */
const otherKey = 'other';
