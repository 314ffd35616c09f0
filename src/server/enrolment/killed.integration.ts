import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { manualClock } from '../../core/manual-clock.ts';
import { testKey } from '../ca/testing/csr.ts';
import { openDesk } from './testing/desk.ts';

const program = fileURLToPath(new URL('./testing/dies-after-commit.ts', import.meta.url));

test('a server killed between commit and answer has enrolled the agent once: asking again gives that UID, and the one use is taken once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-killed-'));
  try {
    const path = join(folder, 'fairlead.db');
    const clock = manualClock(Date.now());
    const token = await (async () => {
      await using desk = await openDesk({ path, clock });
      return desk.token();
    })();
    const request = { token, csr: await (await testKey()).csr(), name: 'web-1' };
    const killed = spawnSync(process.execPath, [program, path, JSON.stringify(request)], { encoding: 'utf8' });
    assert.equal(killed.signal, 'SIGKILL', killed.stderr);

    await using desk = await openDesk({ path, clock });
    const [agent, ...others] = [...desk.fleet.all()];
    assert.deepEqual([agent?.record.name, others], ['web-1', []]);
    const outcome = await desk.enrol(request);
    assert.ok(outcome.kind === 'repeated', JSON.stringify(outcome));
    assert.equal(outcome.identity.uid, agent?.record.uid);
    assert.deepEqual([(await desk.enrolments.tokens.list())[0]?.usesLeft, desk.fleet.size], [0, 1]);
    const other = await desk.enrol({ ...request, csr: await (await testKey()).csr() });
    assert.equal(other.kind === 'refused' && other.code, 'token-used-up');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
