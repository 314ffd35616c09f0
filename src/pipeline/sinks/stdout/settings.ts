/** The `stdout` sink: for pipes and for looking. */
import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { encodings } from '../../encode/encoder.ts';

export const stdoutSettings = ofType('stdout', () =>
  z
    .strictObject({
      type: z
        .literal('stdout')
        .describe('Writes records to standard output, one line each.')
        .meta({ examples: ['stdout'] }),
      encoding: z
        .enum(encodings)
        .prefault('auto')
        .describe(
          'raw: the bytes as they were read. json: one JSON object with tags and labels. auto: json for sources of format json, raw for others.',
        )
        .meta({ examples: ['json'] }),
    })
    .describe(
      'Standard output. A record counts as delivered when the system has taken it; when the reader closes the pipe, the program ends in order.',
    ),
);

export type StdoutSettings = z.output<typeof stdoutSettings>;
