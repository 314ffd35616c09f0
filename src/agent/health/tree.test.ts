import assert from 'node:assert/strict';
import test from 'node:test';
import { manualClock } from '../../core/manual-clock.ts';
import { notReady } from './readiness.ts';
import { createHealthTree } from './tree.ts';

test('the tree is as healthy as its components, and says since when', () => {
  const clock = manualClock(1_000);
  const tree = createHealthTree(clock);
  tree.set('links/a', { healthy: true, status: 'up' });
  tree.set('links/b', { healthy: true, status: 'up' });
  tree.set('journal', { healthy: true, status: 'writable' });
  assert.partialDeepStrictEqual(tree.root(), { healthy: true, status: 'running', sinceMs: 1_000 });
  clock.advance(500);
  tree.set('links/b', { healthy: false, status: 'down', lastError: 'refused' });
  clock.advance(500);
  tree.set('links/b', { healthy: false, status: 'down', lastError: 'no answer' });
  const root = tree.root();
  assert.partialDeepStrictEqual(root, { healthy: false, status: 'degraded', lastError: 'links/b: no answer', sinceMs: 1_500 });
  assert.partialDeepStrictEqual(root.components.links, { healthy: false, status: '1 of 2 not well' });
  assert.partialDeepStrictEqual(root.components.links?.components.b, {
    healthy: false,
    status: 'down',
    lastError: 'no answer',
    sinceMs: 1_500,
  });
  tree.remove('links/b');
  assert.partialDeepStrictEqual(tree.root(), { healthy: true, sinceMs: 2_000 });
});

test('what is set again is no change', () => {
  const tree = createHealthTree(manualClock());
  let changes = 0;
  tree.onChange(() => changes++);
  for (let count = 0; count < 3; count++) tree.set('journal', { healthy: true, status: 'writable' });
  tree.remove('nothing');
  assert.equal(changes, 1);
});

test('readiness asks for running parts, and for server and links only when it is set so', () => {
  const tree = createHealthTree(manualClock());
  tree.set('connection', { healthy: false, status: 'down', lastError: 'refused' });
  tree.set('links/kafka', { healthy: false, status: 'down' });
  tree.set('services/web', { healthy: true, status: 'critical', lastError: '503' });
  const reasons = (settings: { server: boolean; links: boolean }, more = {}) =>
    notReady({ started: true, stopping: false, components: tree.components(), ...more }, settings).map(({ reason }) => reason);
  assert.deepEqual(reasons({ server: false, links: false }), []);
  assert.deepEqual(reasons({ server: true, links: true }), ['server', 'link']);
  assert.deepEqual(reasons({ server: false, links: false }, { started: false }), ['starting']);
  assert.deepEqual(reasons({ server: false, links: false }, { stopping: true }), ['stopping']);
  tree.set('journal', { healthy: false, status: 'not writable', lastError: 'ENOSPC' });
  assert.deepEqual(reasons({ server: false, links: false }), ['part']);
});
