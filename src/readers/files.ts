import { Buffer } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { SourceText } from '../core/text.ts';

/** Larger files are refused before they are read: no file that people write by hand is near it. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

export type FileResult =
  | { readonly ok: true; readonly source: SourceText }
  | { readonly ok: false; readonly reason: 'missing' | 'not-a-file' | 'too-large' | 'not-utf8' | 'unreadable'; readonly message: string };

/**
 * What readers see of the disk. A fix is proven by reading again through `withOverlay`, where the patched texts
 * lie over the real ones; nothing is written for it.
 */
export interface Files {
  /** Reads a text. Paths are resolved against the working directory; `SourceText.file` keeps the path as given. */
  read(path: string): FileResult;
  exists(path: string): boolean;
}

export const diskFiles: Files = {
  read: readFromDisk,
  exists: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
};

/** `files` with some texts replaced; keys are absolute paths. */
export function withOverlay(files: Files, overlay: ReadonlyMap<string, string>): Files {
  const find = (path: string) => overlay.get(isAbsolute(path) ? path : resolve(path));
  return {
    read: (path) => {
      const text = find(path);
      return text === undefined ? files.read(path) : { ok: true, source: new SourceText(path, text) };
    },
    exists: (path) => find(path) !== undefined || files.exists(path),
  };
}

function readFromDisk(path: string): FileResult {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { ok: false, reason: 'missing', message: 'no such file' };
    if (!stat.isFile()) return { ok: false, reason: 'not-a-file', message: 'not a regular file' };
    if (stat.size > MAX_FILE_BYTES)
      return { ok: false, reason: 'too-large', message: `${stat.size} bytes; files over ${MAX_FILE_BYTES} bytes are not read` };
    return decode(path, readFileSync(path));
  } catch (error) {
    return { ok: false, reason: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Bytes as UTF-8; what is not UTF-8 is refused with the place of the first wrong byte. */
export function decode(path: string, bytes: Uint8Array): FileResult {
  try {
    return { ok: true, source: new SourceText(path, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) };
  } catch {
    return { ok: false, reason: 'not-utf8', message: `not UTF-8 at ${placeOf(bytes, firstInvalidByte(bytes))}; save it as UTF-8` };
  }
}

/** Line and column (in bytes, both from 1): there are no characters to count yet. */
function placeOf(bytes: Uint8Array, offset: number): string {
  const before = bytes.subarray(0, offset);
  const line = before.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 1);
  return `line ${line}, byte ${offset - before.lastIndexOf(0x0a)} of it`;
}

function firstInvalidByte(bytes: Uint8Array): number {
  const lossy = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  for (let at = lossy.indexOf('\ufffd'); at !== -1; at = lossy.indexOf('\ufffd', at + 1)) {
    const offset = Buffer.byteLength(lossy.slice(0, at), 'utf8');
    // A replacement character may really be in the file, as EF BF BD.
    if (!(bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd)) return offset;
  }
  return bytes.length;
}
