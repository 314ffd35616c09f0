/** The files of positions on a disk: `positions.N`, the one with the highest N counts, the one before it is kept in reserve. */
import { join } from 'node:path';
import { crashPoint } from '../crash-point.ts';
import type { Disk, DiskFile } from '../disk.ts';
import type { Entry, Line } from './record.ts';
import { encodeLine, readLines, version } from './record.ts';

/** Entries of one line: small enough that a line is checked and parsed in a moment. */
const portion = 500;

const numberOf = (name: string): number | undefined => {
  const digits = /^positions\.(\d{1,15})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export interface Loaded {
  readonly lines: readonly Line[];
  /** Of the file that was used, 0 for none. */
  readonly number: number;
  /** Files that could not be used, newest first. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
  readonly highest: number;
}

export async function load(dir: string, disk: Disk): Promise<Loaded> {
  await disk.makeDir(dir);
  const numbers = (await disk.list(dir)).flatMap((name) => numberOf(name) ?? []).sort((a, b) => b - a);
  const damaged: { path: string; reason: string }[] = [];
  for (const number of numbers) {
    const path = join(dir, `positions.${number}`);
    const read = await readWhole(path, disk).then(readLines, (cause: unknown) => ({ ok: false, reason: reasonOf(cause) }) as const);
    if (read.ok) return { lines: read.lines, number, damaged, highest: numbers[0] ?? 0 };
    damaged.push({ path, reason: read.reason });
  }
  return { lines: [], number: 0, damaged, highest: numbers[0] ?? 0 };
}

async function readWhole(path: string, disk: Disk): Promise<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

/** A file that was written whole and is open for its journal. */
export interface Journal {
  readonly bytes: number;
  append(line: Line): Promise<void>;
  close(): Promise<void>;
}

/** Writes a picture of all entries as file N, which counts from the moment it has its name; files older than the one before are taken away. */
export async function writeWhole(dir: string, disk: Disk, number: number, entries: readonly Entry[]): Promise<Journal> {
  const path = join(dir, `positions.${number}`);
  const temporary = `${path}.tmp`;
  await disk.unlink(temporary).catch(() => {}); // left behind by a crash
  const file = await disk.open(temporary, 'create');
  try {
    const buffers = [...picture(entries)].map(encodeLine);
    await file.write(buffers, 0);
    crashPoint('positions.whole.written');
    await file.datasync();
    crashPoint('positions.whole.synced');
    await disk.rename(temporary, path);
    crashPoint('positions.whole.renamed');
    await disk.syncDir(dir);
    await sweep(dir, disk, number);
    return openJournal(
      file,
      buffers.reduce((sum, { length }) => sum + length, 0),
    );
  } catch (cause) {
    await file.close().catch(() => {});
    throw cause;
  }
}

function* picture(entries: readonly Entry[]): Iterable<Line> {
  yield { fairlead: 'positions', version };
  for (let at = 0; at < entries.length; at += portion) yield { entries: entries.slice(at, at + portion) };
  yield { whole: true };
}

function openJournal(file: DiskFile, begin: number): Journal {
  let at = begin;
  return {
    get bytes() {
      return at;
    },
    async append(line) {
      const bytes = encodeLine(line);
      await file.write([bytes], at);
      crashPoint('positions.journal.written');
      await file.datasync();
      crashPoint('positions.journal.synced');
      at += bytes.length;
    },
    close: () => file.close(),
  };
}

/** What cannot be taken away is in nobody's way: it is tried again with the next picture. */
async function sweep(dir: string, disk: Disk, number: number): Promise<void> {
  const names = await disk.list(dir).catch(() => []);
  for (const name of names) {
    const other = numberOf(name);
    const old = other !== undefined && other < number - 1;
    const abandoned = name.endsWith('.tmp');
    if (old || abandoned) await disk.unlink(join(dir, name)).catch(() => {});
  }
}

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
