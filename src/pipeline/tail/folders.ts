/** What lies in folders, read again only when they changed. */
import type { Dirent, Stats } from 'node:fs';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Glob } from './glob.ts';

export interface Found {
  /** Folder → names in it that fit. */
  readonly files: ReadonlyMap<string, ReadonlySet<string>>;
  /** Folders that were read anew since the last time; all that was found is new in them. */
  readonly changed: ReadonlySet<string>;
}

interface Folder {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly readAtMs: number;
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Symbolic links: may be either. */
  readonly links: readonly string[];
}

/** The time of a folder is that of the last tick of the kernel, or of a server whose clock is another: what was read so shortly after it may lack a name. */
const doubtfulMs = 2_000;
const maxDepth = 32;
const maxFolders = 20_000;

export class Folders {
  readonly #globs: readonly Glob[];
  readonly #seen: (stats: Stats) => void;
  #known = new Map<string, Folder>();

  constructor(globs: readonly Glob[], seen: (stats: Stats) => void = () => {}) {
    this.#globs = globs;
    this.#seen = seen;
  }

  /** Folders that were looked into the last time, with their inodes. */
  inodes(): Map<string, number> {
    return new Map([...this.#known].map(([path, { ino }]) => [path, ino]));
  }

  /** `afresh`: reads every folder, also those that do not look changed. */
  look(nowMs: number, afresh: boolean): Found {
    const files = new Map<string, Set<string>>();
    const changed = new Set<string>();
    const visited = new Map<string, Folder | undefined>();
    const open = (path: string): Folder | undefined => {
      if (visited.has(path) || visited.size >= maxFolders) return visited.get(path);
      const folder = this.#read(path, nowMs, afresh, changed);
      visited.set(path, folder);
      return folder;
    };
    for (const glob of this.#globs)
      walk(glob, glob.root, 0, 0, open, (folder, name) => {
        const names = files.get(folder) ?? new Set();
        files.set(folder, names.add(name));
      });
    this.#known = new Map([...visited].flatMap(([path, folder]) => (folder === undefined ? [] : [[path, folder] as const])));
    return { files, changed };
  }

  #read(path: string, nowMs: number, afresh: boolean, changed: Set<string>): Folder | undefined {
    try {
      const stats = statSync(path);
      const { ino, mtimeMs } = stats;
      this.#seen(stats);
      const known = this.#known.get(path);
      const same = known !== undefined && known.ino === ino && known.mtimeMs === mtimeMs && known.readAtMs - mtimeMs > doubtfulMs;
      if (same && !afresh) return known;
      changed.add(path);
      return { ino, mtimeMs, readAtMs: nowMs, ...sorted(readdirSync(path, { withFileTypes: true })) };
    } catch {
      return undefined; // is not there, is no folder, may not be read: it is looked at again
    }
  }
}

function sorted(entries: readonly Dirent[]): Pick<Folder, 'files' | 'folders' | 'links'> {
  const names = (fits: (entry: Dirent) => boolean) => entries.filter(fits).map(({ name }) => name);
  return {
    files: names((entry) => entry.isFile()),
    folders: names((entry) => entry.isDirectory()),
    // Some file systems do not say what an entry is.
    links: names(
      (entry) =>
        !entry.isFile() &&
        !entry.isDirectory() &&
        !entry.isFIFO() &&
        !entry.isSocket() &&
        !entry.isBlockDevice() &&
        !entry.isCharacterDevice(),
    ),
  };
}

type Open = (path: string) => Folder | undefined;

function walk(glob: Glob, path: string, level: number, depth: number, open: Open, found: (folder: string, name: string) => void): void {
  const rule = glob.levels[level];
  const folder = rule === undefined || depth > maxDepth ? undefined : open(path);
  if (folder === undefined || rule === undefined) return;
  const below = (name: string, next: number) => walk(glob, join(path, name), next, depth + 1, open, found);
  if (rule === '**') {
    walk(glob, path, level + 1, depth, open, found);
    // Links are not followed here: they may lead up again.
    for (const name of folder.folders) below(name, level);
    return;
  }
  const fits = (name: string) => (typeof rule === 'string' ? name === rule : rule.test(name));
  const last = level === glob.levels.length - 1;
  if (last) {
    for (const name of folder.files) if (fits(name)) found(path, name);
    for (const name of folder.links) if (fits(name)) found(path, name);
    return;
  }
  for (const name of folder.folders) if (fits(name)) below(name, level + 1);
  for (const name of folder.links) if (fits(name)) below(name, level + 1);
}
