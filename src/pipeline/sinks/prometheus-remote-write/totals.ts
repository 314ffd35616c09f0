/** Running totals of what is counted since the point before (OTLP's delta temporality): remote write knows only totals. */
import type { MetricPoint, MetricValue } from '../../metric-point.ts';

type Counted = Extract<MetricValue, { readonly kind: 'sum' | 'histogram' }>;

/** Gives a point with its total; undefined for a series beyond the limit. Points that are totals already pass as they are. */
export function createTotals(limit: number): (point: MetricPoint, scope: string) => MetricPoint | undefined {
  const totals = new Map<string, Counted>();
  return (point, scope) => {
    const { value } = point;
    if ((value.kind !== 'sum' && value.kind !== 'histogram') || value.delta !== true) return point;
    const key = `${scope}\0${point.name}\0${Object.entries(point.labels).sort().flat().join('\0')}`;
    const before = totals.get(key);
    if (before === undefined && totals.size >= limit) return undefined;
    const total = added(before, value);
    totals.set(key, total);
    return { ...point, value: total };
  };
}

function added(before: Counted | undefined, value: Counted): Counted {
  if (value.kind === 'sum') {
    const sum = before?.kind === 'sum' ? before.value : 0;
    return { kind: 'sum', monotonic: value.monotonic, value: sum + value.value };
  }
  // Other bounds are another histogram: counts of different buckets cannot be added.
  const same =
    before?.kind === 'histogram' &&
    before.bounds.length === value.bounds.length &&
    before.bounds.every((one, at) => one === value.bounds[at]);
  return {
    kind: 'histogram',
    bounds: value.bounds,
    counts: value.counts.map((count, index) => count + (same ? (before.counts[index] ?? 0) : 0)),
    sum: value.sum + (same ? before.sum : 0),
    count: value.count + (same ? before.count : 0),
  };
}
