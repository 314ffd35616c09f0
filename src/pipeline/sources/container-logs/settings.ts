/** Settings of the source `container-logs`. */
import * as z from 'zod';
import { duration, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { streamFields } from '../../listening/settings.ts';

const paths = () => z.union([z.string().min(1), z.array(z.string().min(1)).max(1_000)]);
const listed = (one: string | readonly string[]): readonly string[] => (typeof one === 'string' ? [one] : one);

export const containerLogsSettings = ofType('container-logs', () =>
  z
    .strictObject({
      type: z.literal('container-logs').describe('Log files that container engines write: those of Docker, containerd and CRI-O.'),
      path: paths()
        .transform(listed)
        .refine((patterns) => patterns.length > 0, 'needs a pattern')
        .prefault(['/var/log/pods/*/*/*.log', '/var/lib/docker/containers/*/*-json.log'])
        .describe(
          'Files to read, as patterns: * and ? within a name, [a-z], {a,b}, ** for any number of folders. Symbolic links are followed. For a pattern that ends in `.log` the files that the engine moves aside (`….log.*`) are meant as well.',
        )
        .meta({ examples: ['/var/log/containers/*.log', ['/var/log/pods/*/*/*.log']] }),
      exclude: paths()
        .transform(listed)
        .prefault([])
        .describe('Patterns of files to leave out. One without a slash is for the name alone, in whatever folder.')
        .meta({ examples: [['/var/log/pods/kube-system_*/**']] }),
      format: z
        .enum(['auto', 'cri', 'docker'])
        .prefault('auto')
        .describe(
          'What a line is: `cri`: "TIME STREAM P|F MESSAGE", as Kubernetes has it; `docker`: the JSON of Docker\'s json-file driver; `auto`: found out for each file by its first line.',
        )
        .meta({ examples: ['cri'] }),
      content: z
        .enum(['auto', 'text', 'json'])
        .prefault('auto')
        .describe(
          'What the applications wrote: `json`: one JSON object a line; `text`: lines of any bytes; `auto`: json for a portion of a file in which each record is in braces, text for others. Nothing is parsed for that.',
        )
        .meta({ examples: ['json'] }),
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
      maxLineBytes: size()
        .refine((bytes) => bytes >= 64 && bytes <= 1 << 28, 'must be at least 64B and at most 256MiB')
        .prefault('1MiB')
        .describe('Longest record, when its parts are joined; the rest of a longer one is cut off, and counted.')
        .meta({ examples: ['256KiB'] }),
      joinTimeout: duration({ minMs: 100, maxMs: 3_600_000 })
        .prefault('30s')
        .describe('A record whose last part did not come for so long counts as complete. A writer that died leaves such records behind.')
        .meta({ examples: ['30s'] }),
      maxOpenFiles: z
        .int()
        .min(16)
        .max(1_000_000)
        .prefault(4_096)
        .describe('Files that are held open at most. Others are looked at by their path, and opened to be read.')
        .meta({ examples: [1_000] }),
      ...streamFields(),
    })
    .describe(
      'Reads the log files of containers, joins what their engines have cut into parts, and labels records with the container they are of.',
    ),
);

export type ContainerLogsSettings = z.output<typeof containerLogsSettings>;
