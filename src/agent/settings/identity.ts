/** Who this agent is, and where it keeps what must survive a restart. */
import * as z from 'zod';
import { labels } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';
import { agentName } from '../../protocol/enrolment.ts';

export const identitySettings = lazily(() =>
  z
    .strictObject({
      dataDir: z
        .string()
        .min(1)
        .default('/var/lib/fairlead-agent')
        .describe(
          'The folder of this agent alone: key, certificate, last good configuration, journal. Made with mode 0700 when it is not there.',
        )
        .meta({ examples: ['/var/lib/fairlead-agent'] }),
      name: z
        .string()
        .regex(agentName, 'write letters, digits and . _ -, at most 127, a letter or digit first')
        .optional()
        .describe('What people call this agent; left out, the name of its host.')
        .meta({ examples: ['edge-frankfurt-7'] }),
      labels: labels()
        .default({})
        .describe('Labels that the agent gives itself; those of its token and of operators come before them.')
        .meta({ examples: [{ role: 'edge', region: 'eu' }] }),
    })
    .prefault({})
    .describe('The identity of this agent.'),
);

export type IdentitySettings = z.output<typeof identitySettings>;
