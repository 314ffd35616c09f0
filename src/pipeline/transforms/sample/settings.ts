import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { condition, operand } from '../../conditions/field.ts';

export const sampleSettings = ofType('sample', () =>
  z
    .strictObject({
      type: z
        .literal('sample')
        .describe('Lets a part of the records through, the same part every time.')
        .meta({ examples: ['sample'] }),
      oneIn: z
        .number()
        .min(1)
        .max(1e9)
        .optional()
        .describe('One in so many goes on. Exactly one of oneIn and ratio is set.')
        .meta({ examples: [10] }),
      ratio: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('This part goes on, between 0 and 1. Exactly one of oneIn and ratio is set.')
        .meta({ examples: [0.05] }),
      key: operand()
        .optional()
        .describe(
          'Records with the same value of this field share one fate, on every agent; record takes all bytes of it. Default: each record by itself, by its identity (file generation and position), so that one that is read again is decided the same.',
        )
        .meta({ examples: ['trace_id'] }),
      always: condition()
        .optional()
        .describe('Records for which this holds all go on.')
        .meta({ examples: ['level == "error"'] }),
    })
    .superRefine(({ oneIn, ratio }, context) => {
      if ((oneIn === undefined) === (ratio === undefined))
        context.addIssue({ code: 'custom', message: 'a sample has either oneIn or ratio' });
    }),
);

export type SampleSettings = z.output<typeof sampleSettings>;
