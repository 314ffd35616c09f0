/** The bench's fleet, small: what must hold for 10,000 agents (`npm run bench -- fleet`) holds for 200 in every run of the tests. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFleet } from '../../bench/fleet/phases.ts';

const root = join(import.meta.dirname, '../..');

test('200 agents get a configuration, survive the death of their server, and nobody is called dead', { timeout: 240_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-fleet-'));
  try {
    const result = await runFleet({
      folder,
      count: 200,
      heartbeatMs: 2_000,
      connectPerSecond: 200,
      idleMs: 4_000,
      program: join(root, 'src/cli.ts'),
      progress: (line) => process.stdout.write(`${line}\n`),
    });
    assert.ok(result.heartbeats > 200, `${result.heartbeats} heartbeats`);
    assert.deepEqual(result.falseOffline, []);
    assert.equal(result.resentConfigs, 0, 'a restart sends no configuration again');
    assert.equal(result.reEnrolled, 0, 'a restart makes nobody enrol again');
    assert.equal(result.protocolErrors, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
