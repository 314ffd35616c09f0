/** The `elasticsearch` sink: the bulk API of Elasticsearch and OpenSearch. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { batching, concurrency, httpFields, httpUrl } from '../../sending/settings.ts';
import { checkIndex } from './index-name.ts';

export const elasticsearchSettings = ofType('elasticsearch', () =>
  z
    .strictObject({
      type: z
        .literal('elasticsearch')
        .describe('Sends records to Elasticsearch or OpenSearch.')
        .meta({ examples: ['elasticsearch'] }),
      url: httpUrl()
        .describe('Where the cluster is; /_bulk is added. No default: there is no usual place.')
        .meta({ examples: ['https://elastic.example.org:9200'] }),
      index: z
        .string()
        .min(1)
        .max(200)
        .superRefine((text, context) => {
          const problem = checkIndex(text);
          if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
        })
        .prefault('logs-fairlead-default')
        .describe(
          'Index or data stream. It may hold {source}, {label.NAME}, and {date} (the day of the record, UTC); what is not allowed in a name becomes _. The default is a data stream by the templates that Elasticsearch has.',
        )
        .meta({ examples: ['logs-fairlead-default', 'app-{label.namespace}-{date}'] }),
      maxIndexes: z
        .int()
        .min(1)
        .max(10_000)
        .prefault(200)
        .describe('Names that the labels in `index` may make; for what would be one more their places say "other". Days do not count.')
        .meta({ examples: [200] }),
      pipeline: z
        .string()
        .regex(/^[\w.-]{1,128}$/)
        .optional()
        .describe('Ingest pipeline that records go through. Default: that of the index.')
        .meta({ examples: ['geoip'] }),
      timestampField: z
        .string()
        .regex(/^[A-Za-z_@][A-Za-z0-9_.@-]{0,63}$|^$/, 'letters, digits and _ . @ -, at most 64; empty for none')
        .prefault('@timestamp')
        .describe('Field that is given the time of the record unless the record has it; empty for none. Data streams need @timestamp.')
        .meta({ examples: ['@timestamp'] }),
      compression: z
        .enum(['none', 'gzip'])
        .prefault('gzip')
        .describe('Of requests.')
        .meta({ examples: ['gzip'] }),
      ...httpFields(),
      batch: batching({ size: '4MiB', records: 5_000, linger: '1s' }),
      concurrency: concurrency(4),
    })
    .describe(
      'Elasticsearch and OpenSearch, by bulk requests of `create` with an _id made of agent, generation and position: a record that is sent again is there once.',
    ),
);

export type ElasticsearchSettings = z.output<typeof elasticsearchSettings>;
