import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runOnFullDisk } from './full-disk.ts';

test('on a full disk changes are refused, nothing acknowledged is lost, and it goes on when there is room', (t) => {
  const mountPoint = mkdtempSync(join(tmpdir(), 'fairlead-lab-disk-'));
  const module = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'full-disk.ts')).href);
  const program = `const { ${runOnFullDisk.name}: run } = await import(${module}); console.log(JSON.stringify(await run(process.env.MOUNT_POINT)));`;
  // The mount ends with the process: nobody else ever sees it.
  const script = 'mount -t tmpfs -o size=3m,mode=700 tmpfs "$MOUNT_POINT" && exec "$NODE" --input-type=module -e "$PROGRAM"';
  const env = { ...process.env, MOUNT_POINT: mountPoint, NODE: process.execPath, PROGRAM: program };
  try {
    const [before = 0, after = 0] = JSON.parse(execFileSync('unshare', ['--mount', 'sh', '-c', script], { env, encoding: 'utf8' }));
    t.diagnostic(`${before} commits of 40,000 characters on 3 MiB, ${after} after there was room`);
    assert.ok(before > 20 && after >= before + 200);
  } finally {
    rmSync(mountPoint, { recursive: true });
  }
});
