/** Fills the disk under a journal and makes room again. Prints what was certain, and what the file holds at the end: `node full-disk.ts DIR` */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { systemClock } from '../../../core/clock.ts';
import { silentLog } from '../../../observe/log.ts';
import { openJournal } from '../journal.ts';
import { readJournal } from '../load.ts';
import { journalMetrics } from '../metrics.ts';
import { systemUptime } from '../uptime.ts';

const dir = process.argv[2] ?? '.';
const uptime = systemUptime();
const ballast = join(dir, 'ballast');
writeFileSync(ballast, Buffer.alloc(128 * 1024));
const journal = await openJournal(
  { maxOutages: 10_000, maxSize: 4 << 20, maxAge: 86_400_000 },
  { dir: join(dir, 'journal'), clock: systemClock, uptime, log: silentLog, metrics: journalMetrics(new Registry()) },
);
const tell = async () => {
  journal.open({
    link: 'x',
    to: '192.0.2.7:9092',
    plane: 'data',
    since: { atMs: Date.now(), upMs: uptime().ms },
    error: 'x'.repeat(400),
    attempts: 1,
  });
  await journal.flushed();
};
let certain = 0;
while (journal.problem() === undefined && certain < 5_000) {
  await tell();
  if (journal.problem() === undefined) certain = journal.outages().length;
}
const problem = journal.problem();
const onDisk = (await readJournal(join(dir, 'journal')))?.outages.length;
for (let more = 0; more < 3; more++) await tell();
rmSync(ballast);
await tell();
const after = (await readJournal(join(dir, 'journal')))?.outages.length;
process.stdout.write(
  JSON.stringify({ certain, onDisk, problem, told: journal.outages().length, after, problemAfter: journal.problem() ?? null }),
);
await journal[Symbol.asyncDispose]();
