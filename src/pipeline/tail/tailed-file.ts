import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Cursor } from '../positions/positions.ts';
import type { Stream } from '../stream.ts';
import type { FileNote } from './identity.ts';
import { keyOf, lengthOf, markBytes, markOf } from './identity.ts';
import type { FileView, Place } from './tail.ts';

/** A generation: one life of a file, with where it stands. */
export interface Known {
  readonly generation: string;
  readonly cursor: Cursor;
  /** Who reads it now. */
  owner: TailedFile | undefined;
}

/** A file that is looked at. Most of the time it is only a few numbers: there may be ten thousand of them. */
export class TailedFile implements FileView {
  path: string;
  readonly dev: number;
  readonly ino: number;
  /** When the file was made; 0 where the file system does not say. */
  readonly birthMs: number;
  /** Where the path leads when it is a symbolic link: its folder does not tell of changes there. */
  readonly target: string | undefined;
  fd: number | undefined;
  /** Undefined as long as it is empty, ignored, held back or cannot be read. */
  known: Known | undefined;
  stream: (Stream & { fleeting?: boolean }) | undefined;
  place: Place = 'present';
  /** It holds packed bytes: `at` counts unpacked ones. */
  packed = false;
  /** It was renamed: whoever wrote to it will stop. */
  rotated = false;

  /** Where to read next, and the mark of what precedes it. */
  at = 0;
  mark: string | undefined;
  size: number;
  /** Before it was looked at the last time. */
  formerSize = 0;
  mtimeMs: number;
  /** Of the head that was noted. */
  headLength = 0;
  /** Monotonic. */
  grewAtMs: number;
  awaySinceMs = 0;
  /** The size at which nothing complete was behind `at`, and when that was found out. */
  tried = -1;
  triedAtMs = 0;
  /** Bytes that the next read should bring, when a slab does not hold the record. */
  need = 0;
  /** Records per read that the index has no room for: then less is read. */
  chunkBytes = Number.POSITIVE_INFINITY;
  /** The record at this offset was cut and its rest is being skipped. */
  cutAt: number | undefined;
  /** Its size when it was found and was too old. */
  ignoredAt: number | undefined;
  trouble: string | undefined;
  queued = false;
  busy = false;
  hot = false;
  dropped = false;

  constructor(path: string, stats: Stats, target: string | undefined, nowMs: number) {
    this.path = path;
    this.dev = stats.dev;
    this.ino = stats.ino;
    this.birthMs = stats.birthtimeMs;
    this.target = target;
    this.size = stats.size;
    this.mtimeMs = stats.mtimeMs;
    this.grewAtMs = nowMs;
  }

  get key(): string {
    return keyOf(this);
  }

  get generation(): string {
    return this.known?.generation ?? '';
  }

  /** Rotated away or gone: its last line will get no end any more. */
  get ending(): boolean {
    return this.rotated || this.place !== 'present';
  }

  /** Everything was read that can be. */
  get drained(): boolean {
    return this.at >= this.size || this.tried === this.size;
  }

  /** Size and time of what its path leads to; undefined when it is another file, or none. */
  statHere(): { readonly size: number; readonly mtimeMs: number } | undefined {
    try {
      const stats = statSync(this.path, { throwIfNoEntry: false });
      return stats === undefined || keyOf(stats) !== this.key ? undefined : { size: stats.size, mtimeMs: stats.mtimeMs };
    } catch {
      return undefined;
    }
  }

  /** Opens it, unless the path leads to another file by now. Throws what the system says. */
  open(): boolean {
    if (this.fd !== undefined) return true;
    // O_NONBLOCK: should a FIFO have taken its place, nobody waits for a writer.
    const fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (stats.dev !== this.dev || stats.ino !== this.ino || !stats.isFile()) {
      closeSync(fd);
      return false;
    }
    this.fd = fd;
    return true;
  }

  close(): void {
    if (this.fd === undefined) return;
    closeSync(this.fd);
    this.fd = undefined;
  }

  /** At most `length` bytes; fewer at the end. The file is open. */
  bytesAt(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return this.fd === undefined ? bytes.subarray(0, 0) : bytes.subarray(0, readSync(this.fd, bytes, 0, length, position));
  }

  /** Of the bytes before an offset; undefined when they are not there. */
  markAt(offset: number, length = Math.min(markBytes, offset)): string | undefined {
    const bytes = this.bytesAt(offset - length, length);
    return bytes.length === length ? markOf(bytes, length, length) : undefined;
  }

  moveTo(at: number): void {
    this.at = at;
    this.mark = at === 0 ? undefined : this.markAt(at);
    this.tried = -1;
    this.need = 0;
    if (this.cutAt !== undefined && at <= this.cutAt) this.cutAt = undefined;
  }

  /** Changes what is remembered of it. */
  annotate(change: Partial<FileNote>): void {
    if (this.known === undefined) return;
    this.known.cursor.note = { ...this.known.cursor.note, ...change };
  }

  /** The bytes before the acknowledged offset are those that were noted. */
  hasMark(mark: string | undefined, offset: number): boolean {
    const length = lengthOf(mark);
    return mark === undefined || (offset <= this.size && this.markAt(offset, length) === mark);
  }
}
