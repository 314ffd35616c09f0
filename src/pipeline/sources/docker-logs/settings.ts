/** Settings of the source `docker-logs`. */
import * as z from 'zod';
import { duration, size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { streamFields } from '../../listening/settings.ts';

/** Names, or patterns of names. */
const names = () => z.array(z.string().min(1).max(256)).max(1_000).prefault([]);

export const dockerLogsSettings = ofType('docker-logs', () =>
  z
    .strictObject({
      type: z.literal('docker-logs').describe('Logs of containers, asked from a Docker engine.'),
      socket: z
        .string()
        .startsWith('/')
        .prefault('/var/run/docker.sock')
        .describe("Path of the engine's socket. It is read from only: nothing is started, stopped or changed.")
        .meta({ examples: ['/run/user/1000/docker.sock'] }),
      containers: names()
        .describe('Only containers with one of these names; * stands for anything. Default: all.')
        .meta({ examples: [['web', 'worker-*']] }),
      exclude: names()
        .describe('Containers to leave out, by name; * stands for anything. The agent should not read its own log.')
        .meta({ examples: [['fairlead*']] }),
      images: names()
        .describe('Only containers of one of these images, as `docker ps` shows them; * stands for anything. Default: all.')
        .meta({ examples: [['registry.example.org/shop/*']] }),
      withLabels: z
        .array(z.string().min(1).max(256))
        .max(100)
        .prefault([])
        .describe('Only containers that have all of these labels, as KEY or KEY=VALUE.')
        .meta({ examples: [['com.docker.compose.project=shop', 'logs']] }),
      streams: z
        .array(z.enum(['stdout', 'stderr']))
        .min(1)
        .max(2)
        .prefault(['stdout', 'stderr'])
        .describe('Which of the two outputs. A container with a terminal has one: stdout.')
        .meta({ examples: [['stderr']] }),
      labelsOf: z
        .array(z.string().min(1).max(256))
        .max(50)
        .prefault([])
        .describe('Labels of containers that become labels of records, besides project and service of Compose.')
        .meta({ examples: [['org.example.team']] }),
      content: z
        .enum(['auto', 'text', 'json'])
        .prefault('auto')
        .describe(
          'What the applications wrote: `json`: one JSON object a line; `text`: lines of any bytes; `auto`: json for a portion in which each record is in braces, text for others. Nothing is parsed for that.',
        )
        .meta({ examples: ['json'] }),
      startPosition: z
        .enum(['beginning', 'end'])
        .prefault('beginning')
        .describe(
          'Where to begin with containers that are there when this source runs for the first time. Containers that appear later are read from their beginning.',
        )
        .meta({ examples: ['end'] }),
      maxLineBytes: size()
        .refine((bytes) => bytes >= 64 && bytes <= 1 << 28, 'must be at least 64B and at most 256MiB')
        .prefault('1MiB')
        .describe('Longest record, when its parts are joined; the rest of a longer one is cut off, and counted.')
        .meta({ examples: ['256KiB'] }),
      joinTimeout: duration({ minMs: 100, maxMs: 3_600_000 })
        .prefault('5s')
        .describe('A line whose end did not come for so long counts as complete.')
        .meta({ examples: ['5s'] }),
      ...streamFields(),
    })
    .describe('Follows the logs of the containers of a Docker engine through its API, whichever driver of the engine keeps them.'),
);

export type DockerLogsSettings = z.output<typeof dockerLogsSettings>;
