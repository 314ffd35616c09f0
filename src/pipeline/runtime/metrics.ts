/** What the pipeline counts, read from plain numbers when somebody scrapes. Labels are names in the settings, so their number is bounded. */
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import type { PipelineState, SinkState, SourceState } from './state.ts';

/** Never taken off the registry: one pipeline runs in a process. */
export function pipelineMetrics(registry: Registry, look: () => PipelineState): void {
  const state = oncePerScrape(look);
  const registers = [registry];
  /** Counters of components that were taken out stay where they were, as Prometheus expects until the process ends. */
  const counter = (name: string, help: string, labelNames: readonly string[], read: (now: PipelineState) => readonly Sample[]) => {
    const seen = new Map<string, number>();
    new Counter({
      ...{ name, help, registers, labelNames: [...labelNames] },
      collect() {
        for (const { labels, value } of read(state())) {
          const key = Object.values(labels).join('\0');
          const before = seen.get(key) ?? 0;
          // A component that was made anew counts from 0 again.
          this.inc(labels, value >= before ? value - before : value);
          seen.set(key, value);
        }
      },
    });
  };
  const gauge = (name: string, help: string, labelNames: readonly string[], read: (now: PipelineState) => readonly Sample[]) =>
    new Gauge({
      ...{ name, help, registers, labelNames: [...labelNames] },
      collect() {
        this.reset();
        for (const { labels, value } of read(state())) this.set(labels, value);
      },
    });
  const ofSources = (pick: (source: SourceState) => number | undefined) => (now: PipelineState) =>
    now.sources.flatMap((source) => sample({ source: source.name, type: source.type }, pick(source)));
  const ofSinks = (pick: (sink: SinkState) => number | undefined) => (now: PipelineState) =>
    now.sinks.flatMap((sink) => sample({ sink: sink.name, type: sink.type }, pick(sink)));
  const source = ['source', 'type'];
  const sink = ['sink', 'type'];

  counter(
    'fairlead_pipeline_source_records_total',
    'Records that came in.',
    source,
    ofSources(({ records }) => records),
  );
  counter(
    'fairlead_pipeline_source_bytes_total',
    'Bytes of the records that came in.',
    source,
    ofSources(({ bytes }) => bytes),
  );
  counter(
    'fairlead_pipeline_source_errors_total',
    'What could not be read or taken.',
    source,
    ofSources(({ errors }) => errors),
  );
  counter(
    'fairlead_pipeline_source_lost_bytes_total',
    'Bytes that were destroyed (rotated away, truncated, deleted, dropped by the kernel) before they could be opened.',
    source,
    ofSources(({ lostBytes }) => lostBytes),
  );
  counter(
    'fairlead_pipeline_source_cut_records_total',
    'Records cut at the longest length.',
    source,
    ofSources(({ cutRecords }) => cutRecords),
  );
  counter(
    'fairlead_pipeline_source_refused_total',
    'Records refused to a client, for want of room.',
    source,
    ofSources(({ refused }) => refused),
  );
  counter(
    'fairlead_pipeline_source_unrouted_total',
    'Records that no route wanted.',
    source,
    ofSources(({ unrouted }) => unrouted),
  );
  gauge(
    'fairlead_pipeline_source_files',
    'Files that are watched.',
    source,
    ofSources(({ files }) => files),
  );
  gauge(
    'fairlead_pipeline_source_lag_bytes',
    'Bytes that are there and not acknowledged yet.',
    source,
    ofSources(({ lagBytes }) => lagBytes),
  );

  const ofSteps = (pick: (step: PipelineState['transforms'][number]) => number) => (now: PipelineState) =>
    now.transforms.flatMap((step) => sample({ transform: step.name, type: step.type }, pick(step)));
  const transform = ['transform', 'type'];
  counter(
    'fairlead_pipeline_transform_in_total',
    'Records that came to a transform.',
    transform,
    ofSteps((step) => step.in),
  );
  counter(
    'fairlead_pipeline_transform_out_total',
    'Records that went on from it.',
    transform,
    ofSteps((step) => step.out),
  );
  counter(
    'fairlead_pipeline_transform_parsed_total',
    'Records that it had to parse.',
    transform,
    ofSteps((step) => step.parsed),
  );
  counter(
    'fairlead_pipeline_transform_errors_total',
    'Records that it could not work on.',
    transform,
    ofSteps((step) => step.errors),
  );

  counter(
    'fairlead_pipeline_sink_records_total',
    'Records that the receiver acknowledged.',
    sink,
    ofSinks(({ records }) => records),
  );
  counter(
    'fairlead_pipeline_sink_bytes_total',
    'Bytes of the records that it acknowledged.',
    sink,
    ofSinks(({ bytes }) => bytes),
  );
  counter(
    'fairlead_pipeline_sink_wire_bytes_total',
    'Bytes sent, repetitions included.',
    sink,
    ofSinks(({ wireBytes }) => wireBytes),
  );
  counter(
    'fairlead_pipeline_sink_requests_total',
    'Requests sent.',
    sink,
    ofSinks(({ requests }) => requests),
  );
  counter(
    'fairlead_pipeline_sink_retries_total',
    'Requests sent again.',
    sink,
    ofSinks(({ retries }) => retries),
  );
  counter(
    'fairlead_pipeline_sink_errors_total',
    'Requests that failed.',
    sink,
    ofSinks(({ errors }) => errors),
  );
  counter(
    'fairlead_pipeline_sink_dead_letters_total',
    'Records written to the dead-letter file.',
    sink,
    ofSinks(({ deadLettered }) => deadLettered),
  );
  gauge(
    'fairlead_pipeline_sink_pending_records',
    'Records taken over and not acknowledged yet.',
    sink,
    ofSinks(({ pendingRecords }) => pendingRecords),
  );
  gauge(
    'fairlead_pipeline_sink_pending_bytes',
    'Bytes taken over and not acknowledged yet.',
    sink,
    ofSinks(({ pendingBytes }) => pendingBytes),
  );
  gauge(
    'fairlead_pipeline_sink_up',
    '0 while nothing gets through to the receiver.',
    sink,
    ofSinks(({ problem }) => (problem === undefined ? 1 : 0)),
  );
  gauge(
    'fairlead_pipeline_spool_records',
    'Records in the spool.',
    sink,
    ofSinks(({ spool }) => spool?.records),
  );
  gauge(
    'fairlead_pipeline_spool_bytes',
    'Bytes in the spool.',
    sink,
    ofSinks(({ spool }) => spool?.bytes),
  );
  counter(
    'fairlead_pipeline_spool_dropped_records_total',
    'Records dropped because the spool was full and its policy says so.',
    sink,
    ofSinks(({ spool }) => spool?.dropped.records),
  );
  counter(
    'fairlead_pipeline_spool_damaged_records_total',
    'Records lost to damage of the spool.',
    sink,
    ofSinks(({ spool }) => spool?.damaged.records),
  );
  gauge('fairlead_pipeline_slabs_in_use', 'Megabytes of the pool that are in use.', [], (now) => sample({}, now.slabs.out));
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function sample(labels: Readonly<Record<string, string>>, value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels, value }];
}

/** All metrics of a scrape are collected in one turn of the event loop, and a source may have 10,000 files to add up. */
function oncePerScrape<T>(look: () => T): () => T {
  let seen: { readonly value: T } | undefined;
  return () => {
    if (seen === undefined) {
      seen = { value: look() };
      setImmediate(() => {
        seen = undefined;
      });
    }
    return seen.value;
  };
}
