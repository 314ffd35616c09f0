/** Mounted file systems: /proc/1/mounts and statfs(2). */
import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { gauge, type Reading } from './reading.ts';

export interface Mount {
  readonly device: string;
  readonly mountpoint: string;
  readonly fstype: string;
  readonly readonly: boolean;
}

/** fstab(5): blanks are written in octal. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export interface Ignored {
  readonly mounts: RegExp;
  readonly types: RegExp;
}

/** `rootPath`: where the host's root is seen from here; its mounts are shown as the host sees them. */
export function mountsOf(text: string, ignored: Ignored, rootPath: string): readonly Mount[] {
  const seen = new Set<string>();
  return text.split('\n').flatMap((line) => {
    const [device, path, fstype, options = ''] = line.split(' ');
    if (device === undefined || path === undefined || fstype === undefined) return [];
    const mountpoint = withoutRoot(unescaped(path), rootPath);
    if (ignored.mounts.test(mountpoint) || ignored.types.test(fstype)) return [];
    const key = `${device} ${mountpoint}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ device: unescaped(device), mountpoint, fstype, readonly: options.split(',').includes('ro') }];
  });
}

function withoutRoot(path: string, rootPath: string): string {
  if (rootPath === '/' || !path.startsWith(rootPath)) return path;
  const rest = path.slice(rootPath.length);
  return rest === '' ? '/' : rest;
}

/** A server of a network file system that is away keeps a thread of ours for as long as it is: two such threads are enough. */
const maxStuck = 2;
const patienceMs = 2_000;

export class Filesystems {
  readonly #stuck = new Set<string>();

  async readings(mounts: readonly Mount[], rootPath: string): Promise<readonly Reading[]> {
    const all: Reading[] = [];
    // One after the other: whatever is stuck, the other threads stay free for files.
    for (const mount of mounts) all.push(...(await this.#one(mount, rootPath)));
    return all;
  }

  async #one(mount: Mount, rootPath: string): Promise<readonly Reading[]> {
    const { mountpoint } = mount;
    const labels = { device: mount.device, mountpoint, fstype: mount.fstype };
    const error = (value: number) =>
      gauge('node_filesystem_device_error', 'Whether an error occurred while getting statistics for the given device.', value, labels);
    if (this.#stuck.has(mountpoint) || this.#stuck.size >= maxStuck) return [error(1)];
    const stat = await this.#within(mountpoint, join(rootPath, mountpoint));
    if (stat === undefined) return [error(1)];
    const bytes = (blocks: number) => blocks * stat.bsize;
    return [
      gauge('node_filesystem_size_bytes', 'Filesystem size in bytes.', bytes(stat.blocks), labels),
      gauge('node_filesystem_free_bytes', 'Filesystem free space in bytes.', bytes(stat.bfree), labels),
      gauge('node_filesystem_avail_bytes', 'Filesystem space available to non-root users in bytes.', bytes(stat.bavail), labels),
      gauge('node_filesystem_files', 'Filesystem total file nodes.', stat.files, labels),
      gauge('node_filesystem_files_free', 'Filesystem total free file nodes.', stat.ffree, labels),
      gauge('node_filesystem_readonly', 'Filesystem read-only status.', mount.readonly ? 1 : 0, labels),
      error(0),
    ];
  }

  async #within(mountpoint: string, path: string): Promise<StatsFs | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.#stuck.add(mountpoint);
      late.resolve(undefined);
    }, patienceMs);
    timer.unref();
    const asked = statfs(path).catch(() => undefined);
    void asked.then(() => this.#stuck.delete(mountpoint));
    const stat = await Promise.race([asked, late.promise]);
    clearTimeout(timer);
    return stat;
  }
}
