/** OTLP's metrics → points. */
import type { Labels } from '../../../core/labels.ts';
import type { MetricPoint, MetricValue } from '../../metric-point.ts';
import {
  AggregationTemporality,
  type AnyValue,
  DataPointFlags,
  type ExponentialHistogramDataPoint,
  type ExportMetricsServiceRequest,
  type HistogramDataPoint,
  type InstrumentationScope,
  type KeyValue,
  type Metric,
  type NumberDataPoint,
  type SummaryDataPoint,
} from '../../proto/otlp.ts';
import { anyValue } from './json-text.ts';

export interface Points {
  readonly points: readonly MetricPoint[];
  /** Metrics of a kind that nobody knows yet. */
  readonly rejected: number;
}

export function pointsOf(request: ExportMetricsServiceRequest): Points {
  const points: MetricPoint[] = [];
  let rejected = 0;
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const ofResource = labelsOf(resource?.attributes ?? []);
    for (const { scope, metrics } of scopeMetrics) {
      const around = { ...ofResource, ...scopeLabels(scope) };
      for (const metric of metrics) {
        if (metric.data.case === undefined) rejected += 1;
        else addMetric(points, metric, around);
      }
    }
  }
  return { points, rejected };
}

/** As OpenTelemetry's specification of compatibility with Prometheus names them. */
function scopeLabels(scope: InstrumentationScope | undefined): Labels {
  const labels: Record<string, string> = {};
  if (scope === undefined) return labels;
  if (scope.name !== '') labels.otel_scope_name = scope.name;
  if (scope.version !== '') labels.otel_scope_version = scope.version;
  return labels;
}

function labelsOf(attributes: readonly KeyValue[]): Labels {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value === undefined ? '' : plainText(value)]));
}

function plainText(any: AnyValue): string {
  const { value } = any;
  switch (value.case) {
    case 'stringValue':
      return value.value;
    case 'boolValue':
    case 'intValue':
    case 'doubleValue':
      return String(value.value);
    case undefined:
      return '';
    default:
      return anyValue(any);
  }
}

interface Point {
  readonly attributes: readonly KeyValue[];
  readonly timeUnixNano: bigint;
  readonly startTimeUnixNano: bigint;
  readonly flags: number;
}

function addMetric(points: MetricPoint[], metric: Metric, around: Labels): void {
  const add = <P extends Point>(dataPoints: readonly P[], measured: (point: P) => MetricValue) => {
    for (const point of dataPoints) {
      // "No recorded value" says that a series ended: there is nothing to pass on.
      if ((point.flags & DataPointFlags.NO_RECORDED_VALUE_MASK) !== 0) continue;
      points.push({ ...about(metric, around, point), value: measured(point) });
    }
  };
  const { data } = metric;
  switch (data.case) {
    case 'gauge':
      return add(data.value.dataPoints, (point) => ({ kind: 'gauge', value: numberOf(point) }));
    case 'sum': {
      const { isMonotonic: monotonic, aggregationTemporality } = data.value;
      return add(data.value.dataPoints, (point) => ({ kind: 'sum', value: numberOf(point), monotonic, ...delta(aggregationTemporality) }));
    }
    case 'histogram': {
      const { aggregationTemporality } = data.value;
      return add(data.value.dataPoints, (point) => ({ ...histogram(point), ...delta(aggregationTemporality) }));
    }
    case 'exponentialHistogram': {
      const { aggregationTemporality } = data.value;
      return add(data.value.dataPoints, (point) => ({ ...fromExponential(point), ...delta(aggregationTemporality) }));
    }
    case 'summary':
      return add(data.value.dataPoints, summary);
    case undefined:
      return;
    default:
      return data satisfies never;
  }
}

function about(metric: Metric, around: Labels, point: Point): Omit<MetricPoint, 'value'> {
  return {
    name: metric.name,
    labels: { ...around, ...labelsOf(point.attributes) },
    timeMs: milliseconds(point.timeUnixNano),
    ...(point.startTimeUnixNano === 0n ? {} : { startMs: milliseconds(point.startTimeUnixNano) }),
    ...(metric.description === '' ? {} : { help: metric.description }),
    ...(metric.unit === '' ? {} : { unit: metric.unit }),
  };
}

/** A number holds milliseconds and a fraction, not nanoseconds since 1970. */
export const milliseconds = (nanos: bigint): number => Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;

const delta = (temporality: AggregationTemporality): { readonly delta?: boolean } =>
  temporality === AggregationTemporality.DELTA ? { delta: true } : {};

const numberOf = (point: NumberDataPoint): number => (point.value.case === undefined ? 0 : Number(point.value.value));

function histogram(point: HistogramDataPoint): MetricValue & { kind: 'histogram' } {
  const count = Number(point.count);
  // Without buckets there is one, for everything.
  const counts = point.bucketCounts.length === 0 ? [count] : point.bucketCounts.map(Number);
  const bounds = point.bucketCounts.length === 0 ? [] : point.explicitBounds;
  return { kind: 'histogram', bounds, counts, sum: point.sum ?? 0, count };
}

/**
 * Buckets with the bounds that base and scale give (metrics.proto, ExponentialHistogramDataPoint). Which of two neighbours holds a value that is exactly a bound
 * differs for negative values; no receiver can see that.
 */
export function fromExponential(point: ExponentialHistogramDataPoint): MetricValue & { kind: 'histogram' } {
  const bound = (index: number) => 2 ** (index * 2 ** -point.scale);
  const bounds: number[] = [];
  const counts: number[] = [];
  const negative = point.negative?.bucketCounts ?? [];
  const positive = point.positive?.bucketCounts ?? [];
  const [negativeOffset, positiveOffset] = [point.negative?.offset ?? 0, point.positive?.offset ?? 0];
  const push = (upper: number, count: number) => {
    // A bound beyond the numbers that there are closes nothing: its bucket is the last, open one.
    if (Number.isFinite(upper) && (bounds.length === 0 || upper > (bounds.at(-1) ?? 0))) {
      bounds.push(upper);
      counts.push(count);
    } else if (counts.length > 0) counts[counts.length - 1] = (counts.at(-1) ?? 0) + count;
  };
  if (negative.length > 0) push(-bound(negativeOffset + negative.length), 0);
  for (let index = negative.length - 1; index >= 0; index--) push(-bound(negativeOffset + index), Number(negative[index] ?? 0n));
  push(positive.length > 0 ? bound(positiveOffset) : point.zeroThreshold, Number(point.zeroCount));
  for (const [index, count] of positive.entries()) push(bound(positiveOffset + index + 1), Number(count));
  return { kind: 'histogram', bounds, counts: [...counts, 0], sum: point.sum ?? 0, count: Number(point.count) };
}

function summary(point: SummaryDataPoint): MetricValue {
  const quantiles = point.quantileValues.map(({ quantile, value }) => ({ quantile, value }));
  return { kind: 'summary', quantiles, sum: point.sum, count: Number(point.count) };
}
