import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from './nearest.ts';

test('a slip finds what was meant, a different word does not', () => {
  const words = ['check', 'reach', 'explain', 'shop/db'];
  assert.equal(nearest('chekc', words), 'check');
  assert.equal(nearest('reahc', words), 'reach');
  assert.equal(nearest('Explian', words), 'explain');
  assert.equal(nearest('expl', words), 'explain');
  assert.equal(nearest('grafana', words), undefined);
  assert.equal(didYouMean('grafana', words, 'see the list'), 'see the list');
});
