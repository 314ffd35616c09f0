/** Settings of the source `syslog`. */
import * as z from 'zod';
import { duration, listenAddress, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { maxConnectionsField, streamFields, tlsFields } from '../../listening/settings.ts';

const offset = /^(?:local|utc|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

export const syslogSettings = ofType('syslog', () =>
  z
    .strictObject({
      type: z.literal('syslog').describe('Messages of syslog: RFC 5424, RFC 3164 and what devices make of it.'),
      udp: listenAddress()
        .optional()
        .describe(
          'Where to listen for datagrams (RFC 5426). What is sent this way can be lost on the way, and before it is read when the machine is busy.',
        )
        .meta({ examples: ['127.0.0.1:514', ':514'] }),
      tcp: listenAddress()
        .optional()
        .describe('Where to listen for connections (RFC 6587).')
        .meta({ examples: ['127.0.0.1:601', ':601'] }),
      tls: z
        .strictObject({
          listen: listenAddress()
            .describe('Where to listen for connections with TLS. No default: it goes with the certificate.')
            .meta({ examples: [':6514'] }),
          ...tlsFields(),
        })
        .optional()
        .describe('Listen for connections with TLS (RFC 5425).')
        .meta({ examples: [{ listen: ':6514', certFile: '/etc/fairlead/tls/syslog.pem', keyFile: '/etc/fairlead/tls/syslog.key' }] }),
      format: z
        .enum(['auto', 'rfc5424', 'rfc3164'])
        .prefault('auto')
        .describe('How messages are written. auto looks at each one: RFC 5424 has a version behind its priority.')
        .meta({ examples: ['rfc3164'] }),
      raw: z
        .boolean()
        .prefault(false)
        .describe('Pass messages on as they came, as lines of text, instead of objects with the fields of the message.')
        .meta({ examples: [true] }),
      framing: z
        .enum(['auto', 'octet-counting', 'newline'])
        .prefault('auto')
        .describe('How messages are told apart on a connection (RFC 6587 §3.4). auto looks at each one: a length begins with a digit.')
        .meta({ examples: ['newline'] }),
      timezone: z
        .string()
        .regex(offset, 'write local, utc or an offset, for example "+02:00"')
        .prefault('local')
        .describe('Of times that do not say theirs, as in RFC 3164: local is that of this agent.')
        .meta({ examples: ['utc', '+02:00'] }),
      maxMessage: size()
        .refine((bytes) => bytes >= 480 && bytes <= 131_072, 'between 480B (RFC 5424 §6.1) and 128KiB')
        .prefault('64KiB')
        .describe('Longest message; the rest of a longer one is cut off, and counted.')
        .meta({ examples: ['64KiB'] }),
      maxConnections: maxConnectionsField(1_000),
      idleTimeout: duration({ minMs: 1_000, maxMs: 604_800_000 })
        .prefault('24h')
        .describe(
          'A connection without a message for so long is closed. Long, because syslog over TCP loses what its sender writes at that moment.',
        )
        .meta({ examples: ['24h'] }),
      maxPartial: size()
        .prefault('16MiB')
        .describe('Bytes of unfinished messages of all connections together; a connection that needs more is closed.')
        .meta({ examples: ['16MiB'] }),
      receiveBuffer: size()
        .prefault('4MiB')
        .describe('Room for datagrams that were not read yet, asked of the kernel, which gives at most net.core.rmem_max.')
        .meta({ examples: ['4MiB'] }),
      ...streamFields(),
    })
    .superRefine((settings, context) => {
      if (settings.udp !== undefined || settings.tcp !== undefined || settings.tls !== undefined) return;
      context.addIssue({ code: 'custom', path: [], message: 'one of udp, tcp and tls is needed: where to listen' });
    })
    .describe('Takes syslog messages by UDP, TCP and TLS.'),
);

export type SyslogSettings = z.output<typeof syslogSettings>;
