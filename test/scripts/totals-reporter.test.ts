import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** NODE_TEST_CONTEXT would make the inner run talk to the outer one. */
function run(file: string): readonly Record<string, string>[] {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test', `--test-reporter=${join(root, 'scripts/totals-reporter.mjs')}`, join(import.meta.dirname, file)];
  const done = spawnSync(process.execPath, args, { env, encoding: 'utf8', cwd: root });
  // Written by the reporter under test, one object per line.
  return done.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, string>]));
}

test('each test is told once, with its outcome and its reason, and the run ends with a summary', () => {
  const lines = run('planted/every-outcome.mjs');
  const told = lines.map((line) => ('summary' in line ? 'summary' : `${Object.keys(line)[0]} ${Object.values(line)[0]}`));
  assert.deepEqual(told, [
    'passed passes',
    'skipped is skipped',
    'failed fails',
    'passed child passes',
    'failed child fails',
    'passed inside',
    'summary',
  ]);
  assert.equal(lines.find((line) => line.skipped !== undefined)?.reason, 'no engine here');
  assert.deepEqual(
    lines.filter((line) => line.failed !== undefined).map((line) => line.reason?.split('\n')[0]),
    ['one is not two', 'as planted'],
  );
});
