import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { defaultHealthLimits, flattenHealth, type HealthTree, toComponentHealth } from './health.ts';
import { ComponentHealthSchema } from './opamp.ts';
import { readFixtures } from './testing/fixtures.ts';
import { decodeAgentToServer } from './wire.ts';

const leaf = (over: Partial<HealthTree> = {}): HealthTree => ({
  healthy: true,
  status: 'ok',
  lastError: '',
  sinceMs: 0,
  components: {},
  ...over,
});

test('the tree of the fixture becomes paths; a slash in a name is escaped', () => {
  const [fixture] = readFixtures('agent-to-server').filter(({ name }) => name === 'health');
  const decoded = decodeAgentToServer(fixture?.body ?? new Uint8Array(), 'http');
  assert.ok(decoded.ok && decoded.message.health !== undefined);
  assert.deepEqual(flattenHealth(decoded.message.health), {
    components: [
      { path: '', healthy: true, status: 'running', lastError: '', sinceMs: 1_767_225_605_000 },
      { path: 'links', healthy: true, status: '', lastError: '', sinceMs: 0 },
      { path: 'pipeline', healthy: false, status: 'degraded', lastError: 'kafka: connection refused', sinceMs: 1_767_225_609_000 },
      { path: 'pipeline/kafka%2Flogs', healthy: false, status: 'down', lastError: 'connection refused', sinceMs: 0 },
    ],
    dropped: 0,
  });
});

test('a tree survives the way to the wire and back', () => {
  const tree = leaf({
    sinceMs: 1_767_225_600_123,
    components: { links: leaf({ healthy: false, lastError: 'refused', components: { 'a/b': leaf(), '100%': leaf(), '': leaf() } }) },
  });
  const message = toComponentHealth(tree, 1_767_225_600_000);
  assert.equal(message.startTimeUnixNano, 1_767_225_600_000_000_000n);
  assert.equal(message.componentHealthMap.links?.startTimeUnixNano, message.startTimeUnixNano);
  const { components } = flattenHealth(message);
  assert.deepEqual(
    components.map(({ path }) => path),
    ['', 'links', 'links/%', 'links/100%25', 'links/a%2Fb'],
  );
  assert.equal(components[0]?.sinceMs, 1_767_225_600_123);
  assert.deepEqual(components[1], { path: 'links', healthy: false, status: 'ok', lastError: 'refused', sinceMs: 0 });
});

test('components that are too many or too deep are counted, and long errors cut', () => {
  const wide = toComponentHealth(leaf({ lastError: 'x'.repeat(10), components: { a: leaf(), b: leaf(), c: leaf() } }), 0);
  const cut = flattenHealth(wide, { ...defaultHealthLimits, maxComponents: 3, maxTextLength: 4 });
  assert.deepEqual([cut.components.map(({ path }) => path), cut.dropped, cut.components[0]?.lastError], [['', 'a', 'b'], 1, 'xxx…']);
  const deep = toComponentHealth(leaf({ components: { aaaa: leaf({ components: { bbbb: leaf() } }) } }), 0);
  assert.equal(flattenHealth(deep, { ...defaultHealthLimits, maxPathLength: 8 }).dropped, 1);
});

test('the largest time on the wire is a number still', () => {
  const { components } = flattenHealth(create(ComponentHealthSchema, { statusTimeUnixNano: 2n ** 64n - 1n }));
  assert.equal(components[0]?.sinceMs, 18_446_744_073_709);
});
