import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../../stream.ts';
import { lokiSettings } from './settings.ts';
import { lokiStreams } from './stream-labels.ts';

const streams = (more: Record<string, unknown> = {}) => lokiStreams(lokiSettings.parse({ type: 'loki', url: 'http://loki:3100', ...more }));
const stream = (more: Partial<Stream> = {}): Stream => ({ source: 'app', generation: '1', labels: {}, tags: [], format: 'text', ...more });

test('a stream has its fixed labels, its source and its own, sorted by name', () => {
  const made = streams()(stream({ labels: { zone: 'a', 'k8s.io/app': 'web' }, tags: ['x', 'y'] }));
  assert.equal(made.labels, '{job="fairlead", k8s_io_app="web", source="app", zone="a"}');
  assert.deepEqual(made.metadata, [['tags', 'x,y']]);
});

test('values are quoted, whatever is in them', () => {
  const labels = { a: 'q"\\', b: '\n\t', c: '\ud800', d: 'é', e: '' };
  assert.equal(streams({ labels: {} })(stream({ labels })).labels, '{a="q\\"\\\\", b="\\n\\t", c="\ufffd", d="é", source="app"}');
});

test('labels that were not chosen, and those beyond what Loki takes, are metadata', () => {
  const chosen = streams({ streamLabels: ['app', 'tags'] })(stream({ labels: { app: 'web', pod: 'web-1' }, tags: ['t'] }));
  assert.equal(chosen.labels, '{app="web", job="fairlead", tags="t"}');
  assert.deepEqual(chosen.metadata, [['pod', 'web-1']]);
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`l${String(index).padStart(2, '0')}`, 'v']));
  const made = streams()(stream({ labels: many }));
  assert.equal(made.labels.split(', ').length, 15);
  assert.equal(made.metadata.length, 20 - 13);
});

test('the number of streams is bounded; the rest share one and lose no label', () => {
  const streamOf = streams({ maxStreams: 2 });
  const made = ['a', 'b', 'c', 'a', 'd'].map((app) => streamOf(stream({ labels: { app } })));
  const overflow = '{job="fairlead", overflow="true"}';
  assert.deepEqual(
    made.map(({ labels }) => labels),
    [made[0]?.labels, made[1]?.labels, overflow, made[0]?.labels, overflow],
  );
  assert.deepEqual(made[2]?.metadata, [
    ['app', 'c'],
    ['source', 'app'],
  ]);
});

test('a stream is never without a label', () => {
  assert.equal(streams({ labels: {}, streamLabels: ['nothing'] })(stream()).labels, '{source="app"}');
});
