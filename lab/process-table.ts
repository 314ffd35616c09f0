import { readdirSync, readFileSync } from 'node:fs';

/** A process as `/proc/PID/stat` names it: the start time tells a process from a later one with the same number (proc(5)). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

interface ProcessEntry extends ProcessIdentity {
  readonly parent: number;
}

export function isAlive(pid: number): boolean {
  return readEntry(pid) !== undefined;
}

/** Undefined when no such process runs (a zombie does not run). */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = readEntry(pid);
  return entry && { pid, startTime: entry.startTime };
}

export function isSameProcess(identity: ProcessIdentity): boolean {
  return readEntry(identity.pid)?.startTime === identity.startTime;
}

/** proc(5): the command name may hold blanks and brackets, so fields are counted behind its last bracket. */
function readEntry(pid: number): ProcessEntry | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, parent: Number(fields[1]), startTime: fields[19] ?? '' };
}

/**
 * Every process whose environment holds `mark`, and all their descendants. The mark is inherited from the engine by containerd, its
 * shims and proxies; containers have an environment of their own, but are children of a shim.
 */
export function findMarked(mark: string): readonly ProcessIdentity[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const entries = pids.flatMap((pid) => readEntry(pid) ?? []);
  const found = new Map<number, ProcessEntry>();
  for (const entry of entries) {
    const environment = readProc(`/proc/${entry.pid}/environ`);
    if (environment?.split('\0').includes(mark)) found.set(entry.pid, entry);
  }
  for (let grown = true; grown; ) {
    const children = entries.filter((entry) => !found.has(entry.pid) && found.has(entry.parent));
    for (const child of children) found.set(child.pid, child);
    grown = children.length > 0;
  }
  found.delete(process.pid);
  return [...found.values()];
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // ended between listing and reading
  }
}
