/** Families → points. */
import type { Labels } from '../../core/labels.ts';
import type { MetricPoint, MetricValue } from '../metric-point.ts';
import type { Family, Sample } from './families.ts';

export interface ScrapeTime {
  readonly timeMs: number;
  /** Whether times of samples count. */
  readonly honor: boolean;
}

/** `labelsOf` joins a sample's labels with those of its target. */
export function pointsOf(families: readonly Family[], time: ScrapeTime, labelsOf: (labels: Labels) => Labels): MetricPoint[] {
  const points: MetricPoint[] = [];
  for (const family of families) {
    if (family.type === 'histogram') addGroups(points, family, time, { labelsOf, by: 'le', measured: histogram });
    else if (family.type === 'summary') addGroups(points, family, time, { labelsOf, by: 'quantile', measured: summary });
    else addPlain(points, family, time, labelsOf);
  }
  return points;
}

function about(
  family: Family,
  name: string,
  labels: Labels,
  time: ScrapeTime,
  sampleTimeMs: number | undefined,
): Omit<MetricPoint, 'value'> {
  return {
    name,
    labels,
    timeMs: time.honor && sampleTimeMs !== undefined ? sampleTimeMs : time.timeMs,
    ...(family.help === '' ? {} : { help: family.help }),
    ...(family.unit === '' ? {} : { unit: family.unit }),
  };
}

function addPlain(points: MetricPoint[], family: Family, time: ScrapeTime, labelsOf: (labels: Labels) => Labels): void {
  const isCreated = (sample: Sample) => family.type === 'counter' && sample.name !== family.name && sample.name.endsWith('_created');
  // Since when a counter counts stands beside it, in seconds.
  const created = new Map(family.samples.filter(isCreated).map((sample) => [keyOf(sample.labels), sample.value * 1_000]));
  for (const sample of family.samples) {
    if (isCreated(sample)) continue;
    const startMs = created.size === 0 ? undefined : created.get(keyOf(sample.labels));
    points.push({
      ...about(family, sample.name, labelsOf(sample.labels), time, sample.timeMs),
      ...(startMs === undefined ? {} : { startMs }),
      value: plain(family, sample.value),
    });
  }
}

function plain({ type }: Family, value: number): MetricValue {
  if (type === 'counter') return { kind: 'sum', value, monotonic: true };
  return { kind: type === 'unknown' ? 'unknown' : 'gauge', value };
}

/** Samples that make one point: those whose labels differ in nothing but `by`. */
interface Group {
  readonly labels: Labels;
  readonly parts: { readonly of: number; readonly value: number }[];
  sum: number;
  count: number | undefined;
  startMs: number | undefined;
  timeMs: number | undefined;
}

interface Grouping {
  readonly labelsOf: (labels: Labels) => Labels;
  readonly by: 'le' | 'quantile';
  readonly measured: (group: Group) => MetricValue;
}

function addGroups(points: MetricPoint[], family: Family, time: ScrapeTime, { labelsOf, by, measured }: Grouping): void {
  const groups = new Map<string, Group>();
  for (const sample of family.samples) {
    const { [by]: of, ...labels } = sample.labels;
    const key = keyOf(labels);
    const group = groups.get(key) ?? { labels, parts: [], sum: Number.NaN, count: undefined, startMs: undefined, timeMs: sample.timeMs };
    groups.set(key, group);
    const suffix = sample.name.slice(family.name.length);
    if (suffix === '_sum') group.sum = sample.value;
    else if (suffix === '_count') group.count = sample.value;
    else if (suffix === '_created') group.startMs = sample.value * 1_000;
    else if (of !== undefined) group.parts.push({ of: of === '+Inf' ? Number.POSITIVE_INFINITY : Number(of), value: sample.value });
  }
  for (const group of groups.values()) {
    points.push({
      ...about(family, family.name, labelsOf(group.labels), time, group.timeMs),
      ...(group.startMs === undefined ? {} : { startMs: group.startMs }),
      value: measured(group),
    });
  }
}

/** Buckets are exposed cumulative, and as a point they are not. */
function histogram({ parts, sum, count }: Group): MetricValue {
  const sorted = [...parts].sort((a, b) => a.of - b.of);
  const finite = sorted.filter(({ of }) => Number.isFinite(of));
  const all = sorted.at(-1)?.of === Number.POSITIVE_INFINITY ? (sorted.at(-1)?.value ?? 0) : (count ?? finite.at(-1)?.value ?? 0);
  const counts: number[] = [];
  let before = 0;
  for (const { value } of [...finite, { value: all }]) {
    counts.push(Math.max(0, value - before));
    before = Math.max(before, value);
  }
  return { kind: 'histogram', bounds: finite.map(({ of }) => of), counts, sum, count: count ?? all };
}

function summary({ parts, sum, count }: Group): MetricValue {
  return { kind: 'summary', quantiles: parts.map(({ of, value }) => ({ quantile: of, value })), sum, count: count ?? Number.NaN };
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
