/** Settings of the source `forward`. */
import * as z from 'zod';
import { duration, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { listenField, maxConnectionsField, maxPendingField, streamFields, tlsSettings } from '../../listening/settings.ts';

export const forwardSettings = ofType('forward', () =>
  z
    .strictObject({
      type: z
        .literal('forward')
        .describe("Fluentd's forward protocol, version 1, which Fluentd, Fluent Bit and Docker's fluentd driver speak."),
      listen: listenField('127.0.0.1:24224'),
      tls: tlsSettings(),
      sharedKeyFile: z
        .string()
        .min(1)
        .optional()
        .describe('File with the key that clients have to know (`shared_key`). With it, each connection begins with a handshake.')
        .meta({ examples: ['/etc/fairlead/forward.key'] }),
      hostname: z
        .string()
        .min(1)
        .max(255)
        .optional()
        .describe("Our name in the handshake (`self_hostname`). Default: this machine's name.")
        .meta({ examples: ['edge-1'] }),
      users: z
        .array(
          z.strictObject({
            username: z
              .string()
              .min(1)
              .describe('Name of the user.')
              .meta({ examples: ['shop'] }),
            passwordFile: z
              .string()
              .min(1)
              .describe('File with the password. No default: it is a secret.')
              .meta({ examples: ['/etc/fairlead/shop.password'] }),
          }),
        )
        .max(100)
        .prefault([])
        .describe('Users of the handshake. With any, clients have to be one of them. Needs `sharedKeyFile`.')
        .meta({ examples: [[{ username: 'shop', passwordFile: '/etc/fairlead/shop.password' }]] }),
      maxMessage: size()
        .prefault('16MiB')
        .describe("Largest message, as sent and after decompression. Fluentd's chunks have 8 MiB by default.")
        .meta({ examples: ['16MiB'] }),
      maxPending: maxPendingField('64MiB'),
      maxConnections: maxConnectionsField(512),
      idleTimeout: duration({ minMs: 1_000, maxMs: 604_800_000 })
        .prefault('1h')
        .describe('A connection without a byte for so long is closed.')
        .meta({ examples: ['1h'] }),
      tagLabel: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and _')
        .prefault('tag')
        .describe("Label that holds the record's tag.")
        .meta({ examples: ['fluent_tag'] }),
      ...streamFields(),
    })
    .superRefine((settings, context) => {
      if (settings.users.length > 0 && settings.sharedKeyFile === undefined)
        context.addIssue({ code: 'custom', path: ['users'], message: 'users are asked for in the handshake, which needs sharedKeyFile' });
    })
    .describe("Takes records by Fluentd's forward protocol and acknowledges them when they are safe."),
);

export type ForwardSettings = z.output<typeof forwardSettings>;
