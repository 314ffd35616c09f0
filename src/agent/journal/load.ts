/** The journal's file as it is found: to go on writing, or to look at. */
import { join } from 'node:path';
import { FairleadError } from '../../core/errors.ts';
import { openJournalFile, readJournalFile } from './file.ts';
import { type OutageRecord, replay } from './fold.ts';

export const journalFileName = 'outages.journal';

/** For writing. Throws FAIRLEAD_AGENT_JOURNAL. */
export async function load(path: string) {
  try {
    const scanned = await readJournalFile(path);
    if (scanned?.ok === false)
      throw new FairleadError('FAIRLEAD_AGENT_JOURNAL', {
        path,
        reason: scanned.reason === 'newer' ? 'it was written by a later version' : 'it is no outage journal',
      });
    return { scanned, file: await openJournalFile(path, scanned?.goodBytes ?? 0) };
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause;
    throw new FairleadError('FAIRLEAD_AGENT_JOURNAL', { path, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}

/** What a journal holds, without opening it to write: for people who look, also while the agent runs. */
export async function readJournal(
  dir: string,
): Promise<{ readonly outages: readonly OutageRecord[]; readonly dropped: number; readonly damagedBytes: number } | undefined> {
  const scanned = await readJournalFile(join(dir, journalFileName));
  if (scanned === undefined || !scanned.ok) return undefined;
  const { byId, dropped } = replay(scanned.values);
  return { outages: [...byId.values()], dropped, damagedBytes: scanned.damagedBytes };
}
