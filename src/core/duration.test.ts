import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

test('a duration is read with its unit', () => {
  for (const [text, ms] of [
    ['500ms', 500],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0', 0],
    ['0s', 0],
  ] as const)
    assert.equal(parseDuration(text), ms, text);
});

test('what is no duration is not guessed', () => {
  for (const text of ['', '10', 's', '10 s', '-1s', '1y', '10s5', '1e3s', `${'9'.repeat(60)}s`])
    assert.equal(parseDuration(text), undefined, text);
});

test('a duration is written so that it is read again', () => {
  for (const ms of [1, 999, 1_000, 90_000, 86_400_000, 90_061_001]) assert.equal(parseDuration(formatDuration(ms)), ms);
  assert.equal(formatDuration(90_000), '1m30s');
});
