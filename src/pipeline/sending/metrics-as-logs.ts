/** Metric points as records of JSON, for receivers that know no metrics. */
import { LogBatch, type MetricBatch } from '../batch.ts';
import type { Stream } from '../stream.ts';
import { metricLines } from './line-copy.ts';

/**
 * Points have no position of their own: each gets a number that this run (16 hex digits) has not given yet, so that no two have the same identity. The
 * same point that comes again has another one.
 */
export function metricsAsLogs(run: string): (batch: MetricBatch) => LogBatch {
  let next = 0;
  const streams = new WeakMap<Stream, Stream>();
  const streamOf = (stream: Stream): Stream => {
    const known = streams.get(stream) ?? { ...stream, generation: run, format: 'json' };
    streams.set(stream, known);
    return known;
  };
  return ({ stream, points, receipt }) => {
    const bytes = metricLines({ points });
    const count = points.length;
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    for (let record = 0, at = 0; record < count; record++) {
      starts[record] = at;
      at = bytes.indexOf(10, at) + 1;
      ends[record] = at - 1;
    }
    return new LogBatch({
      stream: streamOf(stream),
      bytes,
      starts,
      ends,
      count,
      base: 0,
      positions: Float64Array.from({ length: count }, () => next++),
      times: Float64Array.from(points, ({ timeMs }) => timeMs),
      readAtMs: points[0]?.timeMs ?? 0,
      receipt,
    });
  };
}
