import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { unifiedDiff } from './unified-diff.ts';

test('equal texts have no diff', () => assert.equal(unifiedDiff('a\n', 'a\n', 'x'), ''));

test('one changed line is one hunk with its context', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
  assert.equal(
    unifiedDiff(before, before.replace('e', 'E'), 'x.yaml'),
    '--- a/x.yaml\n+++ b/x.yaml\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n',
  );
});

test('a missing last line break is said', () => {
  assert.equal(unifiedDiff('a', 'a\nb\n', 'x'), '--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n');
});

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('git applies what is printed, for random texts', (context) => {
  const seed = 20260822;
  context.diagnostic(`seed ${seed}`);
  const next = random(seed);
  const text = (): string =>
    Array.from({ length: Math.floor(next() * 30) }, () => 'abc'[Math.floor(next() * 3)]).join('\n') + (next() < 0.7 ? '\n' : '');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-diff-'));
  try {
    for (let round = 0; round < 25; round += 1) {
      const [before, after] = [`x\n${text()}`, `x\n${text()}`];
      const diff = unifiedDiff(before, after, 'file');
      if (diff === '') continue;
      writeFileSync(join(folder, 'file'), before);
      execFileSync('git', ['apply', '--unidiff-zero', '-'], { cwd: folder, input: diff });
      assert.equal(readFileSync(join(folder, 'file'), 'utf8'), after);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
