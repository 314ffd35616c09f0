/** Settings that listening sources have in common. */
import * as z from 'zod';
import { duration, labels, listenAddress, size } from '../../config/fields.ts';

const tag = () => z.string().regex(/^[^\p{Cc},]{1,128}$/u, 'at most 128 characters, no comma and no control characters');

/** What every record of a source carries. */
export const streamFields = () => ({
  tags: z
    .array(tag())
    .max(64)
    .prefault([])
    .describe('Tags of every record.')
    .meta({ examples: [['edge', 'http']] }),
  labels: labels()
    .prefault({})
    .describe('Labels of every record.')
    .meta({ examples: [{ site: 'north' }] }),
});

export const listenField = (fallback: string) =>
  listenAddress()
    .prefault(fallback)
    .describe('Where to listen: ADDRESS:PORT, or :PORT for all addresses. The default is seen on this host only.')
    .meta({ examples: [fallback, fallback.replace('127.0.0.1', '')] });

const file = (what: string) => z.string().min(1).describe(what);

export const tlsFields = () => ({
  certFile: file('PEM file with the certificate to show, and those between it and the authority.').meta({
    examples: ['/etc/fairlead/tls/source.pem'],
  }),
  keyFile: file('PEM file with the private key of `certFile`.').meta({ examples: ['/etc/fairlead/tls/source.key'] }),
  clientCaFile: file('PEM file of authorities. With it, only clients that show a certificate of one of them are heard.')
    .optional()
    .meta({ examples: ['/etc/fairlead/tls/clients-ca.pem'] }),
});

/** The files are read again when they change. */
export const tlsSettings = () =>
  z
    .strictObject(tlsFields())
    .optional()
    .describe('Listen with TLS. Without it, whoever is on the path can read and change what is sent.')
    .meta({ examples: [{ certFile: '/etc/fairlead/tls/source.pem', keyFile: '/etc/fairlead/tls/source.key' }] });

export type TlsSettings = NonNullable<z.output<ReturnType<typeof tlsSettings>>>;

export const tokenFileField = () =>
  z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with a token that clients have to send as `Authorization: Bearer …`. Read again when it changes. Without it, all are heard.',
    )
    .meta({ examples: ['/etc/fairlead/source.token'] });

export const maxConnectionsField = (fallback: number) =>
  z
    .int()
    .min(1)
    .max(100_000)
    .prefault(fallback)
    .describe('Connections at the same time; one more is closed at once, and counted.')
    .meta({ examples: [fallback] });

export const maxBodyField = (fallback: string) =>
  size()
    .prefault(fallback)
    .describe('Largest request, after decompression. A larger one is answered with 413.')
    .meta({ examples: [fallback] });

export const maxPendingField = (fallback: string) =>
  size()
    .prefault(fallback)
    .describe(
      'Bytes of all clients together that are received and not yet safe (in the spool or delivered). Beyond it, clients are told to come back later.',
    )
    .meta({ examples: [fallback] });

export const requestTimeoutField = () =>
  duration({ minMs: 1_000, maxMs: 3_600_000 })
    .prefault('30s')
    .describe('A request that has not arrived whole in this time is given up; one that is not safe in this time is answered with 503.')
    .meta({ examples: ['30s'] });
