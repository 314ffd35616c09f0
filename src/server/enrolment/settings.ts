/** Settings of enrolment. */
import * as z from 'zod';
import { duration } from '../../config/fields.ts';

export const enrolmentSettings = z.strictObject({
  ratePerAddress: z
    .number()
    .positive()
    .default(5)
    .describe('requests per second that one address (IPv6: one /64) may make on average')
    .meta({ examples: [5] }),
  burstPerAddress: z
    .int()
    .min(1)
    .default(50)
    .describe('requests that one address may make at once; agents behind one NAT share it')
    .meta({ examples: [50] }),
  rate: z
    .number()
    .positive()
    .default(50)
    .describe('requests per second in all: each certificate takes some 4 ms of a core')
    .meta({ examples: [50] }),
  burst: z
    .int()
    .min(1)
    .default(200)
    .describe('requests at once in all')
    .meta({ examples: [200] }),
  pendingLifetime: duration({ minMs: 1_000 })
    .prefault('24h')
    .describe('how long a request waits for the approval of an operator, and how long an approval or denial holds')
    .meta({ examples: ['24h'] }),
  pendingLimit: z
    .int()
    .min(1)
    .default(1_000)
    .describe('how many requests may wait for approval')
    .meta({ examples: [1_000] }),
  pendingRetry: duration({ minMs: 100 })
    .prefault('10s')
    .describe('after which time an agent that waits for approval is asked to come again')
    .meta({ examples: ['10s'] }),
});
export type EnrolmentSettings = z.output<typeof enrolmentSettings>;
