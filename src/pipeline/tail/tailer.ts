/** Tails files: finds them, looks at them as often as needed, reads what is new, and keeps them open until everything of them was delivered. */
import type { Stats } from 'node:fs';
import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { Flush } from '../framing/framer.ts';
import type { Source, SourceContext, SourceLag } from '../source.ts';
import { Book } from './book.ts';
import { Finder, inTurns } from './finder.ts';
import { handOver, takeOver } from './handover.ts';
import { isPackedName, keyOf, looksRotated, readNote } from './identity.ts';
import { lagOf, largestLags } from './lag.ts';
import { Lives } from './lives.ts';
import { OpenFiles } from './open-files.ts';
import { Pace } from './pace.ts';
import { PackedFiles } from './packed-files.ts';
import { keyAt, statOf, targetOf } from './paths.ts';
import { Reader } from './reader.ts';
import { originalPaths, Rotation } from './rotation.ts';
import type { TailHooks, TailSettings } from './tail.ts';
import { TailedFile } from './tailed-file.ts';

/** A deleted file takes room on the disk as long as it is open, and hardly anybody writes to it any more. */
const closeDeletedAfterMs = 10_000;
/** A file that was closed and left its path is found under another one within this. */
const lookForMs = 5_000;
/** A long record that grows is not looked through again for every byte. */
const longRecordBytes = 64 << 10;
const longRecordMs = 200;

export async function startTailing(settings: TailSettings, context: SourceContext, hooks: TailHooks): Promise<Source> {
  const tailer = new Tailer(settings, context, hooks);
  await tailer.start();
  return tailer;
}

class Tailer implements Source {
  readonly #settings: TailSettings;
  readonly #context: SourceContext;
  readonly #files = new Map<string, TailedFile>();
  readonly #byPath = new Map<string, TailedFile>();
  readonly #open: OpenFiles;
  readonly #book: Book;
  readonly #rotation: Rotation;
  readonly #lives: Lives;
  readonly #reader: Reader;
  readonly #finder: Finder;
  readonly #packed: PackedFiles;
  readonly #pace = new Pace();
  readonly #troubled = new Set<TailedFile>();
  #cancelTimer = () => {};
  #closed = false;

