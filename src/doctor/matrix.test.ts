import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildModel } from '../network/testing/build.ts';
import { allPairsJson } from './answers-json.ts';
import { askAll } from './matrix.ts';

test('every pair is answered once, in its group or by itself', () => {
  const containers = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`s${index}`, { networks: [index % 2 === 0 ? 'even' : 'odd'], listens: ['80'] }]),
  );
  const all = allPairsJson(askAll(buildModel({ containers })));
  const members = (groups: readonly (readonly unknown[])[]) => groups.reduce((sum, group) => sum + group.length, 0);
  assert.equal(members(all.sources), 22);
  assert.equal(members(all.targets), 20);
  assert.equal(all.own.length, 20);
  assert.ok(all.sources.length <= 4 && all.targets.length === 2, 'equal containers are answered together');
  const kindOf = (from: string, to: string) =>
    all.answers.find(
      (answer) => all.sources[answer.from]?.includes(from) && all.targets[answer.to]?.some(({ workload }) => workload === to),
    )?.kind;
  assert.equal(kindOf('s0', 's2'), 'reachable');
  assert.equal(kindOf('s0', 's3'), 'unreachable');
});
