/** Settings of the file source. */
import * as z from 'zod';
import { duration, labels, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';

const expression = () =>
  z
    .string()
    .min(1)
    .max(2_000)
    .meta({ format: 'regex' })
    .superRefine((source, context) => {
      const problem = problemOf(source);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });

function problemOf(source: string): string | undefined {
  try {
    new RegExp(source);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

const multiline = () =>
  z
    .strictObject({
      start: expression()
        .optional()
        .describe('A line that matches begins a record; lines that do not match belong to the record before them.')
        .meta({ examples: ['^\\d{4}-\\d{2}-\\d{2}'] }),
      continuation: expression()
        .optional()
        .describe('A line that matches belongs to the record before it.')
        .meta({ examples: ['^\\s'] }),
      end: expression()
        .optional()
        .describe('A line that matches is the last one of its record.')
        .meta({ examples: [';$'] }),
      timeout: duration({ minMs: 10, maxMs: 3_600_000 })
        .prefault('1s')
        .describe('A record counts as complete when nothing was added to the file for so long.')
        .meta({ examples: ['1s'] }),
      maxLines: z
        .int()
        .min(1)
        .max(10_000)
        .prefault(1_000)
        .describe('After so many lines a record is complete.')
        .meta({ examples: [500] }),
    })
    .superRefine(({ start, continuation, end }, context) => {
      if (start === undefined && continuation === undefined && end === undefined)
        context.addIssue({ code: 'custom', message: 'says nothing: give it start, continuation or end' });
    });

export const fileSettings = ofType('file', () =>
  z
    .strictObject({
      type: z.literal('file').describe('Reads files as they grow, and goes on where it stopped.'),
      path: z
        .union([z.string().min(1), z.array(z.string().min(1)).max(1_000)])
        .transform((one) => (typeof one === 'string' ? [one] : one))
        .optional()
        .describe(
          'Files to read, as patterns: * and ? within a name, [a-z], {a,b}, ** for any number of folders. Can be left out when pathRegex begins with ^/.',
        )
        .meta({ examples: ['/var/log/app/*.log', ['/srv/*/logs/**/*.log', '/var/log/syslog']] }),
      pathRegex: expression()
        .optional()
        .describe('A regular expression that the whole path must match as well; its named groups become labels.')
        .meta({ examples: ['/srv/(?<tenant>[^/]+)/logs/'] }),
      exclude: z
        .union([z.string().min(1), z.array(z.string().min(1)).max(1_000)])
        .transform((one) => (typeof one === 'string' ? [one] : one))
        .prefault([])
        .describe('Patterns of files to leave out. One without a slash is for the name alone, in whatever folder.')
        .meta({ examples: [['*.gz', '/var/log/app/debug.log']] }),
      format: z
        .enum(['text', 'json'])
        .prefault('text')
        .describe(
          'json: each line is meant to be a JSON object. Lines are not parsed for that; one that is not an object travels as it is.',
        )
        .meta({ examples: ['json'] }),
      tags: z
        .array(z.string().min(1).max(128))
        .max(50)
        .prefault([])
        .describe('Tags of all records.')
        .meta({ examples: [['frontend', 'http']] }),
      labels: labels()
        .prefault({})
        .describe('Labels of all records.')
        .meta({ examples: [{ env: 'prod' }] }),
      startPosition: z
        .enum(['beginning', 'end'])
        .prefault('beginning')
        .describe(
          'Where to begin in files that are there when this source runs for the first time. Files that appear later are read from their beginning.',
        )
        .meta({ examples: ['end'] }),
      ignoreOlder: duration({ minMs: 1_000 })
        .optional()
        .describe(
          'Files that were not changed for so long are left alone until they are; then only what was added is read. Default: none are.',
        )
        .meta({ examples: ['30d'] }),
      order: z
        .enum(['fair', 'oldest-first'])
        .prefault('fair')
        .describe('fair: a portion of each file in turn. oldest-first: the file that was not changed for longest is read to its end first.')
        .meta({ examples: ['oldest-first'] }),
      delimiter: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .describe('What ends a record. Default: a line feed, and a carriage return in front of it belongs to it.')
        .meta({ examples: ['\u0000', '\r\n\r\n'] }),
      encoding: z
        .enum(['utf-8', 'utf-16le', 'utf-16be'])
        .prefault('utf-8')
        .describe('utf-8: bytes travel as they are, whatever they are. The others are translated to UTF-8.')
        .meta({ examples: ['utf-16le'] }),
      multiline: multiline()
        .optional()
        .describe('How lines that belong together become one record. Default: each line is one.')
        .meta({ examples: [{ start: '^\\d{4}-' }] }),
      maxLineBytes: size()
        .prefault('10MiB')
        .describe('Longer records are cut, and counted. A receiver may take less: Kafka takes 1 MiB by default.')
        .meta({ examples: ['1MiB'] }),
      flushAfter: duration({ minMs: 10, maxMs: 3_600_000 })
        .prefault('5s')
        .describe(
          'The last line of a file that was renamed or deleted counts as complete, even without its end, when nothing was added for so long.',
        )
        .meta({ examples: ['5s'] }),
      closeMovedAfter: duration({ minMs: 1_000, maxMs: 86_400_000 })
        .prefault('5m')
        .describe(
          'A file that was moved to where no pattern finds it is read as long as somebody writes to it, and closed when nobody did for so long.',
        )
        .meta({ examples: ['5m'] }),
      maxOpenFiles: z
        .int()
        .min(16)
        .max(1_000_000)
        .prefault(4_096)
        .describe('Files that are held open at most. Others are looked at by their path, and opened to be read.')
        .meta({ examples: [1_000] }),
    })
    .superRefine(({ path, pathRegex, maxLineBytes, multiline: groups, encoding }, context) => {
      if (groups !== undefined && encoding !== 'utf-8')
        context.addIssue({ code: 'custom', path: ['multiline'], message: `works on bytes, which ${encoding} does not allow` });
      if ((path === undefined || path.length === 0) && !(pathRegex ?? '').startsWith('^/'))
        context.addIssue({ code: 'custom', path: ['path'], message: 'is needed, unless pathRegex begins with ^/' });
      if (maxLineBytes < 64 || maxLineBytes > 1 << 28)
        context.addIssue({ code: 'custom', path: ['maxLineBytes'], message: 'must be at least 64B and at most 256MiB' });
    }),
);

export type FileSettings = z.output<typeof fileSettings>;
