/** The `otlp` sink: OpenTelemetry's protocol over HTTP. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { batching, compressions, concurrency, httpFields, httpUrl } from '../../sending/settings.ts';

export const otlpSettings = ofType('otlp', () =>
  z
    .strictObject({
      type: z
        .literal('otlp')
        .describe('Sends logs and metrics to an OpenTelemetry Collector, or to whatever else takes OTLP over HTTP.')
        .meta({ examples: ['otlp'] }),
      url: httpUrl()
        .describe('Where the receiver is; /v1/logs and /v1/metrics are added. No default: there is no usual place.')
        .meta({ examples: ['http://collector.example.org:4318', 'http://victoria.example.org:8428/opentelemetry'] }),
      logsUrl: httpUrl()
        .optional()
        .describe('Where logs go, whole. Default: url with /v1/logs.')
        .meta({ examples: ['https://logs.example.org/otlp/v1/logs'] }),
      metricsUrl: httpUrl()
        .optional()
        .describe('Where metrics go, whole. Default: url with /v1/metrics.')
        .meta({ examples: ['https://metrics.example.org/otlp/v1/metrics'] }),
      resource: z
        .record(z.string().min(1).max(256), z.string().max(4_096))
        .prefault({})
        .describe('Attributes of every resource, besides those that come from the labels of a source.')
        .meta({ examples: [{ 'service.namespace': 'shop' }] }),
      body: z
        .enum(['line', 'object'])
        .prefault('line')
        .describe(
          'What the body of a record of format json is. line: the record as text, not parsed. object: its fields as a map; that parses every record, and a number beyond 2^53 loses digits.',
        )
        .meta({ examples: ['object'] }),
      compression: z
        .enum(compressions)
        .prefault('gzip')
        .describe('Of requests.')
        .meta({ examples: ['zstd'] }),
      ...httpFields(),
      batch: batching({ size: '1MiB', records: 8_192, linger: '500ms' }),
      concurrency: concurrency(8),
    })
    .describe('OTLP over HTTP (protobuf). Records that came by OTLP leave as they came; the receiver must answer 200.'),
);

export type OtlpSettings = z.output<typeof otlpSettings>;
