/** How often the agent says that it is there. */
import * as z from 'zod';
import { duration } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';

export const heartbeatSettings = lazily(() =>
  z
    .strictObject({
      interval: duration({ minMs: 0, maxMs: 86_400_000 })
        .prefault('30s')
        .describe(
          'So long after the last message a heartbeat is sent. The server may offer another one. `0` sends none, and then the server cannot tell silence from death.',
        )
        .meta({ examples: ['30s', '10s'] }),
    })
    .prefault({})
    .describe('Heartbeats.'),
);

export type HeartbeatSettings = z.output<typeof heartbeatSettings>;
