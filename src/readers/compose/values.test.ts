import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, normalizeProjectName, parseBytes, parseDuration, splitCommand } from './values.ts';

test('durations are read and printed as Go does', () => {
  for (const [text, ms, printed] of [
    ['1m30s', 90_000, '1m30s'],
    ['90s', 90_000, '1m30s'],
    ['1.5h', 5_400_000, '1h30m0s'],
    ['500ms', 500, '500ms'],
    ['1500ms', 1500, '1.5s'],
    ['1h2m3.5s', 3_723_500, '1h2m3.5s'],
    ['0', 0, '0s'],
    ['20us', 0.02, '20µs'],
  ] as const) {
    strictEqual(parseDuration(text), ms, text);
    strictEqual(formatDuration(ms), printed, text);
  }
  for (const text of ['10', '', 's', '1x', '1m 30s', '1d']) strictEqual(parseDuration(text), undefined, text);
});

test('sizes are read in powers of 1024', () => {
  for (const [text, bytes] of [
    ['512m', 536_870_912],
    ['1.5gb', 1_610_612_736],
    ['64 KiB', 65_536],
    ['100', 100],
    ['-1', -1],
    ['1x', undefined],
    ['', undefined],
  ] as const)
    strictEqual(parseBytes(text), bytes, text);
});

test('command lines are split as Compose splits them', () => {
  for (const [text, words] of [
    ['a "b c" \'d e\' f\\ g', ['a', 'b c', 'd e', 'f g']],
    ['echo a; echo b', ['echo', 'a']],
    ['a && b', ['a']],
    ['a > b', ['a']],
    ['a $(date now) x', ['a', '$(date now)', 'x']],
    ['a "" b', ['a', '', 'b']],
    ['', []],
    ["a 'x\\y'", ['a', 'x\\y']],
    ['echo (a)', undefined],
    ['echo "a', undefined],
  ] as const)
    deepStrictEqual(splitCommand(text), words, text);
});

test('a project name keeps what may stand in one', () => {
  strictEqual(normalizeProjectName('My Proj.x'), 'myprojx');
  strictEqual(normalizeProjectName('_-a_B-1'), 'a_b-1');
});
