/** One task after the other beside the writing: compresses what was finished and deletes what is too much. */
import { unlink } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../observe/log.ts';
import { compressFile, findFinished, isLeftover, overdue } from './finished.ts';
import { finishedPattern, fixedFolder } from './path-template.ts';
import type { FileSettings } from './settings.ts';

export interface Housekeeping {
  /** Compresses all that is finished and deletes what is too old or too much; once more when it is asked for meanwhile. Never rejects. */
  tidy(): Promise<void>;
  /** Begins nothing more; resolves when what it was doing is done. */
  close(): Promise<void>;
}

export function createHousekeeping(settings: FileSettings, clock: Clock, log: Log): Housekeeping {
  const folder = fixedFolder(settings.path);
  const pattern = finishedPattern(settings.path);
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  const round = async () => {
    const files = await findFinished(folder, pattern);
    const all = new Set(files.map(({ path }) => path));
    for (const { path } of files) {
      if (closed) return;
      if (isLeftover(path, all)) await unlink(path);
      else if (settings.compression === 'zstd' && !path.endsWith('.zst')) await compressFile(path);
    }
    const rest = await findFinished(folder, pattern);
    for (const { path, bytes } of overdue(rest, settings.keep, clock.now())) {
      await unlink(path);
      log.event('pipeline.file-sink.deleted', { path, bytes });
    }
  };

  const run = async () => {
    do {
      again = false;
      await round().catch((error: unknown) => log.event('pipeline.file-sink.untidy', { folder, reason: reasonOf(error) }));
    } while (again && !closed);
  };

  return {
    tidy() {
      again = true;
      running ??= run().finally(() => {
        running = undefined;
      });
      return running;
    },
    async close() {
      closed = true;
      await running;
    },
  };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
