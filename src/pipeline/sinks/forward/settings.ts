/** The `forward` sink: Fluentd's and Fluent Bit's protocol. */
import * as z from 'zod';
import { port } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { batching, concurrency, connectTimeout, pending, timeout, tlsField } from '../../sending/settings.ts';

export const forwardSettings = ofType('forward', () =>
  z
    .strictObject({
      type: z
        .literal('forward')
        .describe('Sends records to Fluentd or Fluent Bit.')
        .meta({ examples: ['forward'] }),
      host: z
        .string()
        .min(1)
        .max(253)
        .describe('Name or address of the receiver. No default: there is no usual place.')
        .meta({ examples: ['fluentd.example.org'] }),
      port: port()
        .prefault(24_224)
        .describe('Its port.')
        .meta({ examples: [24_224] }),
      tag: z
        .string()
        .regex(
          /^(?:[A-Za-z0-9_.-]|\{source\}|\{label\.[A-Za-z_][A-Za-z0-9_./-]{0,127}\})+$/,
          'letters, digits, _ . -, {source} and {label.NAME}',
        )
        .prefault('fairlead.{source}')
        .describe(
          'Tag of the records, by which the receiver routes. It may hold {source} and {label.NAME}; what is not allowed in a tag becomes _.',
        )
        .meta({ examples: ['fairlead.{source}', 'kube.{label.namespace}.{label.app}'] }),
      sharedKeyFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          'File with the key that both sides know; read again for every connection. Default: none, for a receiver without <security>.',
        )
        .meta({ examples: ['/etc/fairlead/forward-key'] }),
      user: z
        .strictObject({
          name: z
            .string()
            .min(1)
            .describe('No default: whoever asks for a password also knows the name.')
            .meta({ examples: ['fairlead'] }),
          passwordFile: z
            .string()
            .min(1)
            .describe('File with the password. No default: secrets are never in settings.')
            .meta({ examples: ['/etc/fairlead/forward-password'] }),
        })
        .optional()
        .describe('For a receiver with user_auth; needs sharedKeyFile. Default: none.')
        .meta({ examples: [{ name: 'fairlead', passwordFile: '/etc/fairlead/forward-password' }] }),
      hostname: z
        .string()
        .min(1)
        .max(253)
        .optional()
        .describe('What we call ourselves in the handshake. Default: the name of this machine.')
        .meta({ examples: ['edge-1.example.org'] }),
      idField: z
        .string()
        .max(64)
        .prefault('fairlead_id')
        .describe('Field that gives each record its identity, AGENT:GENERATION:POSITION; empty for none.')
        .meta({ examples: ['fairlead_id'] }),
      compression: z
        .enum(['none', 'gzip'])
        .prefault('none')
        .describe('gzip is CompressedPackedForward, which Fluentd reads since 0.14.7.')
        .meta({ examples: ['gzip'] }),
      tls: tlsField(),
      encrypted: z
        .boolean()
        .prefault(false)
        .describe('Whether the connection is encrypted; also true when tls is set.')
        .meta({ examples: [true] }),
      timeout: timeout(),
      connectTimeout: connectTimeout(),
      pending: pending(),
      batch: batching({ size: '1MiB', records: 10_000, linger: '1s' }),
      concurrency: concurrency(4),
    })
    .refine((all) => all.user === undefined || all.sharedKeyFile !== undefined, { path: ['user'], message: 'user needs sharedKeyFile' })
    .describe(
      "Fluentd's forward protocol (v1: PackedForward with nanosecond times). A record counts as delivered when the receiver acknowledged its chunk.",
    ),
);

export type ForwardSettings = z.output<typeof forwardSettings>;
