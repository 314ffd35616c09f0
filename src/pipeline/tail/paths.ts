import type { Stats } from 'node:fs';
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { keyOf } from './identity.ts';

/** What a path leads to; undefined when it leads nowhere. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a folder on the way that may not be entered, a link that leads nowhere
  }
}

/** Which file is there. */
export function keyAt(path: string): string | undefined {
  const stats = statOf(path);
  return stats && keyOf(stats);
}

/** Where a symbolic link leads; undefined for what is none. */
export function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? realpathSync(path) : undefined;
  } catch {
    return undefined; // it is gone already, which will be seen
  }
}
