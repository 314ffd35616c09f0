/** Settings of the source `http`. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import {
  listenField,
  maxBodyField,
  maxConnectionsField,
  maxPendingField,
  requestTimeoutField,
  streamFields,
  tlsSettings,
  tokenFileField,
} from '../../listening/settings.ts';

export const httpSettings = ofType('http', () =>
  z
    .strictObject({
      type: z.literal('http').describe('Records that clients send by HTTP POST or PUT.'),
      listen: listenField('127.0.0.1:8088'),
      path: z
        .string()
        .regex(/^\/[^?#\s]*$/, 'a path begins with / and has no ? and no #')
        .prefault('/')
        .describe('The path that records are sent to. Others are answered with 404.')
        .meta({ examples: ['/logs'] }),
      format: z
        .enum(['auto', 'ndjson', 'json', 'text'])
        .prefault('auto')
        .describe(
          'What a body is: ndjson has one JSON object on each line, json is an array of them or a single one, text has lines. auto goes by the content type.',
        )
        .meta({ examples: ['ndjson'] }),
      tls: tlsSettings(),
      tokenFile: tokenFileField(),
      maxBody: maxBodyField('16MiB'),
      maxPending: maxPendingField('64MiB'),
      maxConnections: maxConnectionsField(512),
      requestTimeout: requestTimeoutField(),
      ...streamFields(),
    })
    .describe('Takes records by HTTP and answers 200 when they are safe.'),
);

export type HttpSettings = z.output<typeof httpSettings>;
