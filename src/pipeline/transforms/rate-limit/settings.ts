import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { operand } from '../../conditions/field.ts';

export const rateLimitSettings = ofType('rate-limit', () =>
  z.strictObject({
    type: z
      .literal('rate-limit')
      .describe('Lets so many records through per second; those beyond are dropped, counted, and count as delivered.')
      .meta({ examples: ['rate-limit'] }),
    perSecond: z
      .number()
      .positive()
      .max(1e9)
      .describe('Records per second, on average. No default: it decides what is lost.')
      .meta({ examples: [1_000] }),
    burst: z
      .number()
      .min(1)
      .max(1e9)
      .optional()
      .describe('How many may pass at once after a pause. Default: as many as pass in one second, at least one.')
      .meta({ examples: [5_000] }),
    key: operand()
      .optional()
      .describe(
        'Each value of this field has a limit of its own; label.NAME is one for each value of a label. Records without it share one. Default: one limit for all.',
      )
      .meta({ examples: ['service', 'label.namespace'] }),
    maxKeys: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(10_000)
      .describe('How many values are remembered at most; the one unused for longest is forgotten, and starts with a full burst again.')
      .meta({ examples: [1_000] }),
    over: z
      .enum(['drop', 'sample'])
      .prefault('drop')
      .describe('What becomes of records beyond the limit: none of them goes on, or the part that ratio says.')
      .meta({ examples: ['sample'] }),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .prefault(0.01)
      .describe('For over sample: this part of the records beyond the limit goes on nevertheless, always the same ones.')
      .meta({ examples: [0.1] }),
  }),
);

export type RateLimitSettings = z.output<typeof rateLimitSettings>;
