/** Which generation a file is, and when one ends: found, known again, written anew, finished. */
import { fstatSync } from 'node:fs';
import type { SourceContext } from '../source.ts';
import type { Book } from './book.ts';
import { headBytes, headOf, readNote } from './identity.ts';
import type { OpenFiles } from './open-files.ts';
import type { Rotation } from './rotation.ts';
import { startOf } from './start.ts';
import type { TailHooks, TailSettings } from './tail.ts';
import type { Known, TailedFile } from './tailed-file.ts';

export interface LivesParts {
  readonly settings: TailSettings;
  readonly context: SourceContext;
  readonly hooks: TailHooks;
  readonly book: Book;
  readonly rotation: Rotation;
  readonly open: OpenFiles;
  readonly byPath: ReadonlyMap<string, TailedFile>;
  /** Something is to be read of it. */
  wake(file: TailedFile): void;
  trouble(file: TailedFile, cause: unknown): void;
  /** Nothing more is to be done with it. */
  drop(file: TailedFile): void;
}

export class Lives {
  readonly #parts: LivesParts;
  /** Nothing was known of this source before, and what is found now was there before it. */
  first: boolean;

  constructor(parts: LivesParts) {
    this.#parts = parts;
    this.first = !parts.book.startedBefore;
  }

  /** Finds out which generation the file is; does nothing yet for one that is empty, too old, or looks like a copy. False: its path leads elsewhere. */
  identify(file: TailedFile): boolean {
    const { rotation, open, byPath, context } = this.#parts;
    try {
      if (!open.open(file)) return false;
      this.#measure(file);
      const head = file.bytesAt(0, headBytes);
      file.trouble = undefined;
      if (head.length === 0 || file.ignoredAt === file.size) return true;
      const known = this.#ofInode(file, head) ?? rotation.generationOf(file, head);
      if (known !== undefined) this.#adopt(file, known, head);
      else if (this.first || !rotation.hold(file, byPath, context.clock.monotonicMs())) this.#begin(file, head);
    } catch (cause) {
      this.#parts.trouble(file, cause);
    }
    return true;
  }

  /** The open file begins as it did when it was found. */
  hasHead(file: TailedFile): boolean {
    const head = file.bytesAt(0, file.headLength);
    return head.length === file.headLength && headOf(head) === file.known?.cursor.note.head;
  }

  /** It was open in a source of the same name before. */
  takeOver(file: TailedFile): boolean {
    const known = this.#parts.book.of(file.generation);
    if (known === undefined || known.owner !== undefined) return false;
    known.owner = file;
    file.known = known;
    this.#follow(file, known);
    return true;
  }

  /** What precedes the cursor is not what was read: the generation has lost its file, and the file begins another one. */
  rewritten(file: TailedFile): void {
    const { known } = file;
    if (known === undefined) return;
    const { context, rotation, book } = this.#parts;
    const nowMs = context.clock.monotonicMs();
    context.log.event('pipeline.file.truncated', { path: file.path, at: file.at });
    this.#parts.hooks.finished?.(file);
    rotation.orphan(known, file.path, Math.max(0, file.formerSize - file.at), nowMs);
    file.known = undefined;
    file.stream = undefined;
    file.cutAt = undefined;
    file.moveTo(0);
    for (const copy of rotation.copiesOf(file)) {
      const head = copy.bytesAt(0, headBytes);
      if (known.owner === undefined && book.fits(known, copy, head)) this.#adopt(copy, known, head);
    }
    if (!this.identify(file)) this.#parts.drop(file);
  }

  /** Read to its end, delivered, and nothing more will come. */
  finish(file: TailedFile): void {
    const { book, context, hooks, drop } = this.#parts;
    if (file.known !== undefined) {
      hooks.finished?.(file);
      file.known.cursor.onRewind(undefined);
      // Its inode is free: whoever has it next is another file.
      if (file.place === 'deleted') book.orphan(file.known);
      book.gone(file.known, context.clock.now());
    }
    drop(file);
  }

  #measure(file: TailedFile): void {
    if (file.fd === undefined) return;
    const { size, mtimeMs } = fstatSync(file.fd);
    file.size = size;
    file.formerSize = size;
    file.mtimeMs = mtimeMs;
  }

  #ofInode(file: TailedFile, head: Buffer): Known | undefined {
    const { book, rotation, context } = this.#parts;
    for (const known of book.ofInode(file)) {
      const anew = book.wasMadeAnew(known, file);
      if (!anew && book.fits(known, file, head)) return known;
      if (anew) continue;
      const unread = (readNote(known.cursor.note)?.size ?? 0) - known.cursor.read;
      rotation.orphan(known, file.path, Math.max(0, unread), context.clock.monotonicMs());
    }
    return undefined;
  }

  #adopt(file: TailedFile, known: Known, head: Buffer): void {
    const { book, rotation, context } = this.#parts;
    const note = readNote(known.cursor.note);
    const copied = note !== undefined && note.ino !== file.ino;
    file.rotated = note?.rotated === true || (note !== undefined && note.path !== file.path);
    if (note?.cutAt !== undefined && note.cutAt < known.cursor.read) file.cutAt = note.cutAt;
    rotation.found(known);
    rotation.drop(file);
    book.own(known, file, headOf(head));
    if (file.rotated) file.annotate({ rotated: true });
    this.#follow(file, known);
    const { path, at: from } = file;
    if (copied) context.log.event('pipeline.file.copied', { path, from, original: note.path });
    else context.log.event('pipeline.file.opened', { path, from, why: 'it is known' });
  }

  #begin(file: TailedFile, head: Buffer): void {
    const { book, settings, context } = this.#parts;
    const known = book.create(file, headOf(head));
    const from = file.ignoredAt ?? (this.first && settings.startPosition === 'end' ? startOf(file, settings.framer) : 0);
    if (from > 0) known.cursor.take(0, from, file.markAt(from)).release();
    this.#follow(file, known);
    context.log.event('pipeline.file.opened', { path: file.path, from, why: 'it is new' });
  }

  /** From where its cursor stands. */
  #follow(file: TailedFile, known: Known): void {
    file.stream = { ...this.#parts.hooks.stream(file.path, known.generation, file), ...(file.ending ? { fleeting: true } : {}) };
    file.moveTo(known.cursor.read);
    known.cursor.onRewind((to) => this.#rewind(file, to));
    this.#parts.wake(file);
  }

  #rewind(file: TailedFile, to: number): void {
    try {
      this.#parts.open.open(file);
    } catch (cause) {
      this.#parts.trouble(file, cause);
    }
    file.moveTo(to);
    this.#parts.wake(file);
  }
}
