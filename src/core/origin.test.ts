import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOrigin, subOrigin } from './origin.ts';
import { SourceText } from './text.ts';

const source = new SourceText('compose.yaml', 'url: http://db:80/\ntext: |\n  a\n  b\n');

test('an origin reads as people write places', () => {
  assert.equal(formatOrigin(source.origin(5, 18)), 'compose.yaml:1:6');
  assert.equal(
    formatOrigin({ kind: 'observed', source: 'inspect.json', object: 'container a', path: 'Config.Env[0]' }),
    'inspect.json container a Config.Env[0]',
  );
  assert.equal(formatOrigin({ kind: 'default', text: 'default of the engine' }), 'default of the engine');
});

test('a part of an exact value has the place of just that part', () => {
  const part = subOrigin(source.origin(5, 18, { exact: true }), 7, 9);
  assert.ok(part.kind === 'file');
  assert.equal(source.text.slice(part.span.start, part.span.end), 'db');
  assert.deepEqual([part.span.line, part.span.column, part.span.endColumn], [1, 13, 15]);
});

test('a part of a value that was escaped, or that runs over lines, keeps the place of the whole', () => {
  for (const whole of [source.origin(5, 18), source.origin(19, 34, { exact: true })]) assert.equal(subOrigin(whole, 1, 2), whole);
});
