import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStages, stageText } from './rollout-stages.ts';

test('stages are read as people write them', () => {
  assert.deepEqual(parseStages('canary=env=canary,10%,50%,100%'), [
    { kind: 'canary', selector: 'env=canary' },
    { kind: 'percent', percent: 10 },
    { kind: 'percent', percent: 50 },
    { kind: 'all' },
  ]);
  assert.deepEqual(parseStages('5, 12.5%, all'), [{ kind: 'count', count: 5 }, { kind: 'percent', percent: 12.5 }, { kind: 'all' }]);
});

test('a selector with commas of its own stays whole', () => {
  assert.deepEqual(parseStages('canary=env=canary,region in (eu, us),!spot,10%,all'), [
    { kind: 'canary', selector: 'env=canary,region in (eu, us),!spot' },
    { kind: 'percent', percent: 10 },
    { kind: 'all' },
  ]);
});

test('what is no stage is named', () => {
  for (const [text, wrong] of [
    ['half', 'half'],
    ['10%,', ''],
    ['', ''],
    ['10 %', '10 %'],
    ['canary=', 'canary='],
    ['1000%', '1000%'],
    ['10%,env=canary', 'env=canary'],
  ] as const)
    assert.throws(() => parseStages(text), { message: `"${wrong}" is no stage` }, text);
});

test('stages are told as they are read', () => {
  assert.deepEqual(parseStages('canary=a=b,1,3,5%,100%').map(stageText), ['canary a=b', '1 agent', '3 agents', '5 %', 'all']);
  assert.equal(stageText(undefined), '–');
});
