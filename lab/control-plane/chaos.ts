/** `npm run lab -- chaos`: the tests of this folder, in the times of real life where `full`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `only`: files whose name starts so. The result is the exit code. */
export async function chaos(full: boolean, only: string | undefined): Promise<number> {
  const files = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.test.ts') && name.startsWith(only ?? ''))
    .map((name) => join(import.meta.dirname, name));
  if (files.length === 0) {
    process.stderr.write(`lab: no file starts with "${only}"\n`);
    return 2;
  }
  const child = spawn(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...(full ? { FAIRLEAD_LAB_PACE: 'full' } : {}) },
  });
  const [code] = await once(child, 'close');
  return code === 0 ? 0 : 1;
}
