import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { findMarked, identify, isAlive, isSameProcess } from './process-table.ts';

const skip = process.platform === 'linux' ? false : 'reads /proc';

test('a process is itself, and not another one with its number', { skip }, () => {
  const self = identify(process.pid);
  assert.ok(self !== undefined && isSameProcess(self));
  assert.equal(isSameProcess({ ...self, startTime: '1' }), false);
});

test('marked processes are found with their descendants, and are gone after they end', { skip }, async () => {
  const mark = `FAIRLEAD_LAB_TEST=${process.pid}`;
  const child = spawn('sh', ['-c', 'env -i sleep 60 & echo ready; wait'], {
    env: { ...process.env, FAIRLEAD_LAB_TEST: String(process.pid) },
  });
  await once(child.stdout, 'data');
  const found = findMarked(mark);
  assert.equal(found.length, 2, 'the shell, and the sleep that does not carry the mark');
  for (const one of found) process.kill(one.pid, 'SIGKILL');
  await once(child, 'exit');
  assert.deepEqual(findMarked(mark), []);
  assert.equal(isAlive(child.pid ?? 0), false);
});
