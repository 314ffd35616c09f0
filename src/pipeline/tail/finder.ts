/** Finds paths: by looking into folders that changed, and sooner by what the system tells. */
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Folders } from './folders.ts';
import { Hints } from './hints.ts';
import type { Selection } from './selection.ts';
import type { TailedFile } from './tailed-file.ts';

const lookEveryMs = 900;
/** A server of files may tell the times of its folders late. */
const afreshEveryMs = 15_000;
/** Names that come and go quickly do not make every folder be read each time. */
const soonMs = 30;
/** Without a break for others. */
const turnMs = 4;

export interface FinderEvents {
  /** Something is, or was, at this path. */
  examine(path: string): void;
  /** The content of the file changed. */
  changed(file: TailedFile): void;
  /** Something is to be done at the next tick, which should be soon. */
  soon(): void;
  noHints(folder: string, reason: string): void;
  /** What was learned of a folder on the way. */
  stats(stats: Stats): void;
}

export class Finder {
  readonly #selection: Selection;
  readonly #byPath: ReadonlyMap<string, TailedFile>;
  readonly #events: FinderEvents;
  readonly #folders: Folders;
  readonly #hints: Hints;
  /** Where symbolic links lead. */
  readonly #targets = new Map<string, TailedFile>();
  #queue: string[] = [];
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #afreshAtMs = Number.NEGATIVE_INFINITY;
  #lookSoon = false;

  constructor(selection: Selection, byPath: ReadonlyMap<string, TailedFile>, events: FinderEvents) {
    this.#selection = selection;
    this.#byPath = byPath;
    this.#events = events;
    this.#folders = new Folders(selection.globs, events.stats);
    this.#hints = new Hints({ hint: (folder, name, renamed) => this.#hint(folder, name, renamed), none: events.noHints });
  }

  hinted(file: TailedFile): boolean {
    return this.#hints.has(dirname(file.target ?? file.path));
  }

  /** Where a link leads, or undefined: it does not any more. */
  follow(file: TailedFile): void {
    if (file.target !== undefined) this.#targets.set(file.target, file);
  }

  unfollow(file: TailedFile): void {
    if (file.target !== undefined && this.#targets.get(file.target) === file) this.#targets.delete(file.target);
  }

  /** Everything that is there. */
  first(nowMs: number): readonly string[] {
    this.#look(nowMs, true);
    const paths = this.#queue;
    this.#queue = [];
    return paths;
  }

  /** Looks at what is due, for a moment at most. */
  tick(nowMs: number, clock: { monotonicMs(): number }): void {
    const due = nowMs - this.#lookedAtMs > (this.#lookSoon ? soonMs : lookEveryMs);
    if (due) this.#look(nowMs, nowMs - this.#afreshAtMs > afreshEveryMs);
    const until = nowMs + turnMs;
    while (this.#queue.length > 0) {
      // In portions, because a queue of ten thousand paths must not be copied for each.
      const portion = this.#queue.splice(0, 64);
      for (const path of portion) this.#events.examine(path);
      if (clock.monotonicMs() > until) break;
    }
  }

  close(): void {
    this.#hints.close();
    this.#queue = [];
  }

  #look(nowMs: number, afresh: boolean): void {
    this.#lookedAtMs = nowMs;
    this.#lookSoon = false;
    if (afresh) this.#afreshAtMs = nowMs;
    const { files, changed } = this.#folders.look(Date.now(), afresh);
    const watched = this.#folders.inodes();
    for (const target of this.#targets.keys()) if (!watched.has(dirname(target))) watched.set(dirname(target), -1);
    this.#hints.follow(watched);
    if (changed.size === 0 && !afresh) return;
    // What is no longer there first: a file that was renamed should have left its old name when its new one is looked at.
    for (const path of this.#byPath.keys()) {
      const names = files.get(dirname(path));
      if (names === undefined || (changed.has(dirname(path)) && !names.has(path.slice(path.lastIndexOf('/') + 1)))) this.#queue.push(path);
    }
    for (const [folder, names] of files)
      if (changed.has(folder))
        for (const name of names) {
          const path = join(folder, name);
          if (this.#selection.wants(path)) this.#queue.push(path);
        }
  }

  #hint(folder: string, name: string, renamed: boolean): void {
    const path = join(folder, name);
    const file = this.#byPath.get(path) ?? this.#targets.get(path);
    if (file !== undefined && !renamed) return this.#events.changed(file);
    if (file !== undefined) this.#queue.push(file.path);
    else if (this.#selection.covers(path)) this.#queue.push(path);
    // Not a file that is wanted; maybe a folder that leads to one.
    else if (renamed) this.#lookSoon = true;
    if (this.#queue.length > 0) this.#events.soon();
  }
}

/** Calls `each` for all, and lets others have the thread now and then. */
export async function inTurns<T>(all: readonly T[], clock: { monotonicMs(): number }, each: (one: T) => void): Promise<void> {
  let until = clock.monotonicMs() + turnMs;
  for (const one of all) {
    each(one);
    if (clock.monotonicMs() < until) continue;
    await setImmediate();
    until = clock.monotonicMs() + turnMs;
  }
}
