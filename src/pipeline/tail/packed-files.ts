/**
 * Rotated files that were packed (gzip, zstd). One whose unpacked bytes are those of a generation that is known is that generation: what was read of it before
 * it was packed is not read again. Offsets count unpacked bytes. One file at a time, and only when nobody writes to it any more.
 */
import type { SourceContext } from '../source.ts';
import type { Book } from './book.ts';
import { headBytes, headOf, lengthOf, readNote } from './identity.ts';
import type { OpenFiles } from './open-files.ts';
import type { Outbox } from './outbox.ts';
import { PackedReading } from './packed-reading.ts';
import type { Rotation } from './rotation.ts';
import type { TailHooks, TailSettings } from './tail.ts';
import type { Known, TailedFile } from './tailed-file.ts';
import { MarkWatch, unpack } from './unpack.ts';

export interface PackedParts {
  readonly settings: TailSettings;
  readonly context: SourceContext;
  readonly hooks: TailHooks;
  readonly book: Book;
  readonly rotation: Rotation;
  readonly open: OpenFiles;
  readonly outbox: Outbox<TailedFile>;
  trouble(file: TailedFile, cause: unknown): void;
  drop(file: TailedFile): void;
}

/** A file that ends too early is taken as it is when nobody wrote to it for so long. */
const giveUpMs = 30_000;

/** Nobody writes to a packed file that did not change for so long. */
const quietMs = 1_000;

interface State {
  size: number;
  mtimeMs: number;
  sinceMs: number;
  /** At this size and time everything was done that can be. */
  done: boolean;
}

