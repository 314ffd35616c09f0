/**
 * Rotation by copying: app.log is copied to app.log.1 and then truncated. The copy is another file with bytes that were read already, and maybe
 * with bytes that were not, which exist nowhere else any more.
 *
 * A file that looks like such a copy is held back for a moment. When its original is truncated, the generation goes on in the copy; when it is
 * not, the file is one of its own. A generation whose file was truncated waits for a moment for a copy of it to be found.
 */
import { fstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Book } from './book.ts';
import { headBytes, headOf, originalNames } from './identity.ts';
import type { Known, TailedFile } from './tailed-file.ts';

/** Since the copy grew last. */
const holdMs = 2_000;
const orphanMs = 5_000;

interface Orphan {
  readonly known: Known;
  readonly path: string;
  /** Bytes that were there and were not read. */
  readonly unread: number;
  readonly sinceMs: number;
}

export interface RotationEvents {
  lost(path: string, bytes: number, how: string): void;
}

export class Rotation {
  readonly #book: Book;
  readonly #events: RotationEvents;
  #orphans: Orphan[] = [];
  readonly #held = new Map<TailedFile, TailedFile>();

  constructor(book: Book, events: RotationEvents) {
    this.#book = book;
    this.#events = events;
  }

  /** The bytes of this generation are no longer in its file. */
  orphan(known: Known, path: string, unread: number, nowMs: number): void {
    this.#book.orphan(known);
    known.cursor.onRewind((to) => this.#events.lost(path, known.cursor.acknowledged + known.cursor.pending - to, 'before they were sent'));
    this.#orphans.push({ known, path, unread, sinceMs: nowMs });
  }

  /** The generation whose bytes the file holds, that lost its own file a moment ago or before the start. */
  generationOf(file: TailedFile, head: Buffer): Known | undefined {
    const names = originalPaths(file.path);
    const orphan = this.#orphans.find(({ known, path }) => names.includes(path) && this.#book.fits(known, file, head));
    return orphan?.known ?? this.#book.copiedIn(file, head);
  }

  /** Its bytes were found. */
  found(known: Known): void {
    this.#orphans = this.#orphans.filter((orphan) => orphan.known !== known);
  }

  /** Whether the file has to wait, because it looks like a copy of one of those that are read at these paths. */
  hold(file: TailedFile, byPath: ReadonlyMap<string, TailedFile>, nowMs: number): boolean {
    for (const path of originalPaths(file.path)) {
      const original = byPath.get(path);
      if (original?.known === undefined || original.at === 0 || nowMs - file.grewAtMs > holdMs) continue;
      // Truncated between two looks: at the next one the generation is without a file, and this one may be where it goes on.
      if (!isBeginningOf(file, original) && !hasShrunk(original)) continue;
      this.#held.set(file, original);
      return true;
    }
    this.#held.delete(file);
    return false;
  }

  /** Copies that were held back for this original, which was truncated now. */
  copiesOf(original: TailedFile): readonly TailedFile[] {
    const copies = [...this.#held].flatMap(([copy, of]) => (of === original ? [copy] : []));
    for (const copy of copies) this.#held.delete(copy);
    return copies;
  }

  drop(file: TailedFile): void {
    this.#held.delete(file);
  }

  /** Counts what nobody found. */
  expire(nowMs: number): void {
    if (this.#orphans.length === 0) return;
    const old = this.#orphans.filter(({ sinceMs }) => nowMs - sinceMs > orphanMs);
    this.#orphans = this.#orphans.filter(({ sinceMs }) => nowMs - sinceMs <= orphanMs);
    for (const { path, unread } of old) if (unread > 0) this.#events.lost(path, unread, 'truncated or written anew');
  }

  /** Counts what nobody can find any more. */
  close(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }
}

/** Where the file may have been that a rotation copied or moved to this path. */
export const originalPaths = (path: string): readonly string[] => originalNames(basename(path)).map((name) => join(dirname(path), name));

/** Both are open. Their first and the copy's last KiB say enough: it is looked at only for files whose names say the same. */
function isBeginningOf(copy: TailedFile, original: TailedFile): boolean {
  if (copy.size > original.size || copy.size === 0) return false;
  const tail = Math.min(headBytes, copy.size);
  return (
    headOf(copy.bytesAt(0, tail)) === headOf(original.bytesAt(0, tail)) &&
    copy.bytesAt(copy.size - tail, tail).equals(original.bytesAt(copy.size - tail, tail))
  );
}

const hasShrunk = ({ fd, size }: TailedFile): boolean => fd !== undefined && fstatSync(fd).size < size;
