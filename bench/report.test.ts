import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Measured, spread } from './measure.ts';
import { busyness, machine, misses, table, withResults } from './report.ts';

const measured = (medianMs: number, peakMiB = 50): Measured => ({
  name: 'x',
  medianMs,
  fastestMs: medianMs - 1,
  slowestMs: medianMs + 1,
  peakMiB,
  exitCode: 0,
});

test('the median of an even number of runs lies between the two in the middle', () => {
  assert.deepEqual(spread([4, 1, 3, 2]), { medianMs: 2.5, fastestMs: 1, slowestMs: 4 });
  assert.equal(spread([3, 1, 2]).medianMs, 2);
});

test('a goal that is missed is named with both numbers', () => {
  const goal = { maxMs: 150, minRatio: 4, maxMiB: 40 };
  assert.deepEqual(misses({ task: 't', fairlead: measured(100, 30), dclint: measured(401), goal }), []);
  assert.deepEqual(misses({ task: 't', fairlead: measured(200), dclint: measured(401), goal }), [
    '200 > 150 ms',
    '2.0 < 4 ×',
    '50 > 40 MiB',
  ]);
});

test('the table holds a line per task', () => {
  const text = table([{ task: 'one file', fairlead: measured(100), dclint: measured(450), goal: { maxMs: 150 } }]);
  assert.equal(text.split('\n').at(-1), '| one file | 100 ms (99–101) | 50 MiB | 450 ms (449–451) | 50 MiB | 4.5 × | ≤ 150 ms | yes |');
});

test('results replace only what stands between the marks', () => {
  const page = 'a\n<!-- results: written by npm run bench -- check -->\nold\n<!-- end of results -->\nb';
  assert.equal(
    withResults(page, 'new', 'check'),
    'a\n<!-- results: written by npm run bench -- check -->\nnew\n<!-- end of results -->\nb',
  );
  assert.throws(() => withResults('no marks', 'new', 'check'), /lost its marks/);
});

test('the machine is named by what it can do', () => assert.match(machine(), /^\d+ cores of .+, \d+ GiB, \w+ [\d.]+, Node 2\d\./));

test('a busy machine is named as such', () => {
  assert.equal(busyness(0.4, 2), '');
  assert.match(busyness(3.2, 2), /busy.*load 3\.2 on 2 cores/);
});
