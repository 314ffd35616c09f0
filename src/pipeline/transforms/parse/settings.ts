import * as z from 'zod';
import { ofType } from '../../../config/lazily.ts';
import { operand } from '../../conditions/field.ts';
import { namedGroups } from './named-groups.ts';
import { timeFormat } from './time-format.ts';
import { timeZone } from './time-zone.ts';

export const parseSettings = ofType('parse', () =>
  z
    .strictObject({
      type: z
        .literal('parse')
        .describe('Reads fields, or the time, out of text.')
        .meta({ examples: ['parse'] }),
      format: z
        .enum(['json', 'logfmt', 'regex', 'cri', 'timestamp'])
        .describe(
          'What the text is. json: an object. logfmt: key=value pairs. regex: what the named groups of pattern match. cri: a line of a CRI container log. timestamp: the time of the record.',
        )
        .meta({ examples: ['json'] }),
      field: operand()
        .prefault('message')
        .describe('Which field holds the text. A line of text, and a record that is no object, is one message.')
        .meta({ examples: ['log'] }),
      keepField: z
        .boolean()
        .optional()
        .describe(
          'Whether that field stays beside what was read from it. Default: only for timestamp. A line of text that became an object is not kept beside it otherwise.',
        )
        .meta({ examples: [true] }),
      pattern: z
        .string()
        .optional()
        .describe(
          'For regex, which needs it: a regular expression of JavaScript. Each named group becomes a field; one that took no part is left out.',
        )
        .meta({ examples: ['^(?<client>\\S+) "(?<method>[A-Z]+) (?<path>\\S+)[^"]*" (?<status>\\d{3})'] }),
      types: z
        .record(z.string().min(1), z.enum(['number', 'boolean']))
        .prefault({})
        .describe('For logfmt and regex: fields that become a number or a boolean when their text is one; all others are texts.')
        .meta({ examples: [{ status: 'number', cached: 'boolean' }] }),
      timeFormats: z
        .array(timeFormat())
        .min(1)
        .prefault(['auto'])
        .describe(
          'For timestamp: how times are written, tried in order: rfc3339, unix (seconds, also with a fraction), unix-ms, unix-us, unix-ns, a pattern like that of strptime(3), or auto: rfc3339, or a number whose size tells its unit.',
        )
        .meta({ examples: [['rfc3339', '%d/%b/%Y:%H:%M:%S %z']] }),
      timeZone: timeZone()
        .prefault('UTC')
        .describe('For timestamp: where a time without an offset was written: UTC, an offset, local, or a name of the IANA database.')
        .meta({ examples: ['+02:00', 'Europe/Berlin', 'local'] }),
      onError: z
        .enum(['keep', 'drop'])
        .prefault('keep')
        .describe('What becomes of a record that cannot be read like this: it goes on as it is, or no further. Both are counted as errors.')
        .meta({ examples: ['drop'] }),
    })
    .superRefine(({ format, pattern }, context) => {
      const problem = format === 'regex' ? namedGroups(pattern) : pattern === undefined ? undefined : 'pattern is for format regex only';
      if (problem !== undefined) context.addIssue({ code: 'custom', path: ['pattern'], message: problem });
    }),
);

export type ParseSettings = z.output<typeof parseSettings>;
