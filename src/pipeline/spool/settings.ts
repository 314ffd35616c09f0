/** Settings of the spool of a sink. */
import * as z from 'zod';
import { size } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';
import { whenFullPolicies } from './spool.ts';

const spoolUses = ['needed', 'always', 'never'] as const;

export const spoolSettings = lazily(() =>
  z.strictObject({
    when: z
      .enum(spoolUses)
      .default('needed')
      .describe(
        'needed: what cannot be brought again goes to disk first (syslog, HTTP, OTLP, …), and so does what is in danger while the sink is away. always: every batch is on disk before it is sent. never: nothing is; then a client that pushes is answered when the sink has delivered.',
      )
      .meta({ examples: ['always'] }),
    maxSize: size()
      .prefault('4GiB')
      .describe('What the files of the spool may take at most, records that were delivered but whose file is not empty yet included.')
      .meta({ examples: ['20GiB'] }),
    whenFull: z
      .enum(whenFullPolicies)
      .default('block')
      .describe(
        'What happens when the spool, or the disk, is full. block: sources wait and nothing is lost. drop-oldest: the oldest file of the spool is given up. drop-newest: what comes is given up. What is dropped is counted.',
      )
      .meta({ examples: ['drop-oldest'] }),
    keepFree: size()
      .prefault('256MiB')
      .describe('The spool counts as full when the file system has less than this left for others.')
      .meta({ examples: ['2GiB'] }),
    segmentSize: size()
      .prefault('64MiB')
      .describe('Size of one file. Room is given back a whole file at a time. At most an eighth of maxSize.')
      .meta({ examples: ['16MiB'] }),
  }),
);

export type SpoolSettings = z.output<typeof spoolSettings>;
