import type { SourceLag } from '../source.ts';
import type { TailedFile } from './tailed-file.ts';

/** Bytes that are there and not yet acknowledged. */
export const lagOf = ({ known, size }: TailedFile): number => (known === undefined ? 0 : Math.max(0, size - known.cursor.acknowledged));

export function largestLags(files: Iterable<TailedFile>, limit: number): readonly SourceLag[] {
  return [...files]
    .filter(({ known }) => known !== undefined)
    .sort((a, b) => lagOf(b) - lagOf(a))
    .slice(0, limit)
    .map(shown);
}

function shown(file: TailedFile): SourceLag {
  const note = file.place !== 'present' ? file.place : file.packed ? 'packed' : file.rotated ? 'rotated' : undefined;
  const { path: name, size } = file;
  return { name, acknowledged: file.known?.cursor.acknowledged ?? 0, read: file.at, size, ...(note === undefined ? {} : { note }) };
}
