/** Settings that sinks with requests share: each sink spreads them into its own object. */
import * as z from 'zod';
import { duration, size } from '../../config/fields.ts';

export const compressions = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

const tlsSettings = () =>
  z
    .strictObject({
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the authorities to trust. Default: those that Node trusts.')
        .meta({ examples: ['/etc/fairlead/ca.pem'] }),
      certFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the certificate that is shown to the receiver. Default: none is shown.')
        .meta({ examples: ['/etc/fairlead/agent.pem'] }),
      keyFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of its key. No default: it belongs to certFile.')
        .meta({ examples: ['/etc/fairlead/agent-key.pem'] }),
      serverName: z
        .string()
        .min(1)
        .optional()
        .describe("The name that the receiver's certificate has to carry. Default: the host it is reached by.")
        .meta({ examples: ['logs.example.org'] }),
    })
    .refine((tls) => (tls.certFile === undefined) === (tls.keyFile === undefined), 'certFile and keyFile belong together');

export type TlsSettings = z.output<ReturnType<typeof tlsSettings>>;

export const tlsField = () =>
  tlsSettings()
    .optional()
    .describe('What is trusted and shown on encrypted connections. Files are read anew for every connection.')
    .meta({ examples: [{ caFile: '/etc/fairlead/ca.pem' }] });

const authSettings = () =>
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z
        .literal('basic')
        .describe('Name and password (RFC 7617).')
        .meta({ examples: ['basic'] }),
      user: z
        .string()
        .min(1)
        .describe('No default: whoever asks for a password also knows the name.')
        .meta({ examples: ['fairlead'] }),
      passwordFile: z
        .string()
        .min(1)
        .describe('File with the password; read again when it changes. No default: secrets are never in settings.')
        .meta({ examples: ['/etc/fairlead/password'] }),
    }),
    z.strictObject({
      type: z
        .literal('bearer')
        .describe('A token (RFC 6750).')
        .meta({ examples: ['bearer'] }),
      tokenFile: z
        .string()
        .min(1)
        .describe('File with the token; read again when it changes. No default: secrets are never in settings.')
        .meta({ examples: ['/etc/fairlead/token'] }),
    }),
  ]);

export type AuthSettings = z.output<ReturnType<typeof authSettings>>;

/** Set by us, or by the protocol: a setting must not change them. */
const ownHeaders = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'content-encoding', 'authorization']);

const headers = () =>
  z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'no name of a header'), z.string().regex(/^[\t\x20-\x7e]{0,4096}$/))
    .superRefine((all, context) => {
      for (const name of Object.keys(all))
        if (ownHeaders.has(name.toLowerCase()))
          context.addIssue({
            code: 'custom',
            path: [name],
            message: `the header ${name} is set by Fairlead; for authorization there is auth`,
          });
    })
    .prefault({})
    .describe('Sent with every request. No place for secrets: those are in auth.')
    .meta({ examples: [{ 'X-Scope-OrgID': 'team-a' }] });

export const httpUrl = () =>
  z.string().superRefine((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
      context.addIssue({ code: 'custom', message: `"${text}" is no URL; write http://HOST:PORT/PATH or https://HOST:PORT/PATH` });
    else if (url.username !== '' || url.password !== '')
      context.addIssue({ code: 'custom', message: 'a URL is no place for secrets: name a file in auth' });
  });

export const timeout = () =>
  duration({ minMs: 100, maxMs: 600_000 })
    .prefault('30s')
    .describe('A request without a whole answer after this time has failed and is sent again.')
    .meta({ examples: ['30s'] });

export const connectTimeout = () =>
  duration({ minMs: 50, maxMs: 60_000 })
    .prefault('3s')
    .describe('A connection that is not open after this time, name resolution and TLS included, has failed.')
    .meta({ examples: ['3s'] });

/** How records are gathered; the defaults are the sink's. */
export const batching = (defaults: { readonly size: string; readonly records: number; readonly linger: string }) =>
  z
    .strictObject({
      size: size()
        .refine((bytes) => bytes >= 1_024 && bytes <= 64 << 20, 'between 1 KiB and 64 MiB')
        .prefault(defaults.size)
        .describe('Bytes of records in one request, before compression; a longer record goes alone.')
        .meta({ examples: ['1MiB'] }),
      records: z
        .int()
        .min(1)
        .max(100_000)
        .prefault(defaults.records)
        .describe('Records in one request.')
        .meta({ examples: [defaults.records] }),
      linger: duration({ maxMs: 60_000 })
        .prefault(defaults.linger)
        .describe('How long records wait for others.')
        .meta({ examples: [defaults.linger] }),
    })
    .prefault({})
    .describe('What is sent together.')
    .meta({ examples: [{ size: '1MiB', linger: '1s' }] });

export const pending = () =>
  size()
    .refine((bytes) => bytes >= 65_536, 'at least 64 KiB')
    .prefault('8MiB')
    .describe('Bytes of records that may be on their way, not acknowledged; when it is reached, nothing more is taken until something is.')
    .meta({ examples: ['8MiB'] });

export const concurrency = (max: number) =>
  z
    .int()
    .min(1)
    .max(200)
    .prefault(max)
    .describe('Requests under way at the same time at most; how many there are follows what the receiver can take.')
    .meta({ examples: [max] });

/** Fields of all sinks that speak HTTP, apart from type, url and batching. */
export const httpFields = () => ({
  headers: headers(),
  auth: authSettings()
    .optional()
    .describe('How the receiver knows us. Default: not at all, or by the certificate of tls.')
    .meta({ examples: [{ type: 'bearer', tokenFile: '/etc/fairlead/token' }] }),
  tls: tlsField(),
  timeout: timeout(),
  connectTimeout: connectTimeout(),
  pending: pending(),
});
