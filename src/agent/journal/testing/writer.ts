/** Writes a journal until it is killed, and says on standard output what is certainly on disk. `node writer.ts DIR` */
import { Registry } from 'prom-client';
import { systemClock } from '../../../core/clock.ts';
import { silentLog } from '../../../observe/log.ts';
import { openJournal } from '../journal.ts';
import { journalMetrics } from '../metrics.ts';
import { systemUptime } from '../uptime.ts';

const uptime = systemUptime();
const journal = await openJournal(
  // Small, so that it is rewritten often while it is being killed.
  { maxOutages: 100, maxSize: 65_536, maxAge: 86_400_000 },
  { dir: process.argv[2] ?? '.', clock: systemClock, uptime, log: silentLog, metrics: journalMetrics(new Registry()) },
);
const say = async (text: string) => {
  await journal.flushed();
  process.stdout.write(`${text}\n`);
};
for (const { id } of journal.carried()) {
  journal.close(id, 'agent-restarted');
  await say(`closed ${id}`);
}
for (let count = 0; ; count++) {
  const since = { atMs: Date.now(), upMs: uptime().ms };
  const id = journal.open({ link: `l${count}`, to: '192.0.2.7:9092', plane: 'data', since, error: 'x'.repeat(count % 400), attempts: 1 });
  await say(`opened ${id}`);
  if (count % 3 === 0) continue;
  journal.close(id, 'recovered');
  await say(`closed ${id}`);
  journal.delivered([[id, 2]]);
  await say(`delivered ${id}`);
}
