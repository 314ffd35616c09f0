import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelector } from '../../core/labels.ts';
import { failThresholdOf, livenessPolicy, policyFor, policyProblem, suspectAfterMs } from './policy.ts';

const s = 1_000;

test('ttl and fail threshold are two spellings of one policy', () => {
  const cases = [
    [{}, 30 * s, 105 * s],
    [{ heartbeatIntervalMs: 10 * s, failThreshold: 3 }, 10 * s, 35 * s],
    [{ heartbeatIntervalMs: 10 * s, failThreshold: 5 }, 10 * s, 55 * s],
    [{ heartbeatIntervalMs: 10 * s, ttlMs: 30 * s }, 10 * s, 30 * s],
    [{ ttlMs: 90 * s }, 30 * s, 90 * s],
    [{ heartbeatIntervalMs: 300 * s, failThreshold: 2 }, 300 * s, 615 * s],
  ] as const;
  for (const [spelling, heartbeatIntervalMs, ttlMs] of cases)
    assert.deepEqual(livenessPolicy(spelling), { heartbeatIntervalMs, ttlMs, expireAfterMs: 86_400 * s });
});

test('with both spellings, the longer silence counts', () => {
  const interval = { heartbeatIntervalMs: 10 * s };
  assert.equal(livenessPolicy({ ...interval, ttlMs: 30 * s, failThreshold: 5 }).ttlMs, 55 * s);
  assert.equal(livenessPolicy({ ...interval, ttlMs: 90 * s, failThreshold: 3 }).ttlMs, 90 * s);
});

test('a policy says how many heartbeats have to be missing', () => {
  for (const failThreshold of [1, 2, 3, 4, 12])
    for (const heartbeatIntervalMs of [1 * s, 10 * s, 30 * s, 300 * s])
      assert.equal(failThresholdOf(livenessPolicy({ heartbeatIntervalMs, failThreshold })), failThreshold);
  assert.equal(failThresholdOf(livenessPolicy({ heartbeatIntervalMs: 10 * s, ttlMs: 44 * s })), 3);
});

test('an agent is suspect after one missed heartbeat, before it is offline', () => {
  assert.equal(suspectAfterMs(livenessPolicy({ heartbeatIntervalMs: 10 * s })), 15 * s);
  const shortest = livenessPolicy({ heartbeatIntervalMs: 10 * s, ttlMs: 1 });
  assert.equal(shortest.ttlMs, suspectAfterMs(shortest));
});

test('a policy that would evict healthy agents is refused with what to write instead', () => {
  assert.equal(
    policyProblem({ heartbeatIntervalMs: 10 * s, ttlMs: 10 * s }),
    'ttl 10s leaves no room for one late heartbeat: with one every 10s it has to be 15s or more',
  );
  assert.equal(policyProblem({ failThreshold: 0 }), 'fail threshold 0 is not a number of heartbeats: 1 or more');
  assert.equal(policyProblem({ heartbeatIntervalMs: 50 }), 'a heartbeat every 50ms is more often than every 100ms');
  assert.equal(policyProblem({ expireAfterMs: 60 * s }), 'expiry after 1m is before the agent is offline (1m45s)');
  assert.equal(policyProblem({ heartbeatIntervalMs: 10 * s, ttlMs: 30 * s, failThreshold: 5, expireAfterMs: 600 * s }), undefined);
});

test('groups override the default in their order, and the agent overrides its groups', () => {
  const groups = [
    { selector: selector('env=edge'), policy: { heartbeatIntervalMs: 60 * s } },
    { selector: selector('env=edge,link=satellite'), policy: { ttlMs: 600 * s } },
    { selector: selector('link=satellite'), policy: { failThreshold: 5 } },
    { selector: selector('env=lab'), policy: { expireAfterMs: 600 * s } },
  ];
  const ttl = (labels: Record<string, string>, own = {}) =>
    policyFor(labels, groups, own, { heartbeatIntervalMs: 10 * s, failThreshold: 3 }).ttlMs;
  assert.equal(ttl({}), 35 * s);
  assert.equal(ttl({ env: 'edge' }), 195 * s, 'another interval, the same number of heartbeats');
  assert.equal(ttl({ env: 'edge', link: 'satellite' }), 315 * s, 'the last group spells the silence anew');
  assert.equal(ttl({ env: 'edge', link: 'satellite' }, { ttlMs: 120 * s }), 120 * s);
  assert.equal(policyFor({ env: 'lab' }, groups).expireAfterMs, 600 * s);
});

function selector(text: string) {
  const parsed = parseSelector(text);
  assert.ok(parsed.ok);
  return parsed.selector;
}