  constructor(settings: TailSettings, context: SourceContext, hooks: TailHooks) {
    this.#settings = settings;
    this.#context = context;
    this.#open = new OpenFiles(settings.maxOpenFiles);
    this.#book = new Book(context.name, context.positions);
    this.#rotation = new Rotation(this.#book, { lost: (path, bytes, how) => this.#lost(path, bytes, how) });
    const trouble = (file: TailedFile, cause: unknown) => this.#trouble(file, cause);
    this.#reader = new Reader(settings, context, hooks, {
      open: (file) => this.#open.open(file),
      flushOf: (file) => this.#flushOf(file),
      rewritten: (file) => this.#rewritten(file),
      trouble,
    });
    this.#lives = new Lives({
      ...{ settings, context, hooks, book: this.#book, rotation: this.#rotation, open: this.#open, byPath: this.#byPath, trouble },
      wake: (file) => this.#wake(file),
      drop: (file) => this.#drop(file),
    });
    this.#packed = new PackedFiles({
      ...{ settings, context, hooks, book: this.#book, rotation: this.#rotation, outbox: this.#reader.outbox, trouble },
      open: this.#open,
      drop: (file) => this.#drop(file),
    });
    this.#finder = new Finder(settings.selection, this.#byPath, {
      examine: (path) => this.#examine(path),
      changed: (file) => this.#heat(file),
      soon: () => this.#schedule(0),
      stats: (stats) => this.#book.learn(stats),
      noHints: (path, reason) => context.log.event('pipeline.file.no-hints', { path, reason }),
    });
  }

  async start(): Promise<void> {
    const { positions, name, clock } = this.#context;
    for (const file of takeOver(positions, name)) this.#takeOver(file);
    const paths = this.#finder.first(clock.monotonicMs());
    const later: string[] = [];
    // First those that are known by their inode, so that a copy of one that lost its bytes is recognised whatever the order of names.
    await inTurns(paths, clock, (path) => (this.#isOfKnownInode(path) ? this.#examine(path) : later.push(path)));
    await inTurns(later, clock, (path) => this.#examine(path));
    this.#lives.first = false;
    this.#endVanished();
    this.#schedule(0);
  }

  problem(): string | undefined {
    const [first, ...others] = this.#troubled;
    if (first === undefined) return undefined;
    return `${first.path} cannot be read: ${first.trouble ?? ''}${others.length > 0 ? ` (and ${others.length} more files)` : ''}`;
  }

  lags(limit: number): readonly SourceLag[] {
    return largestLags(this.#files.values(), limit);
  }

  lagBytes(): number {
    let sum = 0;
    for (const file of this.#files.values()) sum += lagOf(file);
    return sum;
  }

  files(): number {
    return this.#files.size;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#finder.close();
    this.#rotation.close();
    await this.#packed.close();
    await this.#reader.close();
    const open: TailedFile[] = [];
    for (const file of this.#files.values()) {
      file.known?.cursor.onRewind(undefined);
      if (file.known !== undefined && !file.drained) file.annotate({ size: file.size });
      if (file.fd !== undefined && file.known !== undefined) open.push(file);
      else file.close();
    }
    handOver(this.#context.positions, this.#context.name, open);
  }

  #schedule(afterMs: number): void {
    if (this.#closed) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#context.clock.after(afterMs, () => this.#tick());
  }

  #tick(): void {
    if (this.#closed) return;
    const { clock } = this.#context;
    const nowMs = clock.monotonicMs();
    this.#finder.tick(nowMs, clock);
    this.#pace.tick(
      nowMs,
      (file) => this.#look(file),
      (file) => this.#finder.hinted(file) && !this.#waitsForTime(file),
    );
    this.#rotation.expire(nowMs);
    for (const file of this.#troubled) if (file.trouble === undefined) this.#recovered(file);
    this.#schedule(this.#pace.waitMs);
  }

  /** Something is, or was, at this path. */
  #examine(path: string): void {
    const stats = statOf(path);
    if (stats === undefined || !stats.isFile()) return this.#leave(path);
    this.#book.learn(stats);
    const here = this.#byPath.get(path);
    const key = keyOf(stats);
    if (here?.key === key && !this.#isAnother(here, stats)) return this.#look(here);
    this.#leave(path);
    const other = this.#files.get(key);
    if (other === undefined) return this.#add(path, stats);
    const alias = other.place === 'present' && other.path !== path && keyAt(other.path) === key;
    if (alias) return;
    if (other.fd !== undefined || other.busy) return this.#move(other, path);
    // Nobody had it open: it may have been deleted, and its inode used again. What it is, its content says.
    this.#letGo(other);
    this.#add(path, stats);
  }

  /** The same inode, used again while nobody had the file open. */
  #isAnother(file: TailedFile, { birthtimeMs }: Stats): boolean {
    return file.fd === undefined && !file.busy && this.#book.bornApart(file.dev, file.birthMs, birthtimeMs);
  }

  #letGo(file: TailedFile): void {
    if (file.known !== undefined) file.known.owner = undefined;
    this.#drop(file);
  }

  #add(path: string, stats: Stats): void {
    const { clock } = this.#context;
    const file = new TailedFile(path, stats, targetOf(path), clock.monotonicMs());
    this.#files.set(file.key, file);
    this.#byPath.set(path, file);
    this.#pace.add(file);
    this.#finder.follow(file);
    if (isPackedName(path)) {
      file.packed = true;
      return this.#packed.look(file, this.#lives.first);
    }
    const { ignoreOlderMs } = this.#settings;
    const old = ignoreOlderMs !== undefined && clock.now() - stats.mtimeMs > ignoreOlderMs;
    if (old && this.#book.ofInode(file).length === 0) file.ignoredAt = stats.size;
    else if (stats.size > 0) this.#identify(file);
  }

  #identify(file: TailedFile): void {
    // It may be a copy of a file that was truncated a moment ago, which has to be known first.
    for (const path of originalPaths(file.path)) {
      const original = this.#byPath.get(path);
      if (original?.known === undefined) continue;
      if (original.busy) return this.#heat(file);
      this.#look(original);
    }
    if (file.known !== undefined || file.dropped) return;
    if (this.#lives.identify(file)) {
      // Held back: what becomes of it shows soon.
      if (file.known === undefined) this.#heat(file);
      return;
    }
    this.#drop(file);
    this.#examine(file.path);
  }

  #takeOver(file: TailedFile): void {
    const wanted = file.place !== 'present' || this.#settings.selection.covers(file.path);
    if (!wanted || this.#files.has(file.key) || !this.#lives.takeOver(file)) return file.close();
    file.queued = false;
    file.busy = false;
    file.hot = false;
    this.#files.set(file.key, file);
    if (file.place === 'present') this.#byPath.set(file.path, file);
    this.#pace.add(file);
    this.#open.adopt(file);
    this.#finder.follow(file);
    this.#wake(file);
  }

  /** The file that was at this path is there no longer. */
  #leave(path: string): void {
    const file = this.#byPath.get(path);
    if (file === undefined) return;
    this.#byPath.delete(path);
    file.awaySinceMs = this.#context.clock.monotonicMs();
    file.place = file.fd !== undefined && fstatSync(file.fd).nlink === 0 ? 'deleted' : 'moved';
    if (file.stream !== undefined) file.stream.fleeting = true;
    this.#context.log.event('pipeline.file.away', { path, how: file.place });
    this.#heat(file);
  }

  /** The same file has another name now. */
  #move(file: TailedFile, to: string): void {
    this.#context.log.event('pipeline.file.moved', { from: file.path, to });
    if (this.#byPath.get(file.path) === file) this.#byPath.delete(file.path);
    file.path = to;
    file.place = 'present';
    file.rotated = true;
    this.#byPath.set(to, file);
    if (file.stream !== undefined) file.stream.fleeting = true;
    if (file.known !== undefined) this.#book.moved(file.known, to);
    file.annotate({ rotated: true });
    this.#look(file);
  }

  /** Whether something changed about a file. */
  #look(file: TailedFile): void {
    if (file.dropped || file.busy) return;
    if (file.packed) return this.#packed.look(file, false);
    const stats = this.#statsOf(file);
    if (stats === undefined) return;
    const grew = stats.size > file.size;
    const touched = stats.mtimeMs !== file.mtimeMs;
    const shrunk = stats.size < file.size;
    this.#note(file, stats);
    if (grew) {
      file.grewAtMs = this.#context.clock.monotonicMs();
      this.#heat(file);
    }
    if (file.known === undefined) {
      if (file.place !== 'present' && file.fd === undefined) this.#lives.finish(file);
      else if (file.size > 0 && file.ignoredAt !== file.size) this.#identify(file);
      else if (file.place !== 'present') this.#endWhenQuiet(file);
      return;
    }
    const doubtful = shrunk || (touched && file.size === file.at);
    if (file.size < file.at || (doubtful && this.#isRewritten(file))) return this.#rewritten(file);
    if (shrunk) this.#lost(file.path, file.formerSize - file.size, 'truncated');
    this.#wake(file);
    this.#endWhenQuiet(file);
  }

  #statsOf(file: TailedFile): Stats | undefined {
    const asPath = file.fd === undefined || (file.target !== undefined && file.place === 'present');
    if (asPath) {
      const stats = file.place === 'present' ? statOf(file.path) : undefined;
      const gone = stats === undefined || keyOf(stats) !== file.key || this.#isAnother(file, stats);
      if (gone && file.place === 'present') this.#examine(file.path);
      if (gone && file.fd === undefined && file.place !== 'present') this.#endClosed(file);
      return gone ? undefined : stats;
    }
    return fstatSync(file.fd ?? -1);
  }

  #note(file: TailedFile, { size, mtimeMs, nlink }: Stats): void {
    file.formerSize = file.size;
    file.size = size;
    file.mtimeMs = mtimeMs;
    if (nlink === 0 && file.place === 'moved') file.place = 'deleted';
  }

  #isRewritten(file: TailedFile): boolean {
    if (file.fd === undefined) return false;
    return file.mark === undefined ? !this.#lives.hasHead(file) : file.markAt(file.at) !== file.mark;
  }

  #rewritten(file: TailedFile): void {
    this.#lives.rewritten(file);
    this.#heat(file);
  }

  #wake(file: TailedFile): void {
    if (file.size <= file.at || this.#closed) return;
    if (this.#waitsForTime(file)) this.#heat(file);
    const seen = file.tried === file.size;
    if (seen && this.#flushOf(file) === 'none') return;
    const partial = file.tried - file.at;
    const long = partial > longRecordBytes && !seen && file.size - file.at < partial * 1.5;
    if (long && this.#context.clock.monotonicMs() - file.triedAtMs < longRecordMs) return;
    this.#reader.wake(file);
  }

  /** What waits at the end of a file is complete when nothing was added for a while. */
  #flushOf(file: TailedFile): Flush {
    const { flushAfterMs, groupAfterMs } = this.#settings;
    const quietMs = this.#context.clock.monotonicMs() - Math.max(file.grewAtMs, file.awaySinceMs);
    if (quietMs >= flushAfterMs && (file.ending || this.#seemsRotated(file))) return 'rest';
    return groupAfterMs !== undefined && quietMs >= groupAfterMs ? 'groups' : 'none';
  }

  /** It had the name of a rotated file when it was found, and the file that is written to is there. */
  #seemsRotated({ path }: TailedFile): boolean {
    return looksRotated(basename(path)) && originalPaths(path).some((original) => this.#byPath.has(original));
  }

  /** What is there will be complete by the mere passing of time. */
  #waitsForTime(file: TailedFile): boolean {
    return this.#settings.groupAfterMs !== undefined && file.size > file.at;
  }

  #endWhenQuiet(file: TailedFile): void {
    if (file.place === 'present' || file.size > file.at || (file.known?.cursor.pending ?? 0) > 0) return;
    const quietMs = this.#context.clock.monotonicMs() - Math.max(file.grewAtMs, file.awaySinceMs);
    const limitMs = file.place === 'deleted' ? closeDeletedAfterMs : this.#settings.closeMovedAfterMs;
    if (quietMs >= limitMs) this.#lives.finish(file);
  }

  /** It left its path while it was closed: unless it is found under another one, what was not read of it is lost. */
  #endClosed(file: TailedFile): void {
    if (this.#context.clock.monotonicMs() - file.awaySinceMs < lookForMs || (file.known?.cursor.pending ?? 0) > 0) return;
    if (file.known !== undefined && file.size > file.at) this.#lost(file.path, file.size - file.at, 'deleted before it could be opened');
    this.#lives.finish(file);
  }

  #drop(file: TailedFile): void {
    file.dropped = true;
    if (this.#files.get(file.key) === file) this.#files.delete(file.key);
    if (this.#byPath.get(file.path) === file) this.#byPath.delete(file.path);
    this.#troubled.delete(file);
    this.#finder.unfollow(file);
    this.#rotation.drop(file);
    if (file.busy) this.#open.release(file);
    else this.#open.close(file);
  }

  #heat(file: TailedFile): void {
    if (this.#pace.heat(file)) this.#schedule(0);
  }

  #trouble(file: TailedFile, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (file.trouble === reason) return;
    file.trouble = reason;
    this.#troubled.add(file);
    this.#context.counters.errors += 1;
    this.#context.log.event('pipeline.file.unreadable', { path: file.path, reason });
  }

  #recovered(file: TailedFile): void {
    this.#troubled.delete(file);
    this.#context.log.event('pipeline.file.readable', { path: file.path });
  }

  #lost(path: string, bytes: number, how: string): void {
    if (bytes <= 0) return;
    this.#context.counters.lostBytes += bytes;
    this.#context.log.event('pipeline.file.lost', { path, bytes, how });
  }

  #isOfKnownInode(path: string): boolean {
    const stats = statOf(path);
    return stats !== undefined && this.#book.hasInode(keyOf(stats));
  }

  /** Files that were read before and are not there any more. */
  #endVanished(): void {
    for (const known of this.#book.all()) {
      const note = readNote(known.cursor.note);
      if (note === undefined || known.owner !== undefined || note.goneMs !== undefined || note.ino === 0 || note.packed === true) continue;
      if (known.cursor.pending > 0) continue;
      this.#lost(note.path, note.size - known.cursor.read, 'deleted while nobody read it');
      this.#book.gone(known, this.#context.clock.now());
    }
  }
}
