/** The files that the host report is made from, below a root so that a recorded tree can be read too. Never throws. */
import { open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface Tree {
  /** The first `limitBytes` of a file; undefined when it cannot be read, and then there is a gap. */
  read(path: string, limitBytes?: number): Promise<string | undefined>;
  /** As `read`, for what is rightly missing on many hosts: that is no gap, an unreadable one is. */
  readOptional(path: string): Promise<string | undefined>;
  link(path: string): Promise<string | undefined>;
  list(path: string): Promise<readonly string[]>;
  gap(what: string, reason: string): void;
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly what: string;
  readonly reason: string;
}

/** /proc/net/tcp lists listening sockets first (net/ipv4/tcp_ipv4.c), so that what is cut off are connections. */
export const largestFile = 4 * 1024 * 1024;
const maxGaps = 64;

export function createTree(root: string): Tree {
  const gaps: Gap[] = [];
  const gap = (what: string, reason: string) => {
    if (gaps.length < maxGaps && !gaps.some((one) => one.what === what)) gaps.push({ what, reason });
  };
  const read = async (path: string, limitBytes: number, optional: boolean): Promise<string | undefined> => {
    try {
      return await readUpTo(join(root, path), limitBytes);
    } catch (cause) {
      const code = codeOf(cause);
      if (!optional || (code !== 'ENOENT' && code !== 'ENOTDIR')) gap(path, reasons[code] ?? code);
      return undefined;
    }
  };
  return {
    read: (path, limitBytes = largestFile) => read(path, limitBytes, false),
    readOptional: (path) => read(path, largestFile, true),
    link: (path) => readlink(join(root, path)).catch(() => undefined),
    list: (path) => readdir(join(root, path)).catch(() => []),
    gap,
    gaps,
  };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this agent may not read it',
  EPERM: 'this agent may not read it',
  ENOTDIR: 'there is no such file',
};

/** Files of /proc have no size that could be asked for, and may come in pieces. */
async function readUpTo(path: string, limitBytes: number): Promise<string> {
  await using file = await open(path, 'r');
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limitBytes) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(65_536, limitBytes - total)), 0, null, null);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks).toString();
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
