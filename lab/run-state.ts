import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMarked, identify, isSameProcess, type ProcessIdentity } from './process-table.ts';

/** On disk rather than in /tmp, which may be a tmpfs; the same for every run, so that a later one finds what a dead one left. */
const runsDir = '/var/tmp/fairlead-lab';

/** One run of an engine: everything it makes outside of its folder is named here, and is removed by that name alone. */
export interface LabRun {
  readonly id: string;
  readonly dir: string;
  /** The process that answers for the run; when it is gone, the run is a leftover. */
  readonly owner: ProcessIdentity;
  readonly namespaces: readonly string[];
}

/** Environment entry that every process of a run inherits. */
export function markOf(run: LabRun): string {
  return `FAIRLEAD_LAB_RUN=${run.id}`;
}

export function cgroupOf(run: LabRun): string {
  return `fairlead-lab-${run.id}`;
}

const open = new Map<string, LabRun>();
let watching = false;

/** Makes the folder of a new run and registers it for removal, also when this process ends without disposing of it. */
export function openRun(roles: readonly string[]): LabRun {
  sweepDeadRuns();
  const owner = identify(process.pid);
  if (owner === undefined) throw new Error('/proc does not show this process');
  const id = randomBytes(4).toString('hex');
  const run: LabRun = { id, dir: join(runsDir, id), owner, namespaces: roles.map((role) => `fl${id}-${role}`) };
  mkdirSync(run.dir, { recursive: true });
  writeFileSync(join(run.dir, 'run.json'), JSON.stringify(run));
  open.set(id, run);
  watchExit();
  return run;
}

/**
 * Ends the run's processes and removes its namespaces, cgroups and files. Synchronous, because it must also work while the process
 * exits. Mounts need no care: they live in mount namespaces that end with the processes.
 */
export function closeRun(run: LabRun): void {
  killAll(run);
  for (const name of run.namespaces) if (existsSync(`/run/netns/${name}`)) execFileSync('/sbin/ip', ['netns', 'del', name]);
  for (const controller of subdirectories('/sys/fs/cgroup')) removeCgroup(join('/sys/fs/cgroup', controller, cgroupOf(run)));
  removeCgroup(join('/sys/fs/cgroup', cgroupOf(run)));
  rmSync(run.dir, { recursive: true, force: true, maxRetries: 5 });
  open.delete(run.id);
}

/** SIGKILL, and no wait for an orderly stop: nothing of a run is worth keeping, and a stopping engine takes three seconds. */
function killAll(run: LabRun): void {
  const deadline = Date.now() + 10_000;
  for (let found = findMarked(markOf(run)); found.length > 0; found = findMarked(markOf(run))) {
    if (Date.now() > deadline) throw new Error(`run ${run.id}: processes ${found.map((one) => one.pid).join(', ')} do not end`);
    for (const one of found) kill(one);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

function kill(process_: ProcessIdentity): void {
  try {
    if (isSameProcess(process_)) process.kill(process_.pid, 'SIGKILL');
  } catch {
    // ended by itself in between
  }
}

function removeCgroup(path: string): void {
  for (const child of subdirectories(path)) removeCgroup(join(path, child));
  if (!existsSync(path)) return;
  try {
    rmdirSync(path);
  } catch {
    // the kernel lets go of a cgroup a moment after its last process; an empty one costs nothing
  }
}

function subdirectories(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Removes runs whose owner is gone (killed, power cut); runs of living processes are theirs. */
function sweepDeadRuns(): void {
  for (const id of subdirectories(runsDir)) {
    const run = readRun(join(runsDir, id, 'run.json'));
    if (run !== undefined && run.id === id && !isSameProcess(run.owner)) closeRun(run);
  }
}

function readRun(path: string): LabRun | undefined {
  try {
    // Written by openRun; a half-written file does not parse and is left alone.
    return JSON.parse(readFileSync(path, 'utf8')) as LabRun;
  } catch {
    return undefined;
  }
}

function watchExit(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const run of open.values()) closeRun(run);
  });
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const)
    process.once(signal, () => process.exit(128 + number));
}
