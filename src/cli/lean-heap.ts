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
  process.execve(process.execPath, args, { ...(megabytes < tightBelow ? tight : fewArenas), ...process.env });
}

/** What is said here is for glibc's malloc: it gives threads that sign and hash an arena each, and none of them back. */
const fewArenas = { MALLOC_ARENA_MAX: '2' };

/**
 * It also keeps what was freed between blocks that are in use: V8's compiler asks for blocks of 32 KiB, and 10 MiB of them stay behind after a
 * start. Here each block of 32 KiB and more is mapped by itself and goes back when it is freed, and so does the end of the heap. That makes reading from
 * a socket 1.5 µs dearer (Node takes 64 KiB for each read), which a server with many connections would feel and an agent does not.
 */
const tight = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '32768',
  MALLOC_TOP_PAD_: '16384',
};
/** Whoever asks for a smaller young generation than this wants little memory more than fast sockets. */
const tightBelow = 4;

/** The first look comes when the start is over; its garbage (parsers, definitions, certificates) is most of what there is to give back. */
const earlyLooks = 3;
const earlyLookMs = 10_000;
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
  let looks = 0;
  const wait = () => setTimeout(look, looks++ < earlyLooks ? earlyLookMs : lookEveryMs).unref();
  const look = () => {
    const now = performance.eventLoopUtilization();
    const idle = performance.eventLoopUtilization(now, before).utilization < idleBelow;
    before = now;
    const { total_physical_size: size } = getHeapStatistics();
    if (idle && size > least + worthBytes && size < largeBytes) {
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      least = getHeapStatistics().total_physical_size;
    } else least = Math.min(least, size);
    wait();
  };
  wait();
}
