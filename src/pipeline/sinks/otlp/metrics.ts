/** A parcel of points as an ExportMetricsServiceRequest. */
import type { Labels } from '../../../core/labels.ts';
import type { MetricPoint, MetricValue } from '../../metric-point.ts';
import { Writer, wire } from '../../proto/writer.ts';
import type { MetricStore, Parcel } from '../../sending/parcel.ts';
import { runsByKey } from '../../sending/runs.ts';
import { writeStringAttribute } from './any-value.ts';
import { type Sender, writeOwnScope, writeStreamResource } from './resource.ts';

export function metricsRequest(parcel: Parcel<MetricStore>, sender: Sender): Buffer {
  const to = new Writer(parcel.bytes * 2 + 4_096);
  for (const [stream, runs] of runsByKey(parcel, (one) => one)) {
    const resourceMetrics = to.open(1, parcel.bytes);
    writeStreamResource(to, stream, sender);
    const scopeMetrics = to.open(2, parcel.bytes);
    writeOwnScope(to);
    const points = runs.flatMap(({ from, to: end }) =>
      [...parcel.rows.subarray(from, end)].flatMap((row) => parcel.store.points[row] ?? []),
    );
    for (const group of groups(points)) writeMetric(to, group);
    to.close(scopeMetrics);
    to.close(resourceMetrics);
  }
  return to.written();
}

/** Points of one metric: the same name, unit and kind. */
function groups(points: readonly MetricPoint[]): Iterable<readonly [MetricPoint, ...MetricPoint[]]> {
  const found = new Map<string, [MetricPoint, ...MetricPoint[]]>();
  for (const point of points) {
    const key = `${point.name}\0${point.unit ?? ''}\0${kindKey(point.value)}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, [point]);
    else group.push(point);
  }
  return found.values();
}

function kindKey(value: MetricValue): string {
  const delta = 'delta' in value && value.delta === true;
  return `${value.kind} ${delta} ${'monotonic' in value && value.monotonic}`;
}

/** Numbers of the fields of Metric, and of the members of its oneof. */
const dataField = { gauge: 5, unknown: 5, sum: 7, histogram: 9, summary: 11 } as const;
const temporality = { delta: 1, cumulative: 2 } as const;

function writeMetric(to: Writer, points: readonly [MetricPoint, ...MetricPoint[]]): void {
  const [{ name, help, unit, value }] = points;
  const metric = to.open(2, 256);
  to.textField(1, name);
  to.textField(2, help ?? '');
  to.textField(3, unit ?? '');
  const data = to.open(dataField[value.kind], 128);
  for (const point of points) writePoint(to, point);
  if (value.kind === 'sum' || value.kind === 'histogram')
    to.varintField(2, value.delta === true ? temporality.delta : temporality.cumulative);
  if (value.kind === 'sum') to.boolField(3, value.monotonic);
  to.close(data);
  to.close(metric);
}

function writePoint(to: Writer, point: MetricPoint): void {
  const { value, labels, startMs, timeMs } = point;
  const mark = to.open(1, 128);
  if (startMs !== undefined) to.nanosField(2, startMs);
  to.nanosField(3, timeMs);
  switch (value.kind) {
    case 'gauge':
    case 'unknown':
    case 'sum':
      to.doubleField(4, value.value);
      writeLabels(to, 7, labels);
      break;
    case 'histogram':
      to.fixed64Field(4, BigInt(Math.round(value.count)));
      to.doubleField(5, value.sum);
      writePacked(to, 6, value.counts.length, (index) => to.fixed64(BigInt(Math.round(value.counts[index] ?? 0))));
      writePacked(to, 7, value.bounds.length, (index) => to.double(value.bounds[index] ?? 0));
      writeLabels(to, 9, labels);
      break;
    case 'summary':
      to.fixed64Field(4, BigInt(Math.round(value.count)));
      to.doubleField(5, value.sum);
      for (const { quantile, value: at } of value.quantiles) {
        const one = to.open(6, 18);
        to.doubleField(1, quantile);
        to.doubleField(2, at);
        to.close(one);
      }
      writeLabels(to, 7, labels);
      break;
    default:
      value satisfies never;
  }
  to.close(mark);
}

function writeLabels(to: Writer, field: number, labels: Labels): void {
  for (const key in labels) writeStringAttribute(to, field, key, labels[key] ?? '');
}

/** Numbers of eight bytes each, one after the other. */
function writePacked(to: Writer, field: number, count: number, write: (index: number) => void): void {
  if (count === 0) return;
  to.tag(field, wire.bytes);
  to.varint(count * 8);
  for (let index = 0; index < count; index++) write(index);
}
