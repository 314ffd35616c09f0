import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from './explain.ts';
import type { Steps } from './try-out.ts';
import { named } from './try-out.ts';

const parses = (steps: Steps, format: 'text' | 'json' = 'json') => explain(named(steps), format).map((one) => one.parses);

test('what works on bytes says so, and what does not says why', () => {
  assert.deepEqual(
    parses([
      { type: 'filter', keep: 'status >= 500 and not tag "x"' },
      { type: 'filter', keep: 'path matches /x/' },
      { type: 'sample', oneIn: 2 },
      { type: 'deduplicate' },
      { type: 'rate-limit', perSecond: 5 },
      { type: 'redact' },
      { type: 'redact', patterns: [{ name: 'x', pattern: 'x+' }] },
      { type: 'add', tags: ['a'] },
      { type: 'add', fields: { a: 1 } },
      { type: 'aggregate', metrics: [{ name: 'a', kind: 'count' }] },
    ]),
    ['none', 'some', 'none', 'none', 'none', 'some', 'all', 'none', 'all', 'none'],
  );
  const [matching] = explain(named([{ type: 'filter', drop: 'user.path matches /x/' }]), 'json');
  assert.equal(matching?.why, 'user.path matches … makes a text of that one value; contains, startsWith or endsWith work on its bytes.');
});

test('fields of lines of text are explained to be none, until the lines are parsed', () => {
  const steps = [
    { type: 'remove', fields: ['a'] },
    { type: 'parse', format: 'logfmt' },
    { type: 'remove', fields: ['a'] },
  ];
  assert.deepEqual(parses(steps, 'text'), ['none', 'all', 'all']);
  assert.match(explain(named(steps), 'text')[0]?.why ?? '', /Put a parse before it/);
});
