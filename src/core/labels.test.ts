import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from './labels.ts';
import { formatSelector, matches, parseSelector } from './labels.ts';

const agent: Labels = { env: 'prod', region: 'eu', gpu: '' };

test('a selector holds when all of its requirements do', () => {
  for (const [text, expected] of [
    ['', true],
    ['env=prod', true],
    ['env==prod,region=eu', true],
    ['env=prod,region=us', false],
    ['region in (us, eu)', true],
    ['region notin (us,eu)', false],
    ['role!=canary', true],
    ['gpu', true],
    ['!gpu', false],
    ['!spot , env = prod', true],
    ['constructor', false],
  ] as const) {
    const parsed = parseSelector(text);
    assert.ok(parsed.ok, text);
    assert.equal(matches(parsed.selector, agent), expected, text);
  }
});

test('what cannot be read is shown with its place', () => {
  assert.deepEqual(parseSelector('env=prod,region in us'), { ok: false, problem: '"region in us" is no requirement', offset: 9 });
  assert.deepEqual(parseSelector('1env=prod'), { ok: false, problem: '"1env" is no label key', offset: 0 });
  assert.equal(parseSelector('a=b=c').ok, false);
  assert.equal(parseSelector(',').ok, false);
});

test('a selector is written so that it is read again', () => {
  for (const text of ['env=prod,role!=canary', 'region in (eu, us),tier notin (a, b)', 'gpu,!spot', '']) {
    const parsed = parseSelector(text);
    assert.ok(parsed.ok);
    assert.equal(formatSelector(parsed.selector), text);
  }
});
