/** The links that an agent watches besides its own control link. */
import * as z from 'zod';
import { duration } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';
import { linkTarget } from './target.ts';

/** Also used as a component of the health tree and a label of metrics, so it is kept plain. */
export const partName = () =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'letters, digits and _ . -, at most 63, beginning with a letter or digit');

const link = () =>
  z.strictObject({
    name: partName()
      .describe('Name of the link in reports, on the map and in the outage journal.')
      .meta({ examples: ['orders-kafka'] }),
    to: linkTarget()
      .describe('Where the link leads: HOST:PORT for tcp and tls, a URL for http. Names are resolved anew for every check.')
      .meta({ examples: ['kafka-1.example.org:9092', 'https://logs.example.org/health', '[2001:db8::7]:4317'] }),
    kind: z
      .enum(['tcp', 'tls', 'http'])
      .optional()
      .describe(
        'What has to work for the link to be up: tcp connects, tls also shakes hands and verifies the certificate, http asks and takes any status below 500. Default: http for a URL, else tcp.',
      )
      .meta({ examples: ['tls'] }),
    plane: z
      .enum(['control', 'data'])
      .prefault('data')
      .describe('From which plane, and so from which local address, the link is tried.')
      .meta({ examples: ['data'] }),
    purpose: z
      .string()
      .max(200)
      .prefault('')
      .describe('What the link is for, as part of a sentence.')
      .meta({ examples: ['ships logs to'] }),
    every: duration({ minMs: 1_000, maxMs: 86_400_000 })
      .prefault('15s')
      .describe('Time between two checks; each one is moved by up to a tenth, so that a fleet does not check in step.')
      .meta({ examples: ['15s'] }),
    timeout: duration({ minMs: 100, maxMs: 60_000 })
      .prefault('5s')
      .describe('A check that takes longer, name resolution included, has failed.')
      .meta({ examples: ['5s'] }),
    downAfter: z
      .int()
      .min(1)
      .max(100)
      .prefault(2)
      .describe('Failures in a row after which the link is down.')
      .meta({ examples: [2] }),
    upAfter: z
      .int()
      .min(1)
      .max(100)
      .prefault(2)
      .describe('Successes in a row after which it is up again.')
      .meta({ examples: [2] }),
    required: z
      .boolean()
      .prefault(true)
      .describe('Whether the agent is unhealthy while the link is down, and a new configuration that watches it in vain has failed.')
      .meta({ examples: [false] }),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the authorities to trust for tls and https. Default: those that Node trusts.')
      .meta({ examples: ['/etc/fairlead/kafka-ca.pem'] }),
  });

export const linksSettings = lazily(() =>
  z
    .array(link())
    .max(200)
    .superRefine((links, context) => {
      const seen = new Set<string>();
      for (const [index, one] of links.entries()) {
        if (one.name === 'control') reject(index, 'name', '"control" is the name of the link to the server', context);
        if (seen.has(one.name)) reject(index, 'name', `two links are named "${one.name}"`, context);
        seen.add(one.name);
        if (one.kind === 'http' && one.to.url === undefined)
          reject(index, 'to', `"${one.to.text}" is no URL, which kind http needs`, context);
      }
    })
    .prefault([])
    .describe('Links that the agent watches and whose outages it records; the link to its server is always watched.')
    .meta({ examples: [[{ name: 'orders-kafka', to: 'kafka-1.example.org:9092' }]] }),
);

function reject(index: number, key: string, message: string, context: z.core.$RefinementCtx): void {
  context.addIssue({ code: 'custom', path: [index, key], message });
}

export type LinksSettings = z.output<typeof linksSettings>;
export type LinkSettings = LinksSettings[number];
