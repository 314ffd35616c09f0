/** The `loki` sink: Grafana Loki's push API. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { batching, concurrency, httpFields, httpUrl } from '../../sending/settings.ts';

const labelName = () => z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/, 'letters, digits and _, not beginning with a digit');

export const lokiSettings = ofType('loki', () =>
  z
    .strictObject({
      type: z
        .literal('loki')
        .describe('Sends records of logs to Grafana Loki.')
        .meta({ examples: ['loki'] }),
      url: httpUrl()
        .describe('Where Loki is; /loki/api/v1/push is added when it has no path. No default: there is no usual place.')
        .meta({ examples: ['http://loki.example.org:3100'] }),
      tenant: z
        .string()
        .regex(/^[!-~]{1,150}$/, 'printable characters without spaces, at most 150')
        .optional()
        .describe('Sent as X-Scope-OrgID. Default: none, for a Loki without tenants.')
        .meta({ examples: ['team-a'] }),
      labels: z
        .record(labelName(), z.string().max(2_048))
        .prefault({ job: 'fairlead' })
        .describe('Labels of every stream.')
        .meta({ examples: [{ job: 'fairlead', cluster: 'prod-1' }] }),
      streamLabels: z
        .array(z.string().min(1))
        .max(14)
        .optional()
        .describe(
          'Which labels of a source become labels of the stream in Loki; `source` and `tags` (joined by commas) can be named too. The others are structured metadata. Default: all labels, in the order of their names, as many as Loki takes beside the fixed ones (15 in all).',
        )
        .meta({ examples: [['namespace', 'app']] }),
      maxStreams: z
        .int()
        .min(1)
        .max(100_000)
        .prefault(1_000)
        .describe(
          'Streams that this agent makes at most; what would be one more goes to one with the fixed labels and overflow="true", its labels as structured metadata.',
        )
        .meta({ examples: [1_000] }),
      structuredMetadata: z
        .boolean()
        .prefault(true)
        .describe(
          'Whether each record carries its identity (fairlead_id) and what is not a label of the stream. Needs Loki 3.0, or 2.9 with allow_structured_metadata; off for older ones.',
        )
        .meta({ examples: [false] }),
      encoding: z
        .enum(['raw', 'json'])
        .prefault('raw')
        .describe('raw: the line as it was read. json: one JSON object with tags and labels.')
        .meta({ examples: ['raw'] }),
      ...httpFields(),
      batch: batching({ size: '1MiB', records: 10_000, linger: '1s' }),
      concurrency: concurrency(4),
    })
    .describe(
      'Grafana Loki (protobuf, snappy). Records of one stream arrive in their order; a record counts as delivered when Loki answered 204.',
    ),
);

export type LokiSettings = z.output<typeof lokiSettings>;
