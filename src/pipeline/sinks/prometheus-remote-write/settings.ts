/** The `prometheus-remote-write` sink. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { batching, concurrency, httpFields, httpUrl } from '../../sending/settings.ts';

export const prometheusRemoteWriteSettings = ofType('prometheus-remote-write', () =>
  z
    .strictObject({
      type: z
        .literal('prometheus-remote-write')
        .describe('Sends metrics to Prometheus, Mimir, Thanos, VictoriaMetrics or whatever else takes remote write.')
        .meta({ examples: ['prometheus-remote-write'] }),
      url: httpUrl()
        .describe(
          'Where samples go, whole; Prometheus itself takes them at /api/v1/write when started with --web.enable-remote-write-receiver. No default: there is no usual place.',
        )
        .meta({ examples: ['http://prometheus.example.org:9090/api/v1/write'] }),
      labels: z
        .record(
          z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/, 'letters, digits and _, not beginning with a digit'),
          z.string().max(2_048),
        )
        .prefault({})
        .describe('Labels of every series; a label of the source or the metric with the same name wins.')
        .meta({ examples: [{ cluster: 'prod-1' }] }),
      maxDeltaSeries: z
        .int()
        .min(1)
        .max(10_000_000)
        .prefault(100_000)
        .describe(
          'Remote write carries running totals: what is counted since the last point only (from OTLP, or an aggregation) is added up here, for so many series at most. A series beyond that is a dead letter.',
        )
        .meta({ examples: [100_000] }),
      ...httpFields(),
      batch: batching({ size: '1MiB', records: 5_000, linger: '1s' }),
      concurrency: concurrency(4),
    })
    .describe(
      'Prometheus remote write 1.0 (protobuf, snappy). Samples of one source arrive in their order; histograms and summaries become classic series. Records of logs are dead letters: the protocol has no place for them.',
    ),
);

export type PrometheusRemoteWriteSettings = z.output<typeof prometheusRemoteWriteSettings>;
