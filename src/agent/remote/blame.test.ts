import assert from 'node:assert/strict';
import test from 'node:test';
import { changedSections, judgeComponents, touchedPaths } from './blame.ts';

const link = (name: string, port = 1) => ({ name, to: { text: `${name}:${port}` } });

test('a list with names is answerable for the items that differ, anything else for all of it', () => {
  const before = { links: [link('a'), link('b'), link('c')], log: { level: 'info' }, heartbeat: { interval: 1 } };
  const after = { links: [link('a'), link('b', 2), link('d')], log: { level: 'debug' }, heartbeat: { interval: 1 } };
  assert.deepEqual(changedSections(before, after), ['links', 'log']);
  assert.deepEqual(touchedPaths(before, after), ['links/b', 'links/d', 'log']);
  assert.deepEqual(touchedPaths({ services: [{ id: 'x', name: 'web' }] }, { services: [{ id: 'y', name: 'web' }] }), ['services/y']);
});

test('only what was touched is judged', () => {
  const state = { status: 'down', lastError: 'refused', sinceMs: 0 };
  const components = [
    { path: 'links/a', healthy: false, ...state },
    { path: 'links/b', healthy: true, pending: true, ...state },
    { path: 'links/bb', healthy: false, ...state },
  ];
  assert.deepEqual(judgeComponents(components, ['links/b']), { unwell: [], pending: ['links/b'] });
  assert.deepEqual(judgeComponents(components, ['links/a']), { unwell: ['links/a is down: refused'], pending: [] });
  assert.equal(judgeComponents(components, ['links']).unwell.length, 2);
});
