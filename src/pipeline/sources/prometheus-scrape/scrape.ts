/** One scrape: an answer → points, with those that say how it went. */
import type { Labels } from '../../../core/labels.ts';
import { formatOf, parseExposition } from '../../exposition/parse.ts';
import { pointsOf } from '../../exposition/points.ts';
import type { MetricPoint } from '../../metric-point.ts';
import type { Asked } from './ask.ts';
import type { Target } from './targets.ts';

/** OpenMetrics first, for it says when a counter began; then what everybody speaks. */
export const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

export interface Scraped {
  readonly points: readonly MetricPoint[];
  /** Why it failed. */
  readonly problem: string | undefined;
}

export interface ScrapeOptions {
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
}

export function scraped(target: Target, asked: Asked, startMs: number, durationMs: number, options: ScrapeOptions): Scraped {
  const parsed = asked.ok ? parseExposition(asked.text, formatOf(asked.contentType)) : undefined;
  const problem = !asked.ok ? asked.reason : parsed?.ok === false ? `line ${parsed.line}: ${parsed.reason}` : undefined;
  const own: MetricPoint[] = [
    gauge('up', 'Whether the target could be scraped.', problem === undefined ? 1 : 0),
    gauge('scrape_duration_seconds', 'How long the scrape took.', durationMs / 1_000),
    gauge('scrape_samples_scraped', 'Samples that the target exposed.', parsed?.ok === true ? parsed.samples : 0),
  ].map((point) => ({ ...point, labels: target.labels, timeMs: startMs }));
  if (parsed?.ok !== true) return { points: own, problem };
  const time = { timeMs: startMs, honor: options.honorTimestamps };
  const points = pointsOf(parsed.families, time, (labels) => joined(labels, target.labels, options.honorLabels));
  return { points: [...points, ...own], problem };
}

function gauge(name: string, help: string, value: number): MetricPoint {
  return { name, help, labels: {}, timeMs: 0, value: { kind: 'gauge', value } };
}

/** As Prometheus does with `honor_labels`. */
export function joined(sample: Labels, target: Labels, honor: boolean): Labels {
  if (honor) return { ...target, ...sample };
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(sample)) labels[Object.hasOwn(target, name) ? exported(name, sample, target) : name] = value;
  return { ...labels, ...target };
}

function exported(name: string, sample: Labels, target: Labels): string {
  let free = `exported_${name}`;
  while (Object.hasOwn(sample, free) || Object.hasOwn(target, free)) free = `exported_${free}`;
  return free;
}
