/** Time since boot and which boot it is: a clock that goes on over restarts of the agent and knows no steps. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

export type Uptime = () => { readonly boot: string; readonly ms: number };

export function systemUptime(bootIdFile = '/proc/sys/kernel/random/boot_id'): Uptime {
  const boot = readBootId(bootIdFile);
  return () => ({ boot, ms: Math.round(uptime() * 1_000) });
}

/** Where there is none (no Linux), every start counts as a boot of its own, so that two are never compared. */
function readBootId(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return crypto.randomUUID();
  }
}
