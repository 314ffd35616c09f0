import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LivenessState } from '../fleet/agent.ts';
import type { RolloutCounts } from './configurations.ts';
import { createGate, type Seen } from './gate.ts';

const seen = (
  hash: string,
  status: Seen['config']['status'],
  healthy = true,
  liveness: LivenessState = 'online',
  refused = false,
): Seen => ({
  config: { hash, status, error: '' },
  ...{ healthy, liveness, refused },
});
const well = seen('new', 'applied');
const ill = seen('new', 'applied', false);
const old = seen('old', 'applied');
const limits = { minHealthyMs: 100, applyTimeoutMs: 1_000, maxFailed: 0, maxUnhealthy: 0 };

type Phase = keyof RolloutCounts;
/** What an agent does and when, and where it stands after each. */
const stories: readonly (readonly [name: string, steps: readonly (readonly [atMs: number, seen: Seen | undefined, phase: Phase])[]])[] = [
  [
    'applies and stays healthy',
    [
      [0, old, 'pending'],
      [10, seen('new', 'applying'), 'pending'],
      [20, well, 'soaking'],
      [119, undefined, 'soaking'],
      [120, undefined, 'passed'],
    ],
  ],
  [
    'never reports the new hash',
    [
      [0, old, 'pending'],
      [900, old, 'pending'],
      [1_000, undefined, 'failed'],
    ],
  ],
  [
    'is late and comes through',
    [
      [0, old, 'pending'],
      [1_000, undefined, 'failed'],
      [1_001, old, 'failed'],
      [1_002, well, 'soaking'],
    ],
  ],
  ['says FAILED', [[0, seen('new', 'failed'), 'failed']]],
  ['says FAILED about the version before', [[0, seen('old', 'failed'), 'pending']]],
  ['has it in its own quarantine', [[0, seen('old', 'applied', true, 'online', true), 'failed']]],
  [
    'needs a moment to become healthy',
    [
      [0, ill, 'ill'],
      [500, well, 'soaking'],
      [600, undefined, 'passed'],
    ],
  ],
  [
    'stays ill',
    [
      [0, ill, 'ill'],
      [999, ill, 'ill'],
      [1_000, undefined, 'unhealthy'],
      [1_100, ill, 'unhealthy'],
      [1_200, well, 'soaking'],
    ],
  ],
  [
    'is well and ill in turns',
    [
      [0, well, 'soaking'],
      [10, ill, 'ill'],
      [20, well, 'soaking'],
      [30, ill, 'ill'],
      [40, well, 'soaking'],
      [50, ill, 'unhealthy'],
    ],
  ],
  [
    'begins its time anew after an illness',
    [
      [0, well, 'soaking'],
      [90, ill, 'ill'],
      [91, well, 'soaking'],
      [190, undefined, 'soaking'],
      [191, undefined, 'passed'],
    ],
  ],
  [
    'was offline before',
    [
      [0, seen('old', 'applied', true, 'offline'), 'offline'],
      [9_000, undefined, 'offline'],
      [9_001, old, 'pending'],
    ],
  ],
  [
    'falls silent before it reports',
    [
      [0, old, 'pending'],
      [10, seen('old', 'applied', true, 'offline'), 'lost'],
      [20, well, 'soaking'],
    ],
  ],
  [
    'falls silent after it was proven',
    [
      [0, well, 'soaking'],
      [100, undefined, 'passed'],
      [200, seen('new', 'applied', true, 'offline'), 'offline'],
    ],
  ],
  [
    'says goodbye',
    [
      [0, old, 'pending'],
      [10, seen('old', 'applied', true, 'stopped'), 'offline'],
    ],
  ],
  ['is only suspected', [[0, seen('new', 'applied', true, 'suspect'), 'soaking']]],
  [
    'loses the version when its container is made again',
    [
      [0, well, 'soaking'],
      [10, seen('', 'unset'), 'pending'],
      [20, well, 'soaking'],
      [120, undefined, 'passed'],
    ],
  ],
];
for (const [name, steps] of stories)
  test(`an agent that ${name}: ${steps.map(([, , phase]) => phase).join(', ')}`, () => {
    const gate = createGate('new', limits);
    for (const [atMs, report, phase] of steps) {
      if (report !== undefined) gate.observe('a', report, atMs);
      gate.tick(atMs);
      const standing = Object.entries(gate.counts).filter(([, count]) => count !== 0);
      assert.deepEqual(standing, [[phase, 1]], `at ${atMs} ms`);
    }
  });

const verdicts: readonly (readonly [reports: readonly Seen[], maxFailed: number, maxUnhealthy: number, kind: string])[] = [
  [[well, well], 0, 0, 'pass'],
  [[well, old], 0, 0, 'wait'],
  [[well, seen('new', 'failed')], 0, 0, 'fail'],
  [[well, seen('new', 'failed')], 1, 0, 'pass'],
  [[seen('new', 'failed')], 1, 0, 'fail'],
  [[seen('old', 'applied', true, 'offline')], 0, 0, 'wait'],
  [[well, seen('old', 'applied', true, 'offline')], 0, 0, 'pass'],
  [[], 0, 0, 'wait'],
];
for (const [reports, maxFailed, maxUnhealthy, kind] of verdicts)
  test(`${reports.map(({ config, liveness }) => `${config.status} ${config.hash} ${liveness}`).join(' and ') || 'nobody'} with ${maxFailed} to fail: ${kind}`, () => {
    const gate = createGate('new', { ...limits, maxFailed, maxUnhealthy });
    reports.forEach((report, at) => gate.observe(`a${at}`, report, 0));
    gate.tick(100);
    assert.equal(gate.verdict(false).kind, kind);
  });

test('it says when to look again, and not earlier than something can happen', () => {
  const gate = createGate('new', limits);
  assert.equal(gate.nextAt(), undefined);
  gate.observe('a', old, 0);
  assert.equal(gate.nextAt(), 1_000);
  gate.observe('b', well, 50);
  assert.equal(gate.nextAt(), 150);
  gate.remove('b');
  assert.equal(gate.nextAt(), 1_000);
  gate.observe('a', well, 60);
  assert.equal(gate.nextAt(), 160);
});

test('a report costs the same among ten thousand agents as among ten', () => {
  const costOf = (size: number): number => {
    const gate = createGate('new', limits);
    for (let at = 0; at < size; at++) gate.observe(`a${at}`, old, 0);
    const rounds = Array.from({ length: 7 }, (_, round) => {
      const start = performance.now();
      for (let at = 0; at < 20_000; at++) {
        gate.observe(`a${at % size}`, (at + round) % 2 === 0 ? well : old, 1);
        gate.verdict(false);
        gate.nextAt();
      }
      return performance.now() - start;
    });
    return Math.min(...rounds);
  };
  const [few, many] = [costOf(10), costOf(10_000)];
  // A scan would make it a thousand times dearer; caches and garbage make it a few times.
  assert.ok(many < few * 30 + 20, `${few} ms, ${many} ms`);
});
