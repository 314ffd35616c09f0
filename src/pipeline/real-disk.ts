/** The file system of this machine. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const flags = { read: O_RDONLY, write: O_RDWR | O_NOFOLLOW, create: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW } as const;

/** What was logged may be anything: only the agent's user reads it. */
const fileMode = 0o600;
const folderMode = 0o700;

export const realDisk: Disk = {
  open: async (path, how) => new RealFile(await open(path, flags[how], fileMode)),
  /** With all folders above it that are not there; they survive a power cut when it resolves. */
  async makeDir(path) {
    const first = await mkdir(path, { recursive: true, mode: folderMode });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await realDisk.syncDir(dirname(made));
  },
  rename,
  unlink,
  async syncDir(path) {
    await using folder = await open(path, O_RDONLY | O_DIRECTORY);
    await folder.sync();
  },
  list: (path) => readdir(path),
  async free(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

class RealFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const total = buffers.reduce((sum, { length }) => sum + length, 0);
    let rest = buffers;
    // A disk that is about to be full takes a part, and says ENOSPC for the next one.
    for (let written = 0; written < total; ) {
      const { bytesWritten } = await this.#handle.writev(rest, position + written);
      written += bytesWritten;
      if (written < total) rest = without(rest, bytesWritten);
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  datasync = () => this.#handle.datasync();
  truncate = (length: number) => this.#handle.truncate(length);
  /** Node.js has no fallocate(2), and writing zeros would cost what it is meant to save. */
  allocate = () => Promise.resolve();
  size = async () => (await this.#handle.stat()).size;
  close = () => this.#handle.close();
}

/** What is left of the buffers behind their first `taken` bytes. */
function without(buffers: readonly Uint8Array[], taken: number): readonly Uint8Array[] {
  let left = taken;
  const rest: Uint8Array[] = [];
  for (const buffer of buffers) {
    if (left < buffer.length) rest.push(left > 0 ? buffer.subarray(left) : buffer);
    left = Math.max(0, left - buffer.length);
  }
  return rest;
}
