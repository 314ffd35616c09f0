/** Settings of the certificate authority. */
import * as z from 'zod';
import { duration } from '../../config/fields.ts';
import { parseAddress } from '../../core/address.ts';

/** RFC 1123 §2.1, and the underscore that container names have. */
const hostName = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

export const caSettings = z.strictObject({
  rootLifetime: duration({ minMs: 60_000 })
    .prefault('3650d')
    .describe('how long an authority (root certificate) is valid; its successor is made when a fifth of this is left')
    .meta({ examples: ['3650d'] }),
  agentCertificateLifetime: duration({ minMs: 10_000 })
    .prefault('24h')
    .describe('how long the certificate of an agent is valid; agents renew at two thirds of it')
    .meta({ examples: ['24h'] }),
  renewWindow: duration()
    .prefault('7d')
    .describe('how long after its end an agent that was offline can still renew its certificate; after that it needs a new token')
    .meta({ examples: ['7d'] }),
  serverCertificateLifetime: duration({ minMs: 10_000 })
    .prefault('7d')
    .describe('how long the certificate of our own listeners is valid; it is renewed at two thirds, without closing a connection')
    .meta({ examples: ['7d'] }),
  backdate: duration({ maxMs: 86_400_000 })
    .prefault('1m')
    .describe('how far in the past certificates begin, for machines whose clocks are behind')
    .meta({ examples: ['1m'] }),
  rotationOverlap: duration()
    .prefault('30d')
    .describe(
      'how long the former authority stays trusted after a rotation; never shorter than agentCertificateLifetime and renewWindow together',
    )
    .meta({ examples: ['30d'] }),
  serverNames: z
    .array(
      z
        .string()
        .refine((name) => parseAddress(name) !== undefined || hostName.test(name), { message: 'is neither a host name nor an IP address' }),
    )
    .min(1)
    .default(['localhost', '127.0.0.1', '::1'])
    .describe('host names and IP addresses by which agents reach this server; they go into its certificate')
    .meta({ examples: [['fairlead.example.org', '192.0.2.10']] }),
  keyEncryptionFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'a file with 32 bytes as 64 hexadecimal digits (`openssl rand -hex 32`) under which the keys of the authority are sealed in the store; without it they lie there as they are, readable by who can read the database',
    )
    .meta({ examples: ['/run/secrets/fairlead-ca-key'] }),
  signingQueue: z
    .int()
    .min(1)
    .default(512)
    .describe('how many certificates may wait to be signed; who comes then is told to come again')
    .meta({ examples: [512] }),
});
export type CaSettings = z.output<typeof caSettings>;
