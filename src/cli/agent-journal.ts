/** `fairlead agent journal`: the outages on this machine's disk, whether or not a server can be reached. */
import { join } from 'node:path';
import type { OutageRecord } from '../agent/journal/fold.ts';
import { readJournal } from '../agent/journal/load.ts';
import { FairleadError } from '../core/errors.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { printable, table } from './table.ts';

/** The default of identity.dataDir. */
const usualDataDir = '/var/lib/fairlead-agent';

export async function showJournal(args: Arguments, io: Io): Promise<number> {
  const folder = join(args.value('data') ?? usualDataDir, 'journal');
  const journal = await readJournal(folder);
  if (journal === undefined) throw new FairleadError('FAIRLEAD_INPUT_NOT_FOUND', { path: folder });
  if (args.has('json')) {
    await io.print(`${JSON.stringify(journal, undefined, 2)}\n`);
    return 0;
  }
  const { outages, dropped, damagedBytes } = journal;
  await io.print(outages.length === 0 ? 'no outages on record\n' : outagesTable(outages, io));
  if (dropped > 0) io.say(`${dropped} older outages were dropped to keep the journal within its bounds\n`);
  if (damagedBytes > 0) io.say(`${damagedBytes} bytes at the end are not whole: what a power cut leaves behind\n`);
  return 0;
}

function outagesTable(outages: readonly OutageRecord[], io: Io): string {
  return table<OutageRecord>(
    [
      { title: 'from', value: ({ fromMs }) => new Date(fromMs).toISOString().slice(0, 19).replace('T', ' ') },
      {
        title: 'lasted',
        value: ({ toMs, durationMs }) => (toMs === undefined ? 'still' : `${Math.round(durationMs / 100) / 10} s`),
        right: true,
      },
      { title: 'link', value: ({ link }) => link },
      { title: 'to', value: ({ to }) => to },
      { title: 'tries', value: ({ attempts }) => String(attempts), right: true },
      { title: 'last error', value: ({ lastError, cause }) => printable(cause?.sentence ?? lastError) },
    ],
    outages,
    io,
  );
}
