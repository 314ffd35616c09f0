/** Settings of the source `stdin`. */
import * as z from 'zod';
import { size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { streamFields } from '../../listening/settings.ts';

export const stdinSettings = ofType('stdin', () =>
  z
    .strictObject({
      type: z.literal('stdin').describe('Lines of the standard input, until it ends.'),
      format: z
        .enum(['text', 'json'])
        .prefault('text')
        .describe('What a line is: any bytes, or one JSON object.')
        .meta({ examples: ['json'] }),
      maxLine: size()
        .refine((bytes) => bytes >= 1 && bytes <= 1 << 20, 'between 1B and 1MiB')
        .prefault('1MiB')
        .describe('Longest line; the rest of a longer one is cut off, and counted.')
        .meta({ examples: ['64KiB'] }),
      ...streamFields(),
    })
    .describe('Takes lines of the standard input. When it has ended and all is safe, the agent ends.'),
);

export type StdinSettings = z.output<typeof stdinSettings>;
