/** The arithmetic of docs/liveness.md against the real detector. FAIRLEAD_SEED gives other random numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { livenessPolicy } from './policy.ts';
import { expectedFalseOffline, simulate } from './simulate.ts';

const seed = Number(process.env.FAIRLEAD_SEED ?? 1);
const hour = 3_600_000;
const intervalMs = 10_000;
const policy = livenessPolicy({ heartbeatIntervalMs: intervalMs, failThreshold: 3 });

test('the formula gives the figures of a day with 10,000 agents', () => {
  const perDay = (loss: number, threshold: number) => expectedFalseOffline(10_000, 24 * hour, intervalMs, loss, threshold);
  assert.equal(Math.round(perDay(0.01, 3)), 86);
  assert.equal(perDay(0.01, 4).toFixed(1), '0.9');
  assert.equal(perDay(0.001, 3).toFixed(2), '0.09');
});

for (const { agents, hours, loss, threshold } of [
  { agents: 10_000, hours: 2, loss: 0.01, threshold: 3 },
  { agents: 10_000, hours: 1, loss: 0.01, threshold: 4 },
  { agents: 2_000, hours: 4, loss: 0.05, threshold: 3 },
  { agents: 2_000, hours: 4, loss: 0.05, threshold: 4 },
  { agents: 2_000, hours: 1, loss: 0.1, threshold: 3 },
])
  test(`${agents} agents, ${hours} h, ${loss * 100} % lost, ${threshold} missed: as many false evictions as the formula says`, (t) => {
    const threshed = livenessPolicy({ heartbeatIntervalMs: intervalMs, failThreshold: threshold });
    const { falseOffline, braked } = simulate({ agents, policy: threshed, durationMs: hours * hour, loss, seed });
    const expected = expectedFalseOffline(agents, hours * hour, intervalMs, loss, threshold);
    t.diagnostic(`seed ${seed}: ${falseOffline}, expected ${expected.toFixed(2)}`);
    // A Poisson count is within four standard deviations but for one seed in 15,000; +2 where the mean is below one.
    assert.ok(Math.abs(falseOffline - expected) <= 4 * Math.sqrt(expected) + 2, `${falseOffline} against ${expected}`);
    assert.equal(braked, false);
  });

test('when six of ten agents are unheard for a minute all of them are evicted without the brake, and none with it', () => {
  const burst = {
    agents: 5_000,
    policy,
    durationMs: hour / 3,
    loss: 0.001,
    bursts: [{ fromMs: 600_000, forMs: 60_000, share: 0.6 }],
    seed,
  };
  const without = simulate({ ...burst, detector: { brake: false } });
  assert.ok(without.falseOffline >= 3_000 && without.falseOffline <= 3_005, String(without.falseOffline));
  const withBrake = simulate(burst);
  assert.deepEqual([withBrake.falseOffline, withBrake.braked], [0, true]);
});

test('a server that is stopped for a minute evicts nobody, also when agents need half a minute to come back', () => {
  const stopped = { agents: 5_000, policy, durationMs: hour / 3, loss: 0, stops: [{ fromMs: 600_000, forMs: 60_000 }], seed };
  const returning = { ...stopped, bursts: [{ fromMs: 660_000, forMs: 25_000, share: 1 }] };
  for (const simulation of [stopped, returning]) assert.equal(simulate({ ...simulation, detector: { brake: false } }).falseOffline, 0);
  // The grace is what saves them: without it the half minute would be too long for those who were silent before the stop.
  assert.ok(simulate({ ...returning, detector: { brake: false, awayMs: Number.POSITIVE_INFINITY } }).falseOffline > 1_000);
});
