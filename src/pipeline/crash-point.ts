/** Places where a test ends the process, as `kill -9` would: between two writes that must not be trusted to happen together. */

/** `FAIRLEAD_CRASH_AT=spool.append.written` or, for the third time it is passed, `spool.append.written:3`. */
const [armedPoint, armedCount] = (process.env.FAIRLEAD_CRASH_AT ?? '').split(':');
let passes = 0;

export function crashPoint(name: string): void {
  if (name !== armedPoint) return;
  passes += 1;
  if (passes >= Number(armedCount ?? 1)) process.kill(process.pid, 'SIGKILL');
}
