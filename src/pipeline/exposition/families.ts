/** What an exposition says, before it becomes points. */
import type { Labels } from '../../core/labels.ts';

export const familyTypes = ['counter', 'gauge', 'histogram', 'summary', 'unknown', 'info', 'stateset', 'gaugehistogram'] as const;
export type FamilyType = (typeof familyTypes)[number];

export interface Sample {
  /** With its suffix. */
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly timeMs: number | undefined;
}

export interface Family {
  readonly name: string;
  type: FamilyType;
  help: string;
  unit: string;
  readonly samples: Sample[];
}

/** Suffixes of the samples of a family (OpenMetrics 1.0, "MetricFamily"; the text format has the same ones for histogram and summary). */
export const suffixes: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['_sum', '_count', '_created'],
  unknown: [],
  info: ['_info'],
  stateset: [],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
};
