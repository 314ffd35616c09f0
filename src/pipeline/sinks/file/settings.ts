/** The `file` sink: an archive on this machine. */
import * as z from 'zod';
import { duration, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { encodings } from '../../encode/encoder.ts';
import { checkTemplate } from './path-template.ts';

export const fileSettings = ofType('file', () =>
  z
    .strictObject({
      type: z
        .literal('file')
        .describe('Writes records into files of this machine, one line each.')
        .meta({ examples: ['file'] }),
      path: z
        .string()
        .min(1)
        .superRefine((text, context) => {
          const problem = checkTemplate(text);
          if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
        })
        .describe(
          'The file that is written to. It may hold {source}, {tag} (the first tag) and {label.NAME}; characters of their values that do not belong into a file name become _.',
        )
        .meta({ examples: ['/var/lib/fairlead/archive/{source}.log', '/srv/logs/{label.namespace}/{label.app}.log'] }),
      encoding: z
        .enum(encodings)
        .prefault('auto')
        .describe(
          'raw: the bytes as they were read. json: one JSON object with tags and labels. auto: json for sources of format json, raw for others.',
        )
        .meta({ examples: ['json'] }),
      rotate: z
        .strictObject({
          size: size()
            .refine((bytes) => bytes >= 4096, 'at least 4 KiB')
            .prefault('64MiB')
            .describe('A file that would grow beyond it is finished and a new one begun.')
            .meta({ examples: ['64MiB'] }),
          every: duration({ minMs: 1_000 })
            .prefault('24h')
            .describe('A file that is older is finished, unless it is empty.')
            .meta({ examples: ['24h'] }),
        })
        .prefault({})
        .describe('When a file is finished: it is renamed to NAME.TIME.EXTENSION.')
        .meta({ examples: [{ size: '64MiB', every: '24h' }] }),
      compression: z
        .enum(['zstd', 'none'])
        .prefault('zstd')
        .describe('What is done with finished files.')
        .meta({ examples: ['zstd'] }),
      keep: z
        .strictObject({
          size: size()
            .prefault('1GiB')
            .describe('Of finished files, over all that this sink wrote; the oldest are deleted first.')
            .meta({ examples: ['1GiB'] }),
          age: duration({ minMs: 1_000 })
            .prefault('7d')
            .describe('Finished files that are older are deleted.')
            .meta({ examples: ['7d'] }),
        })
        .prefault({})
        .describe('How much and how long finished files are kept.')
        .meta({ examples: [{ size: '1GiB', age: '7d' }] }),
      maxFiles: z
        .int()
        .min(1)
        .max(1_000)
        .prefault(100)
        .describe(
          'Files that are written at the same time. When labels or tags would make more, the value in the path is "other" for the rest.',
        )
        .meta({ examples: [100] }),
      linger: duration({ maxMs: 10_000 })
        .prefault('50ms')
        .describe(
          'How long records are gathered before they are written and synced together; a file with 1 MiB waiting is written at once.',
        )
        .meta({ examples: ['50ms'] }),
    })
    .describe(
      'Files on this machine: rotated, compressed, deleted by size and age. A record counts as delivered when it is synced to disk.',
    ),
);

export type FileSettings = z.output<typeof fileSettings>;
