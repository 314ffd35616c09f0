/**
 * What the system tells of changes in folders (inotify). Only hints: they may be missing, late or too many, and there are none on network file
 * systems; everything is found without them as well, only up to a second later.
 */
import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';

/** Each costs memory of the kernel, and systems allow a user some thousands. */
const maxWatched = 1_000;

export interface HintListener {
  /** `renamed`: a name appeared or vanished; otherwise the content of the file changed. */
  hint(folder: string, name: string, renamed: boolean): void;
  /** Hints are not to be had for a folder. */
  none(folder: string, reason: string): void;
}

export class Hints {
  readonly #listener: HintListener;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly ino: number }>();
  readonly #failed = new Set<string>();

  constructor(listener: HintListener) {
    this.#listener = listener;
  }

  has(folder: string): boolean {
    return this.#watchers.has(folder);
  }

  /** These folders, with their inodes, and no others. A folder that was made anew is watched anew. */
  follow(folders: ReadonlyMap<string, number>): void {
    for (const [folder, { ino, watcher }] of this.#watchers) {
      if (folders.get(folder) === ino) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const [folder, ino] of folders) if (!this.#watchers.has(folder) && this.#watchers.size < maxWatched) this.#watch(folder, ino);
  }

  close(): void {
    this.follow(new Map());
  }

  #watch(folder: string, ino: number): void {
    try {
      const watcher = watch(folder, { persistent: false });
      watcher.on('change', (type, name) => this.#listener.hint(folder, String(name), type === 'rename'));
      // A folder that was taken away ends its watch; should it come back, it is followed again.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, { watcher, ino });
      this.#failed.delete(folder);
    } catch (cause) {
      if (this.#failed.size > 100 || this.#failed.has(folder)) return;
      this.#failed.add(folder);
      this.#listener.none(folder, cause instanceof Error ? cause.message : String(cause));
    }
  }
}
