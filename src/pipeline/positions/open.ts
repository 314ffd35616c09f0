/** Positions on a disk: in memory for reloads, written behind for restarts. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Disk } from '../disk.ts';
import { type Keeper, KeptCursor } from './kept-cursor.ts';
import type { Cursor, Positions } from './positions.ts';
import type { Journal } from './positions-file.ts';
import { load, reasonOf, writeWhole } from './positions-file.ts';
import type { Entry } from './record.ts';

export interface PositionsContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** A journal that has grown by this much since its picture is replaced by a new picture. Default: 4 MiB. */
  readonly journalBytes?: number;
}

/** From the first change to the disk, at most: what was acknowledged within it is sent again after a crash. */
const writeBehindMs = 500;
const retryMs = 2_000;
const defaultJournalBytes = 4 << 20;
/** So that a file that was archived, or a volume that was away for a holiday, is still known. */
export const keptForMs = 30 * 86_400_000;
/** Positions of files that vanished are kept up to this many; those of files that are there always. */
export const maxVanished = 50_000;
/** So that what is there but silent is not taken for vanished. */
const pictureEveryMs = 86_400_000;
/** Nothing is forgotten before sources had the time to find what is there. */
const mercyMs = 600_000;

export async function openPositions(dir: string, context: PositionsContext): Promise<Positions & AsyncDisposable> {
  const positions = new KeptPositions(dir, context);
  await positions.load();
  return positions;
}

class KeptPositions implements Positions, AsyncDisposable {
  readonly #dir: string;
  readonly #context: PositionsContext;
  readonly #sources = new Map<string, Map<string, KeptCursor>>();
  #dirty = new Set<KeptCursor>();
  #gone: [string, string][] = [];
  #number = 0;
  /** Undefined: the next flush writes a picture, into a new file. Never appended to after a failed write or sync. */
  #journal: Journal | undefined;
  #loadedAtMs = 0;
  #pictureMs = 0;
  #pictureBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #failing = false;
  #closed = false;
  /** One for all: there may be a hundred thousand cursors. */
  readonly #keeper: Keeper = {
    changed: (cursor) => {
      this.#dirty.add(cursor);
      this.#writeSoon(writeBehindMs);
    },
    forget: (cursor) => {
      const { source, key } = cursor;
      if (this.#sources.get(source)?.get(key) !== cursor) return;
      this.#sources.get(source)?.delete(key);
      this.#dirty.delete(cursor);
      this.#gone.push([source, key]);
      this.#writeSoon(writeBehindMs);
    },
  };

  constructor(dir: string, context: PositionsContext) {
    this.#dir = dir;
    this.#context = context;
  }

  async load(): Promise<void> {
    const { disk, log, clock } = this.#context;
    const { lines, number, damaged, highest } = await load(this.#dir, disk);
    const instead =
      number === 0 ? 'there is no older one: files are read again from their beginning' : 'the one before is used: some is sent twice';
    for (const { path, reason } of damaged) log.event('pipeline.positions.damaged', { path, reason, instead });
    for (const line of lines) {
      if (!('entries' in line || 'gone' in line)) continue;
      for (const entry of line.entries ?? []) this.#folder(entry.source).set(entry.key, this.#cursorOf(entry));
      for (const [source, key] of line.gone ?? []) this.#sources.get(source)?.delete(key);
    }
    this.#number = highest;
    this.#loadedAtMs = clock.monotonicMs();
  }

  cursor(source: string, key: string): Cursor {
    const folder = this.#folder(source);
    let cursor = folder.get(key);
    if (cursor === undefined) {
      cursor = this.#cursorOf({ source, key, acknowledged: 0, note: {}, seenMs: this.#context.clock.now() });
      folder.set(key, cursor);
    }
    cursor.used = true;
    return cursor;
  }

  cursors(source: string): readonly { readonly key: string; readonly cursor: Cursor }[] {
    return [...(this.#sources.get(source) ?? [])].map(([key, cursor]) => ({ key, cursor }));
  }

  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#writing;
    await this.#journal?.close().catch(() => {});
    this.#journal = undefined;
  }

  #folder(source: string): Map<string, KeptCursor> {
    let folder = this.#sources.get(source);
    if (folder === undefined) {
      folder = new Map();
      this.#sources.set(source, folder);
    }
    return folder;
  }

  #cursorOf(entry: Entry): KeptCursor {
    return new KeptCursor(entry, this.#keeper);
  }

  #writeSoon(afterMs: number): void {
    if (this.#cancelTimer !== undefined || this.#closed) return;
    this.#cancelTimer = this.#context.clock.after(afterMs, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  /** Never rejects: what could not be written stays to be written. */
  async #write(): Promise<void> {
    if (this.#closed || (this.#dirty.size === 0 && this.#gone.length === 0)) return;
    const { clock, log } = this.#context;
    const nowMs = clock.now();
    const changed = this.#dirty;
    const gone = this.#gone;
    this.#dirty = new Set();
    this.#gone = [];
    try {
      if (this.#mustBeginAnew(nowMs)) await this.#begin(nowMs);
      else
        await this.#journal?.append({ entries: [...changed].map((cursor) => cursor.entry(nowMs)), ...(gone.length === 0 ? {} : { gone }) });
      if (this.#failing) log.event('pipeline.positions.writable-again', { path: this.#dir });
      this.#failing = false;
    } catch (cause) {
      for (const cursor of changed) this.#dirty.add(cursor);
      this.#gone = [...gone, ...this.#gone];
      // What a failed write or sync left behind is unknown: the next one writes everything, into another file.
      await this.#journal?.close().catch(() => {});
      this.#journal = undefined;
      if (!this.#failing) log.event('pipeline.positions.unwritable', { path: this.#dir, reason: reasonOf(cause) });
      this.#failing = true;
      this.#writeSoon(retryMs);
    }
  }

  #mustBeginAnew(nowMs: number): boolean {
    if (this.#journal === undefined || Math.abs(nowMs - this.#pictureMs) > pictureEveryMs) return true;
    return this.#journal.bytes > this.#pictureBytes * 2 + (this.#context.journalBytes ?? defaultJournalBytes);
  }

  async #begin(nowMs: number): Promise<void> {
    const { disk } = this.#context;
    this.#expire(nowMs);
    const entries = [...this.#sources.values()].flatMap((folder) => [...folder.values()].map((cursor) => cursor.entry(nowMs)));
    this.#number += 1;
    const before = this.#journal;
    this.#journal = undefined;
    await before?.close().catch(() => {});
    this.#journal = await writeWhole(this.#dir, disk, this.#number, entries);
    this.#pictureMs = nowMs;
    this.#pictureBytes = this.#journal.bytes;
  }

  /** Forgets what vanished long ago, and the oldest of what vanished when it is too much. */
  #expire(nowMs: number): void {
    if (this.#context.clock.monotonicMs() - this.#loadedAtMs < mercyMs) return;
    const vanished = [...this.#sources.values()]
      .flatMap((folder) => [...folder.values()].filter((cursor) => cursor.vanished && cursor.pending === 0))
      .sort((a, b) => b.seenMs - a.seenMs);
    const old = vanished.filter((cursor, index) => index >= maxVanished || nowMs - cursor.seenMs > keptForMs);
    for (const cursor of old) this.#sources.get(cursor.source)?.delete(cursor.key);
    const tooMany = Math.max(0, vanished.length - maxVanished);
    if (tooMany > 0) this.#context.log.event('pipeline.positions.forgotten', { path: this.#dir, count: tooMany, limit: maxVanished });
  }
}
