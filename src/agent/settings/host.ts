/** How the agent reports the host that it runs on. */
import * as z from 'zod';
import { duration } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';

export const hostSettings = lazily(() =>
  z
    .strictObject({
      every: duration({ minMs: 1_000, maxMs: 86_400_000 })
        .prefault('30s')
        .describe('How often the host is looked at. It is reported when something differs, and at every new connection.')
        .meta({ examples: ['30s'] }),
      processes: z
        .boolean()
        .prefault(true)
        .describe('Whether listeners are reported with the names of their processes, where these may be read. Command lines never are.')
        .meta({ examples: [false] }),
    })
    .prefault({})
    .describe('The report of interfaces, routes, resolvers, listeners and container identity.'),
);

export type HostSettings = z.output<typeof hostSettings>;
