/** Long-running commands begin again with a smaller young generation. */

/**
 * V8 lets the space of young objects grow to three times 16 MiB and keeps it. A server with 10,000 connections holds most of its
 * memory outside of it, and needs it for nothing: with 4 MiB each agent costs 66 KiB of resident memory instead of 90, at the same
 * CPU time (measured with 2,000 agents, `npm run bench -- fleet`). The flag is read when a process begins, so this one replaces
 * itself (execve(2): the same process id, streams and environment); where Node cannot do that, it goes on as it is.
 */
export function leanHeap(megabytes: number): void {
  const flag = '--max-semi-space-size';
  const set = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes(flag));
  if (set || process.execve === undefined || process.platform === 'win32') return;
  const args = [process.execPath, ...process.execArgv, `${flag}=${megabytes}`, ...process.argv.slice(1)];
  // glibc gives threads that sign and hash an arena each, and none of them back.
  process.execve(process.execPath, args, { ...process.env, MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2' });
}
