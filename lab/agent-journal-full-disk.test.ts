import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/agent/journal/testing/full-disk.ts', import.meta.url));

test('on a full disk the outage journal goes on in memory, keeps what was certain, and writes the rest when there is room', (t) => {
  const mountPoint = mkdtempSync(join(tmpdir(), 'fairlead-lab-journal-'));
  // The mount ends with the process: nobody else ever sees it.
  const script = 'mount -t tmpfs -o size=256k,mode=700 tmpfs "$MOUNT_POINT" && exec "$NODE" "$PROGRAM" "$MOUNT_POINT"';
  const env = { ...process.env, MOUNT_POINT: mountPoint, NODE: process.execPath, PROGRAM: program };
  try {
    const seen = JSON.parse(execFileSync('unshare', ['--mount', 'sh', '-c', script], { env, encoding: 'utf8', timeout: 120_000 }));
    t.diagnostic(JSON.stringify(seen));
    assert.match(seen.problem, /ENOSPC/);
    assert.ok(seen.certain > 50);
    assert.equal(seen.onDisk, seen.certain);
    assert.deepEqual([seen.told, seen.after, seen.problemAfter], [seen.certain + 5, seen.certain + 5, null]);
  } finally {
    rmSync(mountPoint, { recursive: true });
  }
});
