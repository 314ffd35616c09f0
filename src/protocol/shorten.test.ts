import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten } from './shorten.ts';

test('a text that fits stays, a longer one is cut before its end', () => {
  assert.equal(shorten('abcd', 4), 'abcd');
  assert.equal(shorten('abcde', 4), 'abc…');
});

test('no half of a surrogate pair is left over', () => {
  assert.equal(shorten('ab😀cd', 4), 'ab…');
  assert.equal(shorten('ab😀cd', 5), 'ab😀…');
  assert.ok(shorten('\ud800bcdef', 4).isWellFormed());
});
