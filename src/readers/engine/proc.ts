import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import { type ProcSocket, parseProcNet } from '../../network/proc-net.ts';

/** The little of /proc that is read. What may not be read is undefined or empty, like what is not there. */
export interface Proc {
  read(path: string): string | undefined;
  link(path: string): string | undefined;
  list(path: string): readonly string[];
}

export const realProc: Proc = {
  read: (path) => attempt(() => readFileSync(path, 'utf8')),
  link: (path) => attempt(() => readlinkSync(path)),
  list: (path) => attempt(() => readdirSync(path)) ?? [],
};

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined; // gone between two looks, or not ours to see: both mean that nothing is known
  }
}

/** A process by number, or `self`. */
export type Pid = number | 'self';

export interface SocketTable {
  readonly file: string;
  readonly sockets: readonly ProcSocket[];
}

/** All accepting sockets of a process's network namespace; undefined when they cannot be read whole. */
export function readSockets(proc: Proc, pid: Pid): readonly SocketTable[] | undefined {
  const tables: SocketTable[] = [];
  for (const transport of ['tcp', 'udp'] as const) {
    for (const family of [4, 6] as const) {
      const file = `/proc/${pid}/net/${transport}${family === 6 ? '6' : ''}`;
      const text = proc.read(file);
      if (text !== undefined) tables.push({ file, sockets: parseProcNet(text, family, transport, endianness()) });
      else if (family === 4) return undefined; // the IPv6 tables are missing where the kernel has no IPv6
    }
  }
  return tables;
}

/**
 * Whether process `pid` is of the container: the engine's pids are numbers of its own pid namespace, and in ours the
 * same number may be anybody. Its cgroup or the files that the engine mounts into it (hosts, resolv.conf) hold the id.
 */
export function isOfContainer(proc: Proc, pid: number, containerId: string): boolean {
  if (containerId.length < 64) return false;
  const holds = (file: string) => proc.read(`/proc/${pid}/${file}`)?.includes(containerId) === true;
  return holds('cgroup') || holds('mountinfo');
}

/** The inodes of the sockets that a process and its descendants hold. */
export function socketInodes(proc: Proc, pid: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  const pids = [pid];
  const seen = new Set(pids);
  for (let next = pids.pop(); next !== undefined; next = pids.pop()) {
    for (const fd of proc.list(`/proc/${next}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(proc.link(`/proc/${next}/fd/${fd}`) ?? '')?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
    for (const child of childrenOf(proc, next)) {
      if (seen.has(child)) continue;
      seen.add(child);
      pids.push(child);
    }
  }
  return inodes;
}

function childrenOf(proc: Proc, pid: number): readonly number[] {
  return proc.list(`/proc/${pid}/task`).flatMap((task) =>
    (proc.read(`/proc/${pid}/task/${task}/children`) ?? '')
      .split(' ')
      .map(Number)
      .filter((child) => child > 0),
  );
}

export function pidsNamed(proc: Proc, name: string): readonly number[] {
  return proc
    .list('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && proc.read(`/proc/${pid}/comm`)?.trimEnd() === name);
}

export function commandLine(proc: Proc, pid: number): readonly string[] {
  return (proc.read(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((word) => word !== '');
}
