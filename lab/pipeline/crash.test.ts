/** The real agent, killed at random moments. `npm run soak` does a thousand rounds of the same. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { soak } from '../soak/run.ts';

test('thirty times kill -9: every line that was written or taken arrives as it was, and few come twice', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-crash-'));
  const seed = Math.floor(Math.random() * 1e6);
  const report = await soak({ dir, rounds: 30, seed, lifeMs: 600, patienceMs: 60_000 });
  assert.deepEqual(report.faults, [], `seed ${seed}, kept in ${dir}`);
  assert.equal(report.spoolDamaged, 0, `seed ${seed}, kept in ${dir}`);
  assert.ok(report.atWork > 5 && report.written > 1_000 && report.pushed > 5, JSON.stringify(report));
  assert.ok(report.duplicates.bytesPerKill <= 8 << 20, JSON.stringify(report.duplicates));
  await rm(dir, { recursive: true });
});
