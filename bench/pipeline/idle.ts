/** What an agent holds and uses that follows 1,000 files in which nothing happens. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from './cluster.ts';
import { cacheFolder } from './data.ts';
import { lineGenerator } from './lines.ts';
import { usageOf } from './process.ts';
import { fairlead } from './programs.ts';
import { end, partitions, topic } from './race.ts';
import type { Row } from './table.ts';
import { openWatermarks } from './watermarks.ts';

const files = 1_000;
const linesEach = 10;
const settleMs = 10_000;
const measuredMs = 20_000;

export async function idle(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(cacheFolder, 'idle-'));
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const next = lineGenerator(3);
  for (let file = 0; file < files; file++) writeFileSync(join(logs, `app-${file}.log`), Array.from({ length: linesEach }, next).join(''));
  await using cluster = await startCluster(topic, partitions);
  using watermarks = await openWatermarks(cluster.brokers, topic);
  const child = fairlead('idle', {}).start({ brokers: cluster.brokers, topic, path: join(logs, '*.log'), folder });
  try {
    while ((await watermarks.total()) < files * linesEach) await sleep(20);
    await sleep(settleMs);
    const before = usageOf(child.pid ?? 0);
    await sleep(measuredMs);
    const after = usageOf(child.pid ?? 0);
    const part = (after.cpuSeconds - before.cpuSeconds) / (measuredMs / 1_000);
    return [
      {
        what: `resident memory, idle with ${files.toLocaleString('en')} files`,
        measured: `${Math.round(after.residentMiB)} MiB`,
        goal: '≤ 90 MiB',
        met: after.residentMiB <= 90,
      },
      { what: 'processor, idle with them', measured: `${(part * 100).toFixed(1)} % of a core`, goal: '', met: undefined },
    ];
  } finally {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}
