/** The agent's own log. */
import * as z from 'zod';
import { lazily } from '../../config/lazily.ts';

export const logSettings = lazily(() =>
  z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .prefault('info')
        .describe('The least important events that are written.')
        .meta({ examples: ['debug'] }),
      format: z
        .enum(['text', 'json'])
        .optional()
        .describe('text for people, json for programs: one object a line. Left out: text at a terminal, json elsewhere.')
        .meta({ examples: ['json'] }),
    })
    .prefault({})
    .describe("The agent's own log, written to standard error."),
);

export type LogSettings = z.output<typeof logSettings>;
