/**
 * Open files pass from a source that ends to one of the same name that begins: a file that was deleted or moved can be read to its end only by
 * whoever has it open.
 */
import type { Positions } from '../positions/positions.ts';
import type { TailedFile } from './tailed-file.ts';

/** For a source that does not come back. */
const keepMs = 10_000;

const kept = new WeakMap<Positions, Map<string, { readonly files: readonly TailedFile[]; readonly timer: NodeJS.Timeout }>>();

export function handOver(positions: Positions, source: string, files: readonly TailedFile[]): void {
  closeAll(takeOver(positions, source));
  const timer = setTimeout(() => closeAll(takeOver(positions, source)), keepMs);
  timer.unref();
  const sources = kept.get(positions) ?? new Map();
  kept.set(positions, sources.set(source, { files, timer }));
}

export function takeOver(positions: Positions, source: string): readonly TailedFile[] {
  const one = kept.get(positions)?.get(source);
  if (one === undefined) return [];
  clearTimeout(one.timer);
  kept.get(positions)?.delete(source);
  return one.files;
}

function closeAll(files: readonly TailedFile[]): void {
  for (const file of files) file.close();
}
