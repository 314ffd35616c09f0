/** The `http` sink: requests with records to a URL. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { batching, compressions, concurrency, httpFields, httpUrl } from '../../sending/settings.ts';

export const httpSettings = ofType('http', () =>
  z
    .strictObject({
      type: z
        .literal('http')
        .describe('Sends records to a URL.')
        .meta({ examples: ['http'] }),
      url: httpUrl()
        .describe('Where requests go. No default: there is no usual place.')
        .meta({ examples: ['https://logs.example.org/ingest'] }),
      method: z
        .enum(['POST', 'PUT', 'PATCH'])
        .prefault('POST')
        .describe('Method of the request.')
        .meta({ examples: ['POST'] }),
      format: z
        .enum(['ndjson', 'array', 'text'])
        .prefault('ndjson')
        .describe(
          'ndjson: one JSON object on each line. array: one JSON array of objects. text: the bytes as they were read, one record on each line.',
        )
        .meta({ examples: ['array'] }),
      idField: z
        .string()
        .regex(/^[A-Za-z_@][A-Za-z0-9_.@-]{0,63}$|^$/, 'letters, digits and _ . @ -, at most 64; empty for none')
        .prefault('fairlead_id')
        .describe(
          'Field that gives each JSON record its identity, AGENT:GENERATION:POSITION, the same when a record is sent again; empty for none. Text has none.',
        )
        .meta({ examples: ['event_id'] }),
      compression: z
        .enum(compressions)
        .prefault('none')
        .describe('Of bodies; none because not every receiver reads compressed requests.')
        .meta({ examples: ['gzip'] }),
      ...httpFields(),
      batch: batching({ size: '1MiB', records: 5_000, linger: '1s' }),
      concurrency: concurrency(8),
    })
    .describe('Any HTTP receiver. A record counts as delivered when a status from 200 to 299 was answered.'),
);

export type HttpSettings = z.output<typeof httpSettings>;
