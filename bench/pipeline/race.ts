/** One run of one program: from its start until the brokers have acknowledged every line. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from './cluster.ts';
import { cacheFolder } from './data.ts';
import { usageOf } from './process.ts';
import type { Program } from './programs.ts';
import { openWatermarks } from './watermarks.ts';

export interface Run {
  readonly program: string;
  readonly lines: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** A program that sends nothing for so long has failed. */
const patienceMs = 30_000;
const pollMs = 20;
/** Watched for so long after the last line for records that should not be there. */
const afterwardsMs = 500;

export const topic = 'raw-logs';
export const partitions = 8;

/** `lines` are read; `expected` of them arrive. `look` may ask the brokers for what they have then. */
export async function race(
  program: Program,
  path: string,
  lines: number,
  expected: number,
  look: (brokers: string) => Promise<void> = async () => {},
): Promise<Run> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, 'run-'));
  await using cluster = await startCluster(topic, partitions);
  using watermarks = await openWatermarks(cluster.brokers, topic);
  const startedAt = performance.now();
  const child = program.start({ brokers: cluster.brokers, topic, path, folder });
  const report = reportOf(child);
  try {
    await arrive(program, child, watermarks.total, expected);
    const seconds = (performance.now() - startedAt) / 1_000;
    const usage = (await report) ?? usageOf(child.pid ?? 0);
    await sleep(afterwardsMs);
    const total = await watermarks.total();
    if (total !== expected) throw new Error(`${program.name}: ${total} records of ${expected} lines`);
    await look(cluster.brokers);
    return { program: program.name, lines, seconds, ...usage };
  } finally {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function arrive(program: Program, child: ChildProcess, total: () => Promise<number>, expected: number): Promise<void> {
  let last = 0;
  for (let since = performance.now(); last < expected; await sleep(pollMs)) {
    const now = await total();
    if (now !== last) since = performance.now();
    last = now;
    if (child.exitCode !== null && child.exitCode !== 0) throw new Error(`${program.name} has ended with ${child.exitCode}`);
    if (performance.now() - since > patienceMs) throw new Error(`${program.name} stands still at ${last} of ${expected} lines`);
  }
}

/** What a program that ends by itself says that it used; undefined for one that goes on. */
async function reportOf(child: ChildProcess): Promise<Pick<Run, 'cpuSeconds' | 'peakMiB'> | undefined> {
  if (child.stdout === null) return undefined;
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  const { cpuSeconds, peakKiB } = JSON.parse(text);
  return { cpuSeconds, peakMiB: peakKiB / 1024 };
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  const impatient = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(impatient);
}
