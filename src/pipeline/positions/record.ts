/**
 * What a file of positions is made of: lines of text, each `CRC32C SPACE JSON LF`, the checksum in eight hex digits over the JSON's bytes.
 *
 * The first line is the head, `{"fairlead":"positions","version":1}`; then come entries in portions; the line `{"whole":true}` ends the picture
 * that the file was begun with. What follows is the journal: one line for each flush, with the entries that changed.
 */
import { crc32c } from '../kernel/crc32c.ts';

export interface Entry {
  readonly source: string;
  readonly key: string;
  readonly acknowledged: number;
  readonly note: Readonly<Record<string, unknown>>;
  /** When somebody last said that what it stands for is there. */
  readonly seenMs: number;
}

export type Line =
  | { readonly fairlead: 'positions'; readonly version: number }
  | { readonly entries?: readonly Entry[]; readonly gone?: readonly (readonly [source: string, key: string])[] }
  | { readonly whole: true };

export const version = 1;

export function encodeLine(line: Line): Buffer {
  const json = Buffer.from(JSON.stringify(line));
  return Buffer.concat([Buffer.from(`${crc32c(json).toString(16).padStart(8, '0')} `), json, Buffer.from('\n')]);
}

export type ReadFile =
  | { readonly ok: true; readonly lines: readonly Line[] /** Bytes behind the last line that is right. */; readonly tornBytes: number }
  | { readonly ok: false; readonly reason: string };

/**
 * The picture must be whole. A line of the journal that is not right ends it, without an error: it is what a power cut leaves behind of
 * the last flush, and what it said was promised to nobody.
 */
export function readLines(bytes: Buffer): ReadFile {
  const lines: Line[] = [];
  let whole = false;
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at);
    const line = end === -1 ? undefined : decodeLine(bytes, at, end);
    if (line === undefined) break;
    if (lines.length === 0 && !('fairlead' in line && line.fairlead === 'positions'))
      return { ok: false, reason: 'it is no file of positions' };
    if ('version' in line && line.version > version) return { ok: false, reason: `a newer version wrote it (format ${line.version})` };
    if ('whole' in line) whole = true;
    lines.push(line);
    at = end + 1;
  }
  return whole ? { ok: true, lines, tornBytes: bytes.length - at } : { ok: false, reason: `a line at byte ${at} is not as it was written` };
}

function decodeLine(bytes: Buffer, from: number, to: number): Line | undefined {
  if (to - from < 10 || bytes[from + 8] !== 32) return undefined;
  if (Number.parseInt(bytes.toString('latin1', from, from + 8), 16) !== crc32c(bytes, from + 9, to)) return undefined;
  // The checksum says that these are the bytes that encodeLine wrote.
  return JSON.parse(bytes.toString('utf8', from + 9, to)) as Line;
}
