/** The `prometheus-remote-write` sink. */
import { type Batch, type LogBatch, MetricBatch } from '../../batch.ts';
import type { DeadLetter } from '../../dead-letters/dead-letters.ts';
import { metricJson } from '../../encode/metric-json.ts';
import { httpOutcome } from '../../sending/http-client.ts';
import { createHttpSink } from '../../sending/http-sink.ts';
import type { MetricStore, Parcel } from '../../sending/parcel.ts';
import { snappy } from '../../sending/snappy.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { samplesOf } from './series.ts';
import type { PrometheusRemoteWriteSettings } from './settings.ts';
import { createTotals } from './totals.ts';
import { writeRequest } from './write-request.ts';

export async function createPrometheusRemoteWrite(settings: PrometheusRemoteWriteSettings, context: SinkContext): Promise<Sink> {
  const totals = createTotals(settings.maxDeltaSeries);
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  };
  const sink = createHttpSink({
    url: new URL(settings.url),
    settings,
    context,
    metrics: 'points',
    // Samples of a series must not overtake each other, and a series has one source.
    lanes: { count: settings.concurrency, keyOf: (stream) => stream.source },
    body: (parcel) => {
      // Logs are turned away below: there are no other parcels.
      const { rows, store } = parcel as Parcel<MetricStore>;
      const samples = Array.from(rows, (row) => {
        const point = store.points[row];
        return point === undefined ? [] : samplesOf(point, settings.labels, parcel.segment(row).stream.labels);
      });
      return snappy(writeRequest(samples.flat()));
    },
    message: (_, body) => ({ headers, body }),
    outcome: (result) => httpOutcome(result, context.clock.now()),
  });
  return {
    push: (batch) => (batch.kind === 'logs' ? turnAway(batch, context) : sink.push(withTotals(batch, totals, context))),
    problem: () => sink.problem(),
    links: () => sink.links(),
    close: (graceMs) => sink.close(graceMs),
  };
}

/** Totals are added up once, before the first attempt: what is sent again must be the same. */
function withTotals(batch: MetricBatch, totals: ReturnType<typeof createTotals>, context: SinkContext): MetricBatch {
  const { stream, receipt } = batch;
  const refused: DeadLetter[] = [];
  const points = batch.points.flatMap((point, position) => {
    const total = totals(point, stream.source);
    if (total !== undefined) return total;
    refused.push({
      sink: context.name,
      reason: 'more series of deltas than maxDeltaSeries allows',
      source: stream.source,
      generation: stream.generation,
      position,
      bytes: Buffer.from(metricJson(point)),
    });
    return [];
  });
  if (refused.length > 0) {
    receipt.hold();
    void bury(refused, batch, context);
  }
  return new MetricBatch(stream, points, receipt);
}

function turnAway(batch: LogBatch, context: SinkContext): Promise<void> {
  const letters = Array.from({ length: batch.count }, (_, record) => ({
    sink: context.name,
    reason: 'remote write carries metrics, and this is a record of logs',
    source: batch.stream.source,
    generation: batch.stream.generation,
    position: batch.positionOf(record),
    bytes: batch.bytes.subarray(batch.starts[record], batch.ends[record]),
  }));
  const done = bury(letters, batch, context);
  batch.free();
  return done; // one batch at a time: there is no other bound
}

async function bury(letters: readonly DeadLetter[], { receipt }: Batch, context: SinkContext): Promise<void> {
  await context.deadLetters.put(letters);
  context.counters.deadLettered += letters.length;
  receipt.release();
}
