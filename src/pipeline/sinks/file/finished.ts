/** What happens to finished files: they are compressed, and deleted by age and size. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { crashPoint } from '../../crash-point.ts';

export interface FinishedFile {
  readonly path: string;
  /** From its name: `20261123T010203045Z`. */
  readonly time: string;
  readonly bytes: number;
}

/** Which finished files have to go: the oldest first, until age and size are kept. */
export function overdue(
  files: readonly FinishedFile[],
  keep: { readonly size: number; readonly age: number },
  nowMs: number,
): readonly FinishedFile[] {
  const oldest = new Date(nowMs - keep.age).toISOString().replaceAll(/[-:.]/g, '');
  const newestFirst = [...files].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : a.path < b.path ? 1 : -1));
  let total = 0;
  return newestFirst.filter(({ time, bytes }) => {
    total += bytes;
    return time < oldest || total > keep.size;
  });
}

/** All files below a folder whose path matches; without links, and without what vanishes meanwhile. */
export async function findFinished(folder: string, pattern: RegExp): Promise<readonly FinishedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: FinishedFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const time = pattern.exec(path)?.[1];
    if (time === undefined || !entry.isFile()) continue;
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => undefined,
    );
    if (bytes !== undefined) found.push({ path, time, bytes });
  }
  return found;
}

/** The compressed file appears under its name only when all of it is on disk, and only then the plain one goes. */
export async function compressFile(path: string): Promise<void> {
  const part = `${path}.zst.part`;
  // Level 3: an archive is written once and kept for days. Its own thread does the work.
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } });
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), compress, createWriteStream(part));
  await syncPath(part);
  await rename(part, `${path}.zst`);
  crashPoint('file-sink.compressed');
  await syncPath(dirname(path));
  await unlink(path);
}

/** A plain file beside its compressed one: the process ended between the two steps. */
export const isLeftover = (path: string, all: ReadonlySet<string>): boolean => !path.endsWith('.zst') && all.has(`${path}.zst`);

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
