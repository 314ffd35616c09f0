/** Whether memory stays where it is while lines flow at full rate through a file that is rotated all the time. */
import { closeSync, mkdtempSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from './cluster.ts';
import { cacheFolder, type Lines } from './data.ts';
import { usageOf } from './process.ts';
import { fairlead } from './programs.ts';
import { end, partitions, topic } from './race.ts';
import { median, millions, type Row } from './table.ts';
import { openWatermarks } from './watermarks.ts';

/** A new file after so many bytes; those before the last few are deleted. */
const rotateBytes = 128 << 20;
const keptFiles = 4;
/** The writer waits when so many lines are not acknowledged: about one file. */
const aheadLines = 500_000;
const pieceBytes = 1 << 20;

export async function flat(minutes: number, lines: Lines): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(cacheFolder, 'flat-'));
  const path = join(folder, 'app.log');
  await using cluster = await startCluster(topic, partitions);
  using watermarks = await openWatermarks(cluster.brokers, topic);
  const writer = new Writer(lines.path, path);
  const child = fairlead('flat', {}).start({ brokers: cluster.brokers, topic, path, folder });
  const samples: number[] = [];
  try {
    const start = performance.now();
    const until = start + minutes * 60_000;
    let sampledAt = start;
    while (performance.now() < until) {
      if (writer.lines - (await watermarks.total()) > aheadLines) await sleep(5);
      else writer.write();
      if (performance.now() - sampledAt < 1_000) continue;
      sampledAt = performance.now();
      samples.push(usageOf(child.pid ?? 0).residentMiB);
    }
    const seconds = (performance.now() - start) / 1_000;
    const written = writer.lines;
    for (const since = performance.now(); (await watermarks.total()) < written; await sleep(20))
      if (performance.now() - since > 30_000) throw new Error(`${await watermarks.total()} of ${written} lines arrived`);
    await sleep(500);
    const total = await watermarks.total();
    if (total !== written) throw new Error(`${total} records of ${written} lines`);
    return rows(samples, written / seconds, minutes, usageOf(child.pid ?? 0).peakMiB);
  } finally {
    writer.close();
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

function rows(samples: readonly number[], rate: number, minutes: number, peakMiB: number): readonly Row[] {
  const quarter = Math.floor(samples.length / 4);
  const second = median(samples.slice(quarter, quarter * 2));
  const last = median(samples.slice(-quarter));
  return [
    {
      what: `resident memory at ${millions(rate)} lines/s over ${minutes} min, second quarter → last quarter`,
      measured: `${Math.round(second)} → ${Math.round(last)} MiB`,
      goal: 'flat: ≤ 10 MiB more',
      met: last - second <= 10,
    },
    { what: 'the most in that time', measured: `${Math.round(peakMiB)} MiB`, goal: '≤ 160 MiB', met: peakMiB <= 160 },
  ];
}

/** Copies whole lines of the source, over and over, into a file that it rotates by renaming. */
class Writer {
  readonly #from: number;
  readonly #path: string;
  readonly #piece = Buffer.alloc(pieceBytes);
  #to: number;
  #at = 0;
  #written = 0;
  #rotations = 0;
  lines = 0;

  constructor(from: string, path: string) {
    this.#from = openSync(from, 'r');
    this.#path = path;
    this.#to = openSync(path, 'a');
  }

  write(): void {
    const got = readSync(this.#from, this.#piece, 0, pieceBytes, this.#at);
    const length = this.#piece.lastIndexOf(10, got - 1) + 1;
    this.#at = got < pieceBytes ? 0 : this.#at + length;
    if (length === 0) return;
    for (let at = this.#piece.indexOf(10); at !== -1 && at < length; at = this.#piece.indexOf(10, at + 1)) this.lines += 1;
    this.#written += writeSync(this.#to, this.#piece, 0, length);
    if (this.#written >= rotateBytes) this.#rotate();
  }

  #rotate(): void {
    closeSync(this.#to);
    this.#rotations += 1;
    this.#written = 0;
    renameSync(this.#path, `${this.#path}.${this.#rotations}`);
    this.#to = openSync(this.#path, 'a');
    rmSync(`${this.#path}.${this.#rotations - keptFiles}`, { force: true });
  }

  close(): void {
    closeSync(this.#from);
    closeSync(this.#to);
  }
}
