import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern } from './filter-pattern.ts';

/** Every pattern means the same to JavaScript, which is what it is compared with: an engine that nobody here wrote. */
const patterns = [
  '^web',
  'web$',
  '^$',
  'a|b|',
  '(ab)+c?',
  '(?:a|bc){2,3}d',
  '[^0-9a-f]',
  '[a-z.-]+',
  '\\d{3}',
  '\\D\\w\\W\\s?\\S',
  '.*x.*',
  'a{0,2}b{2}',
  'a{2,}',
  '(a*)*b',
  '[]x]',
  '\\.\\$\\\\',
  'a+?b',
  '(^a|b$)',
  '',
  '[\\d-]+',
];
const texts = [
  '',
  'web',
  'web-1',
  'a',
  'b',
  'ab',
  'abab',
  'abcd',
  'bcbcd',
  'aad',
  '123',
  '12',
  'x',
  'fe',
  'g',
  '-',
  'aaa',
  'aabb',
  'bb',
  '.$\\',
  'a b',
  'ä',
  ']',
  'b1-',
];

for (const text of patterns)
  test(`"${text}" matches what JavaScript's expression matches`, () => {
    const pattern = compilePattern(text);
    assert.ok('test' in pattern, JSON.stringify(pattern));
    // In JavaScript "[]" is an empty class; POSIX and RE2 take the bracket as a character.
    const expression = new RegExp(text.replace('[]', '[\\]'));
    for (const candidate of texts) assert.equal(pattern.test(candidate), expression.test(candidate), `on "${candidate}"`);
  });

test('a pattern that makes backtracking engines count to the end of the world takes no time', () => {
  const pattern = compilePattern('^(a+)+(a+)+(a|aa)*$');
  assert.ok('test' in pattern);
  const started = performance.now();
  assert.equal(pattern.test(`${'a'.repeat(512)}b`), false);
  assert.ok(performance.now() - started < 2_000);
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['(', /"\)" is missing/],
  [')', /without "\("/],
  ['[a', /"\]" is missing/],
  ['*a', /nothing to repeat/],
  ['a{5,2}', /counts go up/],
  ['a{1,999}', /counts go up/],
  ['((a{100}){100}){100}', /too large/],
  ['(?=a)', /only "\(\?:" is supported/],
  ['\\1', /\\1 is not supported/],
  ['\\', /ends in a backslash/],
  ['[z-a]', /is no range/],
  ['x'.repeat(300), /longer than/],
];
for (const [text, problem] of wrong)
  test(`"${text.slice(0, 30)}" is refused`, () => {
    const pattern = compilePattern(text);
    assert.ok('problem' in pattern);
    assert.match(pattern.problem, problem);
  });
