/** Receivers that nobody here wrote, as Debian has them: unpacked into the lab's cache, never installed. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../command.ts';
import { debianSite, unpack, whyNotDebian } from '../setup/debian.ts';
import { withLock } from '../setup/lock.ts';
import { type Capability, labCacheDir } from '../setup.ts';

/** 1.112: the first in Debian that takes metrics by OTLP as well. */
export function victoriaMetrics(): Promise<Capability<{ readonly program: string }>> {
  return unpacked('victoria-metrics', 'trixie', 'usr/bin/victoria-metrics', '-version');
}

async function unpacked(name: string, suite: string, path: string, trial: string): Promise<Capability<{ readonly program: string }>> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { available: false, reason: missing };
  const cacheDir = labCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const record = join(cacheDir, `receiver-${name}.txt`);
  const known = recorded(record);
  if (known !== undefined) return { available: true, program: known };
  return withLock(`${record}.lock`, async () => {
    const made = recorded(record); // another process was faster
    if (made !== undefined) return { available: true, program: made };
    const found = await unpack(cacheDir, await debianSite(), { suite, packages: [name] });
    if ('reason' in found) return { available: false, reason: found.reason };
    const program = join(found.root, path);
    const { code, stderr } = await run(program, [trial]);
    if (code !== 0) return { available: false, reason: `${program} does not run: ${stderr.trim()}` };
    writeFileSync(`${record}.new`, program);
    renameSync(`${record}.new`, record);
    return { available: true, program };
  });
}

function recorded(record: string): string | undefined {
  const program = existsSync(record) ? readFileSync(record, 'utf8') : '';
  return program !== '' && existsSync(program) ? program : undefined;
}
