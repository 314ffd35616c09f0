/** What a configuration from the server may do. */
import * as z from 'zod';
import { duration } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';

export const remoteSettings = lazily(() =>
  z
    .strictObject({
      enabled: z
        .boolean()
        .prefault(true)
        .describe('Whether configurations from the server are accepted.')
        .meta({ examples: [false] }),
      localOnly: z
        .array(z.string())
        .max(32)
        .prefault([])
        .describe('Sections that stay as they are in this file, whatever the server offers for them.')
        .meta({ examples: [['log']] }),
      settle: duration({ minMs: 100, maxMs: 3_600_000 })
        .prefault('5s')
        .describe('How long a new configuration must run and stay healthy before it is reported as applied.')
        .meta({ examples: ['5s'] }),
      timeout: duration({ minMs: 1_000, maxMs: 3_600_000 })
        .prefault('1m')
        .describe('How long applying may take in all; then it has failed, and the last good configuration is put back.')
        .meta({ examples: ['1m'] }),
    })
    .prefault({})
    .describe('Remote configuration.'),
);

export type RemoteSettings = z.output<typeof remoteSettings>;
