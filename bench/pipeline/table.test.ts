import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases } from './cases.ts';
import { median, millions, raceRows, rowText, summaryOf } from './table.ts';

const runs = [4, 2, 5].map((cpuSeconds) => ({ program: 'p', lines: 4_000_000, seconds: 2, cpuSeconds, peakMiB: 100 + cpuSeconds }));

test('a summary is the median rate, the range, and the highest peak', () => {
  assert.deepEqual(summaryOf(runs), {
    program: 'p',
    linesPerCpuSecond: 1_000_000,
    slowest: 800_000,
    fastest: 2_000_000,
    linesPerSecond: 2_000_000,
    peakMiB: 105,
  });
  assert.equal(median([3, 1]), 2);
  assert.equal(millions(2_345_678), '2.35 M');
  assert.equal(millions(71_400), '71 k');
});

test('a goal that is missed is said in the row of the program that it is held against', () => {
  const one = cases.find(({ name }) => name === 'pass-through');
  assert.ok(one);
  const at = (linesPerCpuSecond: number) => ({ ...summaryOf(runs), linesPerCpuSecond });
  const met = raceRows(one, at(2_500_000), [at(400_000), at(2_400_000)]);
  assert.ok(
    met.every((row) => row.endsWith('| yes |')),
    met.join('\n'),
  );
  const missed = raceRows(one, at(2_500_000), [at(600_000), at(2_600_000)]);
  assert.deepEqual(
    missed.map((row) => row.includes('**no**')),
    [false, true, true],
  );
  assert.equal(rowText({ what: 'w', measured: '1 s', goal: '≤ 2 s', met: true }), '| w | 1 s | ≤ 2 s | yes |');
});
