import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createDetector } from './detector.ts';
import { livenessMetrics } from './metrics.ts';
import { livenessPolicy } from './policy.ts';

test('the metrics show who is late and for how long the server did not look', async () => {
  const registry = new Registry();
  const detector = createDetector();
  livenessMetrics(registry, detector);
  detector.add('a', livenessPolicy({ heartbeatIntervalMs: 2_000 }), 'online', 0);
  for (let now = 0; now <= 4_000; now += 1_000) detector.tick(now);
  detector.tick(11_000);
  for (const expected of ['fairlead_liveness_silent_agents 1', 'fairlead_liveness_unobserved_seconds_total 5'])
    assert.ok((await registry.metrics()).includes(`${expected}\n`), expected);
  assert.ok((await registry.metrics()).includes('fairlead_liveness_unobserved_seconds_total 5\n'), 'read twice, counted once');
});
