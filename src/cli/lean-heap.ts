/** Long-running commands begin again with a smaller young generation, and give back what they do not use. */
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/**
 * V8 lets the space of young objects grow to three times 16 MiB and keeps it. A server with 10,000 connections holds most of its
 * memory outside of it, and needs it for nothing: with 4 MiB each agent costs 66 KiB of resident memory instead of 90, at the same
 * CPU time (measured with 2,000 agents, `npm run bench -- fleet`). The flags are read when a process begins, so this one replaces
 * itself (execve(2): the same process id, streams and environment); where Node cannot do that, it goes on as it is.
 */
export function leanHeap(megabytes: number): void {
  const flag = '--max-semi-space-size';
  const set = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes(flag));
  if (set || process.execve === undefined || process.platform === 'win32') return giveBackWhenIdle();
  const args = [process.execPath, ...process.execArgv, `${flag}=${megabytes}`, '--expose-gc', ...process.argv.slice(1)];
  // glibc gives threads that sign and hash an arena each, and none of them back.
  process.execve(process.execPath, args, { ...process.env, MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2' });
}

/** The first look comes when the start is over; its garbage (parsers, definitions, certificates) is most of what there is to give back. */
const firstLookMs = 10_000;
const lookEveryMs = 30_000;
/** Of the time between two looks; a process above it has better things to do, and collects its garbage by itself. */
const idleBelow = 0.1;
/** What makes a collection worth its while. It takes 35 ms with the 14 MiB of an agent, and longer the more is alive: large heaps are left alone. */
const worthBytes = 2 * 1024 ** 2;
const largeBytes = 64 * 1024 ** 2;

/**
 * V8 keeps pages that it has emptied, for a next burst that an idle agent does not have: 6 MiB of resident memory after a start.
 * Its collection of the last resort gives them back and keeps compiled code.
 */
function giveBackWhenIdle(): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  let before = performance.eventLoopUtilization();
  let least = 0;
  const look = () => {
    const now = performance.eventLoopUtilization();
    const idle = performance.eventLoopUtilization(now, before).utilization < idleBelow;
    before = now;
    const { total_physical_size: size } = getHeapStatistics();
    if (idle && size > least + worthBytes && size < largeBytes) {
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      least = getHeapStatistics().total_physical_size;
    } else least = Math.min(least, size);
    setTimeout(look, lookEveryMs).unref();
  };
  setTimeout(look, firstLookMs).unref();
}
