/** How many commits the store takes: `node bench/store.ts [folder]`. The folder should be on the disk that is meant. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/core/clock.ts';
import { openSqliteStore } from '../src/server/store/sqlite.ts';
import type { Store } from '../src/server/store/store.ts';
import { busyness, machine } from './report.ts';

const seconds = 3;
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'fairlead-bench-'));
const lines = ['| callers at once | commits/s | p50 | p99 |', '|---|---|---|---|'];
try {
  await using store = await openSqliteStore({ path: join(folder, 'fairlead.db'), clock: systemClock });
  for (const callers of [1, 100, 1_000]) lines.push(await measure(store, callers));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const busy = busyness();
process.stdout.write(
  `Each commit durable, values of 1,000 characters, ${seconds} s each. ${machine()}.${busy === '' ? '' : ` ${busy}`}\n\n`,
);
process.stdout.write(`${lines.join('\n')}\n`);

async function measure(store: Store, callers: number): Promise<string> {
  const times: number[] = [];
  const value = 'v'.repeat(1_000);
  const start = performance.now();
  const one = async (_: unknown, caller: number): Promise<void> => {
    for (let now = performance.now(); now - start < seconds * 1_000; now = performance.now()) {
      await store.commit({ changes: [{ kind: 'put', key: `agents/${caller}`, value }] });
      times.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: callers }, one));
  const perSecond = (times.length / (performance.now() - start)) * 1_000;
  times.sort((a, b) => a - b);
  const percentile = (part: number) => `${(times[Math.floor(times.length * part)] ?? 0).toFixed(1)} ms`;
  return `| ${callers} | ${Math.round(perSecond).toLocaleString('en')} | ${percentile(0.5)} | ${percentile(0.99)} |`;
}
