/** Settings of the source `journald`. */
import * as z from 'zod';
import { size } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { streamFields } from '../../listening/settings.ts';

/** In the order of their numbers, RFC 5424 section 6.2.1. */
export const priorities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

export const journaldSettings = ofType('journald', () =>
  z
    .strictObject({
      type: z.literal('journald').describe('The journal of systemd, read by its own `journalctl`.'),
      units: z
        .array(z.string().min(1).max(256))
        .max(1_000)
        .prefault([])
        .describe('Only entries of these units; * and ? as in a shell. Default: all.')
        .meta({ examples: [['nginx.service', 'app-*.service']] }),
      identifiers: z
        .array(z.string().min(1).max(256))
        .max(1_000)
        .prefault([])
        .describe('Only entries of programs that call themselves so (SYSLOG_IDENTIFIER). Default: all.')
        .meta({ examples: [['sshd', 'kernel']] }),
      priority: z
        .enum(priorities)
        .prefault('debug')
        .describe('Only entries that are as important as this, or more.')
        .meta({ examples: ['warning'] }),
      matches: z
        .array(z.string().regex(/^[A-Z_][A-Z0-9_]{0,63}=[^\0]*$/, 'FIELD=VALUE, with the field in capitals'))
        .max(100)
        .prefault([])
        .describe('Only entries with these fields. Two values of one field: either of them.')
        .meta({ examples: [['_TRANSPORT=kernel']] }),
      fields: z
        .enum(['all', 'main', 'message'])
        .prefault('main')
        .describe(
          'What a record is. `main`: a JSON object of message, priority, unit, identifier, pid, host and the fields that the program itself added; `all`: every field that the journal has; `message`: the message alone, as text.',
        )
        .meta({ examples: ['all'] }),
      startPosition: z
        .enum(['beginning', 'boot', 'end'])
        .prefault('beginning')
        .describe(
          'Where to begin when this source runs for the first time: with the oldest entry, the first of this boot, or the next one.',
        )
        .meta({ examples: ['boot'] }),
      directory: z
        .string()
        .startsWith('/')
        .optional()
        .describe(
          "Folder with journal files, for example the host's, seen from a container. Default: what journalctl takes, which is this system's.",
        )
        .meta({ examples: ['/host/var/log/journal'] }),
      journalctl: z
        .string()
        .min(1)
        .prefault('journalctl')
        .describe('The program: a path, or a name that is looked for in PATH.')
        .meta({ examples: ['/usr/bin/journalctl'] }),
      maxEntryBytes: size()
        .refine((bytes) => bytes >= 1024 && bytes <= 1 << 28, 'must be at least 1KiB and at most 256MiB')
        .prefault('1MiB')
        .describe('Longest value of a field; the rest of a longer one is cut off, and counted. A core dump is an entry of the journal too.')
        .meta({ examples: ['256KiB'] }),
      ...streamFields(),
    })
    .describe('Follows the journal of systemd, and goes on behind the last entry that was delivered.'),
);

export type JournaldSettings = z.output<typeof journaldSettings>;
