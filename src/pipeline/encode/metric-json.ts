/** A metric point as one line of JSON, for receivers that know no metrics: files, HTTP, Elasticsearch, Loki, Kafka. */
import type { MetricPoint, MetricValue } from '../metric-point.ts';

/**
 * `{"name":…,"labels":{…},"time":"2026-…Z","kind":"gauge","value":1}`; no line break. JSON has no infinite numbers and no NaN: they are
 * written as the strings `+Inf`, `-Inf` and `NaN`, as Prometheus does.
 */
export function metricJson(point: MetricPoint): string {
  return JSON.stringify({
    name: point.name,
    labels: point.labels,
    time: isoTime(point.timeMs),
    ...(point.startMs === undefined ? {} : { start: isoTime(point.startMs) }),
    ...(point.unit === undefined || point.unit === '' ? {} : { unit: point.unit }),
    ...valueFields(point.value),
  });
}

function valueFields(value: MetricValue): Readonly<Record<string, unknown>> {
  switch (value.kind) {
    case 'gauge':
    case 'unknown':
      return { kind: value.kind, value: jsonNumber(value.value) };
    case 'sum':
      return { kind: value.kind, value: jsonNumber(value.value), monotonic: value.monotonic, ...delta(value.delta) };
    case 'histogram':
      return {
        kind: value.kind,
        bounds: value.bounds.map(jsonNumber),
        counts: value.counts.map(jsonNumber),
        sum: jsonNumber(value.sum),
        count: jsonNumber(value.count),
        ...delta(value.delta),
      };
    case 'summary':
      return {
        kind: value.kind,
        quantiles: value.quantiles.map((one) => ({ quantile: jsonNumber(one.quantile), value: jsonNumber(one.value) })),
        sum: jsonNumber(value.sum),
        count: jsonNumber(value.count),
      };
    default:
      return value satisfies never;
  }
}

const delta = (yes: boolean | undefined) => (yes === true ? { delta: true } : {});

function jsonNumber(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** A clock that is far off must not end the process: what is no date is given as the number that it is. */
function isoTime(ms: number): string | number {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? jsonNumber(ms) : date.toISOString();
}
