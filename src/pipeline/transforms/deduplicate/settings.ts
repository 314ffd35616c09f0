import * as z from 'zod';
import { duration } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { operand } from '../../conditions/field.ts';

export const deduplicateSettings = ofType('deduplicate', () =>
  z.strictObject({
    type: z
      .literal('deduplicate')
      .describe('Lets the first of equal records through and drops those that follow it for a while; they count as delivered.')
      .meta({ examples: ['deduplicate'] }),
    key: z
      .array(operand())
      .min(1)
      .prefault(['record'])
      .describe('Records are equal when these fields are; record is all bytes. A record with none of the fields is never dropped.')
      .meta({ examples: [['service', 'message']] }),
    window: duration({ minMs: 1, maxMs: 86_400_000 })
      .prefault('10s')
      .describe('How long after the first one equal records are dropped; then one goes through again.')
      .meta({ examples: ['1m'] }),
    maxKeys: z
      .int()
      .min(1)
      .max(1_000_000)
      .prefault(10_000)
      .describe(
        'How many different records are remembered at most; beyond that the oldest is forgotten, which lets a duplicate through and never drops another one.',
      )
      .meta({ examples: [100_000] }),
    metric: z
      .string()
      .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'a metric name: letters, digits, _ and :')
      .optional()
      .describe(
        'Sends how many records were dropped, once per window, as a counter of this name to those sinks of the route that take metrics. Default: only in the metrics of the agent itself.',
      )
      .meta({ examples: ['duplicate_logs_total'] }),
  }),
);

export type DeduplicateSettings = z.output<typeof deduplicateSettings>;
