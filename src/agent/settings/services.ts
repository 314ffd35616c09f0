/** The services beside this agent that it checks and registers, so that the server's discovery holds them. */
import * as z from 'zod';
import { duration, labels } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';
import { parseAddress } from '../../core/address.ts';
import { linkTarget } from './target.ts';

const interval = () =>
  duration({ minMs: 1_000, maxMs: 86_400_000 })
    .prefault('10s')
    .describe('Time between two checks.')
    .meta({ examples: ['10s'] });
const timeout = () =>
  duration({ minMs: 100, maxMs: 60_000 })
    .prefault('3s')
    .describe('A check that takes longer has failed.')
    .meta({ examples: ['3s'] });
const failAfter = () =>
  z
    .int()
    .min(1)
    .max(100)
    .prefault(2)
    .describe('Failures in a row after which the service is critical.')
    .meta({ examples: [2] });

export const serviceCheck = () =>
  z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('tcp').describe('Connects.'),
        to: linkTarget()
          .optional()
          .describe('Where to connect. Default: the port of the service on 127.0.0.1.')
          .meta({ examples: ['127.0.0.1:8080'] }),
        every: interval(),
        timeout: timeout(),
        failAfter: failAfter(),
      }),
      z.strictObject({
        kind: z.literal('http').describe('Asks: 2xx and 3xx is passing, 429 warning, anything else critical.'),
        url: linkTarget()
          .refine((target) => target.url !== undefined, 'is no URL')
          .describe('The URL to ask with GET.')
          .meta({ examples: ['http://127.0.0.1:8080/healthz'] }),
        every: interval(),
        timeout: timeout(),
        failAfter: failAfter(),
      }),
      z.strictObject({
        kind: z.literal('file').describe('A file that the service itself keeps fresh.'),
        path: z
          .string()
          .startsWith('/')
          .describe('Passing while the file was modified within ttl; its first line may say passing, warning or critical and why.')
          .meta({ examples: ['/run/orders/alive'] }),
        ttl: duration({ minMs: 1_000, maxMs: 86_400_000 })
          .describe('How old it may be; there is no default because only the writer knows.')
          .meta({ examples: ['30s'] }),
        every: interval(),
      }),
    ])
    .describe('How the service is checked.');

const tag = () => z.string().regex(/^[^\s,]{1,128}$/, 'no spaces or commas, at most 128 characters');

const service = () =>
  z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, 'letters, digits and -, at most 63, because DNS answers for it')
      .describe('Name of the service: what clients look up.')
      .meta({ examples: ['orders'] }),
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'letters, digits and _ . : -, at most 128')
      .optional()
      .describe('Tells two instances on one agent apart. Default: the name.')
      .meta({ examples: ['orders-1'] }),
    address: z
      .string()
      .refine((text) => parseAddress(text) !== undefined, 'is no IP address')
      .optional()
      .describe('Address that clients connect to. Default: the local address of the data plane, else that of the control connection.')
      .meta({ examples: ['192.0.2.10'] }),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .describe('Port that clients connect to; every service has its own, so there is no default.')
      .meta({ examples: [8080] }),
    tags: z
      .array(tag())
      .max(64)
      .prefault([])
      .describe('Tags that lookups can ask for.')
      .meta({ examples: [['v2', 'primary']] }),
    meta: labels()
      .prefault({})
      .describe('Key-value pairs shown in lookups.')
      .meta({ examples: [{ version: '2.4' }] }),
    check: serviceCheck().prefault({ kind: 'tcp' }),
  });

export const servicesSettings = lazily(() =>
  z
    .array(service())
    .max(500)
    .superRefine((services, context) => {
      const seen = new Set<string>();
      for (const [index, one] of services.entries()) {
        const id = one.id ?? one.name;
        if (seen.has(id))
          context.addIssue({
            code: 'custom',
            path: [index, one.id === undefined ? 'name' : 'id'],
            message: `two services have the id "${id}"`,
          });
        seen.add(id);
      }
    })
    .prefault([])
    .describe('Services on this host that the agent checks and registers with the server.')
    .meta({ examples: [[{ name: 'orders', port: 8080 }]] }),
);

export type ServicesSettings = z.output<typeof servicesSettings>;
export type ServiceSettings = ServicesSettings[number];
export type ServiceCheck = ServiceSettings['check'];
