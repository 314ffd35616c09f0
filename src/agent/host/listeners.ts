/** What listens in this network namespace, and which process it is where that may be seen. Command lines are never read. */
import { endianness } from 'node:os';
import { type ProcSocket, parseProcNet } from '../../network/proc-net.ts';
import type { HostListener } from '../../protocol/host-report.ts';
import { largestFile, type Tree } from './tree.ts';

export interface Listeners {
  readonly listeners: readonly HostListener[];
  readonly complete: boolean;
}

type Process = { readonly name: string; readonly pid: number };

/** Kept between two looks. */
export interface ListenerMemory {
  /** Owners of sockets by inode: only a socket that was not seen before costs a search. */
  readonly owners: Map<string, Process | undefined>;
  /** Inodes of the UDP sockets on ports that the system gives out, as of the last look. */
  fleeting: ReadonlySet<string> | undefined;
}

export const newMemory = (): ListenerMemory => ({ owners: new Map(), fleeting: undefined });

const maxListeners = 4_096;
/** A search looks at so many processes, and lets others run after each few. */
const maxProcesses = 5_000;
const processesAtOnce = 50;

export async function readListeners(tree: Tree, memory: ListenerMemory, withProcesses: boolean): Promise<Listeners> {
  const { owners } = memory;
  const all: ProcSocket[] = [];
  let complete = true;
  for (const transport of ['tcp', 'udp'] as const) {
    for (const family of [4, 6] as const) {
      const path = `/proc/self/net/${transport}${family === 6 ? '6' : ''}`;
      // The tables of IPv6 are missing where the kernel has none.
      const text = family === 6 ? await tree.readOptional(path) : await tree.read(path);
      if (text === undefined && family === 4) complete = false;
      // UDP has no order: a table that was cut may lack some.
      if (text !== undefined && text.length >= largestFile && transport === 'udp') complete = false;
      all.push(...parseProcNet(text ?? '', family, transport, endianness()));
    }
  }
  const sockets = withoutFleeting(all, await fleetingPorts(tree), memory);
  if (withProcesses) await findOwners(tree, sockets, owners);
  const found = new Map<string, HostListener>();
  for (const { address, port, transport, inode } of sockets) {
    const key = `${transport} ${address} ${port}`;
    // SO_REUSEPORT has one row for each socket.
    if (found.has(key)) continue;
    const process = withProcesses ? owners.get(inode) : undefined;
    found.set(key, { address, port, transport, ...(process === undefined ? {} : { process }) });
  }
  if (withProcesses && sockets.some(({ inode }) => owners.get(inode) === undefined))
    tree.gap('processes', 'some listeners belong to processes whose files this agent may not look at');
  if (found.size > maxListeners) {
    tree.gap('listeners', `there are ${found.size}, and ${maxListeners} are reported`);
    complete = false;
  }
  return { listeners: [...found.values()].slice(0, maxListeners), complete };
}

/**
 * A program that asks a name server has a UDP socket on a port that the system gave it, for a moment. Such a socket counts when
 * it is still there at the next look, or when nobody looked before: else every look would find another host.
 */
function withoutFleeting(
  sockets: readonly ProcSocket[],
  [first, last]: readonly [number, number],
  memory: ListenerMemory,
): readonly ProcSocket[] {
  const isFleeting = ({ transport, port }: ProcSocket) => transport === 'udp' && port >= first && port <= last;
  const before = memory.fleeting;
  memory.fleeting = new Set(sockets.filter(isFleeting).map(({ inode }) => inode));
  return before === undefined ? sockets : sockets.filter((socket) => !isFleeting(socket) || before.has(socket.inode));
}

/** net.ipv4.ip_local_port_range; it counts for IPv6 too. */
async function fleetingPorts(tree: Tree): Promise<readonly [number, number]> {
  const [first, last] = ((await tree.readOptional('/proc/sys/net/ipv4/ip_local_port_range')) ?? '').trim().split(/\s+/).map(Number);
  // The kernel's own default.
  return first !== undefined && last !== undefined && last > first ? [first, last] : [32_768, 60_999];
}

async function findOwners(tree: Tree, sockets: readonly ProcSocket[], owners: ListenerMemory['owners']): Promise<void> {
  const here = new Set(sockets.map(({ inode }) => inode));
  for (const inode of owners.keys()) if (!here.has(inode)) owners.delete(inode);
  const wanted = new Set([...here].filter((inode) => !owners.has(inode)));
  if (wanted.size === 0) return;
  const pids = (await tree.list('/proc')).filter((name) => /^\d+$/.test(name)).slice(0, maxProcesses);
  for (let at = 0; at < pids.length && wanted.size > 0; at += processesAtOnce)
    await Promise.all(pids.slice(at, at + processesAtOnce).map((pid) => lookInto(tree, pid, wanted, owners)));
  // Not found is an answer too, so that the search is not made again for it: the process is not ours to see.
  for (const inode of wanted) owners.set(inode, undefined);
}

async function lookInto(tree: Tree, pid: string, wanted: Set<string>, owners: ListenerMemory['owners']): Promise<void> {
  for (const file of await tree.list(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec((await tree.link(`/proc/${pid}/fd/${file}`)) ?? '')?.[1];
    if (inode === undefined || !wanted.has(inode)) continue;
    wanted.delete(inode);
    const name = await nameOf(tree, pid);
    owners.set(inode, name === undefined ? undefined : { name, pid: Number(pid) });
  }
}

/** What ps shows; Node calls its main thread `MainThread`, and then the program's file says more. */
async function nameOf(tree: Tree, pid: string): Promise<string | undefined> {
  const name = (await tree.readOptional(`/proc/${pid}/comm`))?.trim().slice(0, 256);
  if (name !== 'MainThread') return name === '' ? undefined : name;
  return (await tree.link(`/proc/${pid}/exe`))?.split('/').at(-1)?.slice(0, 256) ?? name;
}
