/** One measured value, in the terms that OTLP (opentelemetry-proto metrics.proto) and Prometheus have in common. */
import type { Labels } from '../core/labels.ts';

export interface MetricPoint {
  /** As it is to be seen by the receiver: `node_cpu_seconds_total`. */
  readonly name: string;
  readonly labels: Labels;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Since when a sum or histogram has been counted; undefined when nobody said. */
  readonly startMs?: number;
  readonly help?: string;
  readonly unit?: string;
  readonly value: MetricValue;
}

export type MetricValue =
  | { readonly kind: 'gauge'; readonly value: number }
  /** `delta`: since the point before; otherwise since `startMs`. */
  | { readonly kind: 'sum'; readonly value: number; readonly monotonic: boolean; readonly delta?: boolean }
  /** `counts[i]` lies in (bounds[i − 1], bounds[i]]; counts has one entry more than bounds. Not cumulative. */
  | {
      readonly kind: 'histogram';
      readonly bounds: readonly number[];
      readonly counts: readonly number[];
      readonly sum: number;
      readonly count: number;
      readonly delta?: boolean;
    }
  | {
      readonly kind: 'summary';
      readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
      readonly sum: number;
      readonly count: number;
    }
  /** Prometheus' `untyped`. */
  | { readonly kind: 'unknown'; readonly value: number };
