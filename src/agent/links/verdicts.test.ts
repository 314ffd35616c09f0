import assert from 'node:assert/strict';
import test from 'node:test';
import { judge, type LinkVerdict, unknownLink } from './verdicts.ts';

const thresholds = { downAfter: 3, upAfter: 2 };

/** `+` is a success, `-` a failure, one each second from 1 on; the result names each turn with the second in which it began. */
function turns(results: string): string {
  let verdict: LinkVerdict = unknownLink;
  const seen: string[] = [];
  for (const [index, result] of [...results].entries()) {
    const at = { atMs: (index + 1) * 1_000, upMs: (index + 1) * 1_000 };
    const turn = judge(verdict, result === '+' ? undefined : 'refused', at, thresholds);
    verdict = turn.verdict;
    if (turn.went !== undefined) seen.push(`${turn.went}@${(turn.at?.atMs ?? 0) / 1_000}`);
  }
  return [...seen, verdict.kind].join(' ');
}

test('a link goes down after enough failures in a row, since the first of them', () => {
  const rows: readonly (readonly [results: string, turns: string])[] = [
    ['', 'unknown'],
    ['+', 'up@1 up'],
    ['-', 'down@1 down'],
    ['+--', 'up@1 up'],
    ['+---', 'up@1 down@2 down'],
    ['+--+---', 'up@1 down@5 down'],
    ['+---+', 'up@1 down@2 down'],
    ['+---++', 'up@1 down@2 up@5 up'],
    ['+---+-++', 'up@1 down@2 up@7 up'],
    ['-++---', 'down@1 up@2 down@4 down'],
  ];
  for (const [results, expected] of rows) assert.equal(turns(results), expected, results);
});
