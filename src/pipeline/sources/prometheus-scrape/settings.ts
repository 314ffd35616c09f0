/** Settings of the source `prometheus-scrape`. */
import * as z from 'zod';
import { duration, labels, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { streamFields } from '../../listening/settings.ts';

const url = () => z.url({ protocol: /^https?$/ }).meta({ examples: ['http://192.0.2.7:9100/metrics'] });

export const prometheusScrapeSettings = ofType('prometheus-scrape', () =>
  z
    .strictObject({
      type: z.literal('prometheus-scrape').describe('Metrics of others, asked for as Prometheus does.'),
      targets: z
        .array(
          z.strictObject({
            url: url().describe('What to ask. No default: it is what the source is about.'),
            labels: labels()
              .prefault({})
              .describe('Labels of all its samples, besides `job` and `instance`.')
              .meta({ examples: [{ zone: 'north' }] }),
          }),
        )
        .max(10_000)
        .prefault([])
        .describe('What to scrape.')
        .meta({ examples: [[{ url: 'http://192.0.2.7:9100/metrics' }]] }),
      targetsFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          'JSON file with targets, as file_sd and http_sd of Prometheus have them: [{"targets":["HOST:PORT"],"labels":{…}}]. Read again when it changes.',
        )
        .meta({ examples: ['/etc/fairlead/targets.json'] }),
      targetsUrl: url()
        .optional()
        .describe('URL that answers with the same, as http_sd of Prometheus asks for it. Asked anew at every interval.')
        .meta({ examples: ['http://192.0.2.1:8500/v1/prometheus/http_sd?service=web'] }),
      job: z
        .string()
        .min(1)
        .max(256)
        .optional()
        .describe("The label `job`. Default: the source's name.")
        .meta({ examples: ['node'] }),
      interval: duration({ minMs: 1_000, maxMs: 86_400_000 })
        .prefault('15s')
        .describe('Time between two scrapes of a target. Targets are spread over it.')
        .meta({ examples: ['15s'] }),
      timeout: duration({ minMs: 100, maxMs: 600_000 })
        .prefault('10s')
        .describe('A scrape that takes longer has failed.')
        .meta({ examples: ['10s'] }),
      maxBody: size()
        .prefault('16MiB')
        .describe('Largest answer, after decompression. A larger one fails the scrape.')
        .meta({ examples: ['16MiB'] }),
      honorLabels: z
        .boolean()
        .prefault(false)
        .describe('Whether labels of a sample win over those of its target. Otherwise they are renamed to exported_….')
        .meta({ examples: [true] }),
      honorTimestamps: z
        .boolean()
        .prefault(true)
        .describe('Whether times in the answer count. Otherwise the time of the scrape does.')
        .meta({ examples: [false] }),
      tokenFile: z
        .string()
        .min(1)
        .optional()
        .describe('File with a token to send as `Authorization: Bearer …`. Read at every scrape.')
        .meta({ examples: ['/etc/fairlead/scrape.token'] }),
      username: z
        .string()
        .min(1)
        .optional()
        .describe('User for HTTP basic authentication.')
        .meta({ examples: ['prometheus'] }),
      passwordFile: z
        .string()
        .min(1)
        .optional()
        .describe('File with the password of `username`.')
        .meta({ examples: ['/etc/fairlead/scrape.password'] }),
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file of the authorities to trust for https. Default: those that Node trusts.')
        .meta({ examples: ['/etc/fairlead/targets-ca.pem'] }),
      certFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file with the certificate to show to targets.')
        .meta({ examples: ['/etc/fairlead/scraper.pem'] }),
      keyFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM file with the private key of `certFile`.')
        .meta({ examples: ['/etc/fairlead/scraper.key'] }),
      ...streamFields(),
    })
    .superRefine((settings, context) => {
      const reject = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
      if (settings.targets.length === 0 && settings.targetsFile === undefined && settings.targetsUrl === undefined)
        reject('targets', 'targets, targetsFile or targetsUrl is needed');
      if ((settings.username === undefined) !== (settings.passwordFile === undefined))
        reject('username', 'username and passwordFile belong together');
      if (settings.tokenFile !== undefined && settings.username !== undefined) reject('tokenFile', 'a token or a user, not both');
      if ((settings.certFile === undefined) !== (settings.keyFile === undefined))
        reject('certFile', 'certFile and keyFile belong together');
      if (settings.timeout > settings.interval) reject('timeout', 'the timeout is longer than the interval');
    })
    .describe('Scrapes metrics in the formats of Prometheus and OpenMetrics.'),
);

export type PrometheusScrapeSettings = z.output<typeof prometheusScrapeSettings>;
