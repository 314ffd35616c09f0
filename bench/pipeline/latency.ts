/** From the append of a line to its acknowledgement by the broker, at 10,000 lines a second, seen from outside of the agent. */
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from './cluster.ts';
import { cacheFolder } from './data.ts';
import { lineGenerator } from './lines.ts';
import { fairlead } from './programs.ts';
import { end, partitions, topic } from './race.ts';
import type { Row } from './table.ts';
import { openWatermarks, type Watermarks } from './watermarks.ts';

const perSecond = 10_000;
const warmUpMs = 3_000;
const measuredMs = 10_000;

export async function latency(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(cacheFolder, 'latency-'));
  const path = join(folder, 'app.log');
  const next = lineGenerator(2);
  appendFileSync(path, next());
  await using cluster = await startCluster(topic, partitions);
  using watermarks = await openWatermarks(cluster.brokers, topic);
  const child = fairlead('latency', {}).start({ brokers: cluster.brokers, topic, path, folder });
  const file = openSync(path, 'a');
  try {
    while ((await watermarks.total()) < 1) await sleep(10);
    const times = await follow(watermarks, () => writeSync(file, next()));
    const sorted = times.toSorted();
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
    const row = (part: number, most: number): Row => ({
      what: `append → acknowledged at ${perSecond.toLocaleString('en')} lines/s, p${part * 100}`,
      measured: `${at(part).toFixed(1)} ms`,
      goal: `≤ ${most} ms`,
      met: at(part) <= most,
    });
    return [row(0.5, 10), row(0.99, 50)];
  } finally {
    closeSync(file);
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Appends lines as their time comes, one write each, and asks the brokers about every millisecond. Times are late by up to one question, never early. */
async function follow(watermarks: Watermarks, append: () => void): Promise<Float64Array> {
  const lines = ((warmUpMs + measuredMs) / 1_000) * perSecond;
  const appended = new Float64Array(lines);
  const acknowledged = new Float64Array(lines);
  const start = performance.now();
  const before = await watermarks.total();
  let written = 0;
  const writer = setInterval(() => {
    const due = Math.min(lines, Math.floor(((performance.now() - start) * perSecond) / 1_000));
    for (; written < due; written++) {
      appended[written] = performance.now();
      append();
    }
  }, 1);
  for (let known = 0; known < lines; await sleep(1)) {
    const total = (await watermarks.total()) - before;
    const now = performance.now();
    for (; known < total; known++) acknowledged[known] = now;
    if (now - start > (warmUpMs + measuredMs) * 3) throw new Error(`only ${known} of ${written} lines were acknowledged`);
  }
  clearInterval(writer);
  const first = (warmUpMs / 1_000) * perSecond;
  return acknowledged.subarray(first).map((at, index) => at - (appended[first + index] ?? 0));
}
