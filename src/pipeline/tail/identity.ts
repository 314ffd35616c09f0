/**
 * How a file is known again. Device and inode say which file it is now; an inode is used again, and the same file is written anew, so what was
 * read of it must still be there too: the head (its first bytes, at most 1 KiB, more as it grows) and the mark (its last bytes before a place).
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c } from '../kernel/crc32c.ts';

export const headBytes = 1024;
export const markBytes = 128;

/** `LENGTH.HASH` of the first bytes. */
export function headOf(bytes: Buffer, length = Math.min(bytes.length, headBytes)): string {
  return `${length}.${hash('sha256', bytes.subarray(0, length), 'hex').slice(0, 24)}`;
}

/** How many bytes a head is of; 0 when there is none. */
export const lengthOf = (headOrMark: string | undefined): number => Number.parseInt(headOrMark ?? '', 10) || 0;

/** `LENGTH.HASH` of bytes[end − length, end). */
export function markOf(bytes: Buffer, end: number, length: number): string {
  const last = bytes.subarray(end - length, end);
  return `${length}.${(crc32(last) >>> 0).toString(16)}${crc32c(last).toString(16)}`;
}

/** What is remembered of a file beside its offsets. */
export interface FileNote {
  readonly dev: number;
  readonly ino: number;
  /** When it was made, by the file system. */
  readonly birthMs?: number;
  readonly path: string;
  readonly head: string;
  /** It was renamed, or is a copy: nobody writes to it any more. */
  readonly rotated?: boolean;
  /** Of what precedes the acknowledged offset; kept by the cursor. */
  readonly mark?: string;
  /** When the note was made. */
  readonly size: number;
  /** Its bytes are packed; offsets are those of the unpacked ones. */
  readonly packed?: boolean;
  /** Of the packed bytes. */
  readonly packedHead?: string;
  /** A packed file was read to its end, at this offset; 0 when nothing of it was needed. */
  readonly doneAt?: number;
  /** Of a packed file: the generation whose bytes it holds. */
  readonly sameAs?: string;
  /** The offset of a record that was cut, and whose rest is not read to its end yet. */
  readonly cutAt?: number | undefined;
  readonly goneMs?: number;
}

export function readNote(note: Readonly<Record<string, unknown>>): FileNote | undefined {
  const { dev, ino, path, head, size } = note;
  if (typeof dev !== 'number' || typeof ino !== 'number' || typeof path !== 'string') return undefined;
  if (typeof head !== 'string' || typeof size !== 'number') return undefined;
  // The optional ones are written by this module alone, under a checksum.
  return note as unknown as FileNote;
}

export const keyOf = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev}:${ino}`;

/** How the file may have been called that a rotation copied or renamed to this name: app.log.1, app.log-20260101.gz, app-20260101.log. */
export function originalNames(name: string): readonly string[] {
  const plain = name.replace(/\.(gz|zst|zstd)$/, '');
  const names = new Set(plain === name ? [] : [plain]);
  for (const { index } of plain.matchAll(/[._~-]/g)) if (index > 0) names.add(plain.slice(0, index));
  const inside = [/^(.+?)[._-]?\d[\dT:_.-]*(\.[A-Za-z]\w*)$/, /^(.+)[._-]\d{6,}[\dT:_.-]*(\.[A-Za-z]\w*)$/];
  for (const pattern of inside) {
    const [, stem, extension] = pattern.exec(plain) ?? [];
    if (stem !== undefined && extension !== undefined) names.add(stem + extension);
  }
  return [...names];
}

/** Nobody writes to a file of such a name, if the file without the ending is there. */
export const looksRotated = (name: string): boolean => /(?:[._-]\d[\d._T:-]*(?:\.[A-Za-z]\w*)?|\.(?:old|bak|prev)|~)$/.test(name);

export const isPackedName = (path: string): boolean => /\.(gz|zst|zstd)$/.test(path);
