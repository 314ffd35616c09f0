import type { Framer } from '../framing/framer.ts';
import type { TailedFile } from './tailed-file.ts';

const lookedBackBytes = 64 << 10;

/** The end of the file, or the beginning of the record that is being written there. The file is open. */
export function startOf(file: TailedFile, framer: Framer): number {
  // An even distance, for units of two bytes.
  const before = Math.max(0, file.size - lookedBackBytes);
  const from = before - (before % 2);
  const bytes = file.bytesAt(from, file.size - from);
  let behind = -1;
  for (let next = framer.skip(bytes, 0, bytes.length); next !== -1; next = framer.skip(bytes, next, bytes.length)) behind = next;
  if (behind !== -1) return from + behind;
  return from === 0 ? 0 : file.size;
}
