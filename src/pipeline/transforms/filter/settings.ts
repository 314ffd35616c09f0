import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { condition } from '../../conditions/field.ts';

export const filterSettings = ofType('filter', () =>
  z
    .strictObject({
      type: z
        .literal('filter')
        .describe('Lets some records through.')
        .meta({ examples: ['filter'] }),
      keep: condition()
        .optional()
        .describe('Only records for which this holds go on. Exactly one of keep and drop is set.')
        .meta({ examples: ['level in ["warn", "error"] or status >= 500'] }),
      drop: condition()
        .optional()
        .describe('Records for which this holds go no further; they count as delivered. Exactly one of keep and drop is set.')
        .meta({ examples: ['level == "debug"', 'path matches /^\\/health/ and status < 400'] }),
    })
    .superRefine(({ keep, drop }, context) => {
      if ((keep === undefined) === (drop === undefined)) context.addIssue({ code: 'custom', message: 'a filter has either keep or drop' });
    }),
);

export type FilterSettings = z.output<typeof filterSettings>;
