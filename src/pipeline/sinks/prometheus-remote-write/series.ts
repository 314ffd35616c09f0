/** Series and samples of a point: names and labels as Prometheus allows them, histograms and summaries as classic series. */
import type { Labels } from '../../../core/labels.ts';
import type { MetricPoint } from '../../metric-point.ts';

export interface Sample {
  /** Sorted by name, `__name__` among them, none empty: as the specification asks for. */
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  readonly timeMs: number;
}

/** Lowest priority first: of the settings, of the stream, of the point. */
export function samplesOf(point: MetricPoint, ...outer: readonly Labels[]): readonly Sample[] {
  const name = metricName(point.name);
  const labels = new Map<string, string>();
  for (const some of [...outer, point.labels]) for (const key in some) labels.set(labelName(key), some[key] ?? '');
  const sample = (suffix: string, value: number, more?: readonly [string, string]): Sample => ({
    labels: sorted(`${name}${suffix}`, labels, more),
    value,
    timeMs: Math.round(point.timeMs),
  });
  const { value } = point;
  switch (value.kind) {
    case 'gauge':
    case 'sum':
    case 'unknown':
      return [sample('', value.value)];
    case 'histogram': {
      let below = 0;
      const buckets = value.bounds.map((bound, index) => {
        below += value.counts[index] ?? 0;
        return sample('_bucket', below, ['le', numberText(bound)]);
      });
      return [...buckets, sample('_bucket', value.count, ['le', '+Inf']), sample('_sum', value.sum), sample('_count', value.count)];
    }
    case 'summary': {
      const quantiles = value.quantiles.map((one) => sample('', one.value, ['quantile', numberText(one.quantile)]));
      return [...quantiles, sample('_sum', value.sum), sample('_count', value.count)];
    }
    default:
      return value satisfies never;
  }
}

function sorted(name: string, labels: ReadonlyMap<string, string>, more?: readonly [string, string]): Sample['labels'] {
  const all = new Map(labels);
  if (more !== undefined) all.set(...more);
  all.set('__name__', name);
  // An empty label is none, and some receivers refuse it.
  return [...all].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `[a-zA-Z_:][a-zA-Z0-9_:]*` */
const metricName = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d|$)/, '_');
/** `[a-zA-Z_][a-zA-Z0-9_]*` */
const labelName = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');

/** As Prometheus writes bounds: `0.005`, `1`, `1e+06` is `1000000` here and the same to it once read. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