export class PackedFiles {
  readonly #parts: PackedParts;
  readonly #states = new WeakMap<TailedFile, State>();
  #queue: TailedFile[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(parts: PackedParts) {
    this.#parts = parts;
  }

  /** `first`: it was there before this source was. */
  look(file: TailedFile, first: boolean): void {
    const { context, book, drop, settings } = this.#parts;
    if (file.queued || file.busy) return;
    if (file.place !== 'present') {
      if ((file.known?.cursor.pending ?? 0) > 0) return;
      if (file.known !== undefined) book.gone(file.known, context.clock.now());
      return drop(file);
    }
    const stats = file.statHere();
    if (stats === undefined) return;
    const state = this.#states.get(file);
    if (state === undefined || state.size !== stats.size || state.mtimeMs !== stats.mtimeMs) {
      file.size = stats.size;
      file.mtimeMs = stats.mtimeMs;
      // Packers set the time of the file last of all.
      const done = state?.done === true && state.size === stats.size;
      this.#states.set(file, { ...stats, sinceMs: context.clock.monotonicMs(), done });
      if (done) return;
      if (first && settings.startPosition === 'end') this.#passOver(file);
      // Packers give the file the time of the original when they are done: one of a while ago is complete.
      else if (context.clock.now() - stats.mtimeMs > 5_000) this.#enqueue(file);
      return;
    }
    if (!state.done && context.clock.monotonicMs() - state.sinceMs > quietMs) this.#enqueue(file);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#queue = [];
    await this.#working;
  }

  #enqueue(file: TailedFile): void {
    file.queued = true;
    this.#queue.push(file);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (let file = this.#queue.shift(); file !== undefined && !this.#closed; file = this.#queue.shift()) {
      file.queued = false;
      if (file.dropped) continue;
      file.busy = true;
      try {
        if (this.#parts.open.open(file)) await this.#workOn(file);
      } catch (cause) {
        this.#parts.trouble(file, cause);
      }
      file.busy = false;
      this.#parts.open.close(file);
    }
    this.#working = undefined;
  }

  async #workOn(file: TailedFile): Promise<void> {
    const state = this.#states.get(file);
    const fd = file.fd;
    if (state === undefined || fd === undefined || file.statHere()?.size !== state.size) return;
    if (file.known?.cursor.note.sameAs !== undefined && !state.done) this.#forget(file, file.known);
    if (file.known === undefined && !(await this.#recognise(file, fd, state))) return;
    const { known } = file;
    if (known === undefined || state.done) return;
    const reading = new PackedReading(file, known, this.#parts);
    const { complete, bytes, reason } = { reason: '', ...(await unpack(fd, file.path, (chunk, at) => reading.take(chunk, at))) };
    if (this.#closed || reading.interrupted) return;
    if (!complete && this.#parts.context.clock.monotonicMs() - state.sinceMs < giveUpMs) return;
    if (!(await reading.end()) || known.cursor.read !== file.at) return;
    if (!complete) this.#damaged(file, reason);
    state.done = true;
    file.annotate({ doneAt: bytes, size: state.size });
  }

  /** Which generation it is. False: that cannot be said before it is complete. */
  async #recognise(file: TailedFile, fd: number, state: State): Promise<boolean> {
    const { book } = this.#parts;
    const packedHead = headOf(file.bytesAt(0, headBytes));
    const before = book.ofInode(file).find((known) => isSame(known, state, packedHead) && !book.wasMadeAnew(known, file));
    const note = before && readNote(before.cursor.note);
    if (before !== undefined && note !== undefined) {
      state.done = note.doneAt !== undefined && before.cursor.acknowledged >= note.doneAt;
      this.#own(file, before, note.head);
      return true;
    }
    const { complete, match, head, reason } = await this.#search(file, fd);
    if (this.#closed || file.statHere()?.size !== state.size) return false;
    const patient = this.#parts.context.clock.monotonicMs() - state.sinceMs < giveUpMs;
    if (!complete && reason !== 'interrupted' && patient) return false;
    if (match === undefined) {
      if (head.length > 0) this.#own(file, book.create(file, headOf(head)), headOf(head));
    } else if (match.owner !== undefined) this.#alias(file, match, head, state);
    else this.#goOn(file, match, headOf(head, lengthOf(readNote(match.cursor.note)?.head)));
    return true;
  }

  /** Unpacks it once, unless its first bytes say already that it is unknown. */
  async #search(file: TailedFile, fd: number) {
    let head = Buffer.alloc(0);
    let candidates: { readonly known: Known; readonly watch: MarkWatch }[] | undefined;
    const kept: [Buffer, number][] = [];
    const outcome = await unpack(fd, file.path, (bytes, offset) => {
      if (head.length < headBytes) head = Buffer.concat([head, bytes.subarray(0, headBytes - head.length)]);
      if (candidates === undefined) kept.push([bytes, offset]);
      if (candidates === undefined && head.length === headBytes) candidates = this.#watches(head, kept);
      else for (const { watch } of candidates ?? []) watch.see(bytes, offset);
      return !this.#closed && candidates?.length !== 0;
    });
    candidates ??= this.#watches(head, kept);
    const match = candidates.find(({ known, watch }) => watch.matches && known.cursor.read <= outcome.bytes)?.known;
    return { head, match, reason: '', ...outcome };
  }

  #watches(head: Buffer, seen: readonly (readonly [Buffer, number])[]): { readonly known: Known; readonly watch: MarkWatch }[] {
    return this.#parts.book.ofHead(head).map((known) => {
      const watch = new MarkWatch(readNote(known.cursor.note)?.mark, known.cursor.acknowledged);
      for (const [bytes, offset] of seen) watch.see(bytes, offset);
      return { known, watch };
    });
  }

  /** The generation is still read from its own file: nothing of this one is needed. */
  #alias(file: TailedFile, match: Known, head: Buffer, state: State): void {
    const { book, context } = this.#parts;
    const original = readNote(match.cursor.note)?.path;
    this.#own(file, book.create(file, headOf(head)), headOf(head));
    file.annotate({ sameAs: match.generation, doneAt: 0, size: state.size });
    state.done = true;
    context.log.event('pipeline.file.archive-known', { path: file.path, original });
  }

  #goOn(file: TailedFile, match: Known, head: string): void {
    const original = readNote(match.cursor.note)?.path;
    this.#parts.rotation.found(match);
    this.#own(file, match, head);
    this.#parts.context.log.event('pipeline.file.copied', { path: file.path, original, from: file.at });
  }

  #own(file: TailedFile, known: Known, head: string): void {
    this.#parts.book.own(known, file, head);
    file.annotate({ packed: true, packedHead: headOf(file.bytesAt(0, headBytes)) });
    file.rotated = true;
    file.stream = { ...this.#parts.hooks.stream(file.path, known.generation, file), fleeting: true };
    file.at = known.cursor.read;
    known.cursor.onRewind(() => {
      const state = this.#states.get(file);
      if (state !== undefined) state.done = false;
    });
  }

  /** It was known for what it held, and holds something else now. */
  #forget(file: TailedFile, known: Known): void {
    this.#parts.book.gone(known, this.#parts.context.clock.now());
    file.known = undefined;
  }

  /** It is from before the beginning. */
  #passOver(file: TailedFile): void {
    const state = this.#states.get(file);
    const { open, book, trouble } = this.#parts;
    try {
      if (state === undefined || !open.open(file)) return;
      state.done = true;
      this.#own(file, book.create(file, headOf(Buffer.alloc(0))), headOf(Buffer.alloc(0)));
      file.annotate({ doneAt: 0, size: state.size });
      open.close(file);
    } catch (cause) {
      trouble(file, cause);
    }
  }

  #damaged(file: TailedFile, reason: string): void {
    this.#parts.context.counters.errors += 1;
    this.#parts.context.log.event('pipeline.file.archive-damaged', { path: file.path, reason });
  }
}

/** Packed bytes differ from the first KiB on: with their number they say that it is the same file, whatever its time. */
function isSame({ cursor }: Known, { size }: State, packedHead: string): boolean {
  const note = readNote(cursor.note);
  return note?.packed === true && note.size === size && note.packedHead === packedHead;
}
