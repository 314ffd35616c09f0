/** The payload of a `metrics` frame: its points as JSON. JSON has no NaN and no infinity: those numbers are written as texts. */
import type { MetricPoint, MetricValue } from '../metric-point.ts';

export function metricPayload(points: readonly MetricPoint[]): Uint8Array[] {
  // Only numbers are touched, and texts never stand where a number belongs: so they are told apart when they are read.
  const spelled = (_: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return [Buffer.from(JSON.stringify(points, spelled))];
}

export function readMetricPayload(payload: Buffer): readonly MetricPoint[] {
  // The checksum says that these are the bytes that `metricPayload` made.
  const points = JSON.parse(payload.toString('utf8')) as readonly MetricPoint[];
  return points.map((point) => ({ ...point, value: restored(point.value) }));
}

/** `Number` reads the texts "NaN", "Infinity" and "-Infinity", and leaves numbers as they are. */
function restored(value: MetricValue): MetricValue {
  switch (value.kind) {
    case 'gauge':
    case 'sum':
    case 'unknown':
      return { ...value, value: Number(value.value) };
    case 'histogram':
      return {
        ...value,
        bounds: value.bounds.map(Number),
        counts: value.counts.map(Number),
        sum: Number(value.sum),
        count: Number(value.count),
      };
    case 'summary':
      return {
        ...value,
        quantiles: value.quantiles.map((one) => ({ quantile: Number(one.quantile), value: Number(one.value) })),
        sum: Number(value.sum),
        count: Number(value.count),
      };
    default:
      return value satisfies never;
  }
}
