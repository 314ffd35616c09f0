/** The outage journal on disk. */
import * as z from 'zod';
import { duration, size } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';

export const journalSettings = lazily(() =>
  z
    .strictObject({
      maxOutages: z
        .int()
        .min(10)
        .max(100_000)
        .prefault(1_000)
        .describe('Outages kept at most.')
        .meta({ examples: [1_000] }),
      maxSize: size()
        .prefault('4MiB')
        .describe('Size of the file at most, at least 64KiB.')
        .meta({ examples: ['4MiB'] }),
      maxAge: duration({ minMs: 3_600_000 })
        .prefault('30d')
        .describe('Outages that ended longer ago are forgotten.')
        .meta({ examples: ['30d'] }),
    })
    .refine(({ maxSize }) => maxSize >= 65_536, { path: ['maxSize'], message: 'must be at least 64KiB' })
    .prefault({})
    .describe('Bounds of the outage journal. When one is reached, outages that the server has go first, then the oldest.'),
);

export type JournalSettings = z.output<typeof journalSettings>;
