/**
 * The table of docs/liveness.md, measured: `node bench/liveness.ts [days] [seed]`. Simulated days of the real detector, and what a
 * heartbeat and a tick cost with 100,000 agents.
 */
import { createDetector } from '../src/server/liveness/detector.ts';
import { livenessPolicy } from '../src/server/liveness/policy.ts';
import { expectedFalseOffline, type Simulation, simulate } from '../src/server/liveness/simulate.ts';
import { busyness, machine } from './report.ts';

const days = Number(process.argv[2] ?? 1);
const seed = Number(process.argv[3] ?? 1);
const day = 86_400_000;
const intervalMs = 10_000;
const agents = 10_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

say(`Seed ${seed}. ${machine()}. ${busyness()}\n`);
say('| lost | missed | simulated | expected | measured |\n|---|---|---|---|---|');
for (const [loss, failThreshold] of [
  [0.01, 3],
  [0.01, 4],
  [0.001, 3],
] as const) {
  const policy = livenessPolicy({ heartbeatIntervalMs: intervalMs, failThreshold });
  const { falseOffline } = simulate({ agents, policy, durationMs: days * day, loss, seed });
  const expected = expectedFalseOffline(agents, days * day, intervalMs, loss, failThreshold);
  say(`| ${loss * 100} % | ${failThreshold} | ${days} d | ${expected.toFixed(2)} | ${falseOffline} |`);
}

say('\n| all at once, in an hour with 0.1 % loss | without brake | with brake |\n|---|---|---|');
const policy = livenessPolicy({ heartbeatIntervalMs: intervalMs, failThreshold: 3 });
const hour: Simulation = { agents, policy, durationMs: day / 24, loss: 0.001, seed };
const span = { fromMs: 600_000, forMs: 60_000 };
for (const [name, simulation] of [
  ['60 % of the agents unheard for 60 s', { ...hour, bursts: [{ ...span, share: 0.6 }] }],
  ['all agents unheard for 60 s', { ...hour, bursts: [{ ...span, share: 1 }] }],
  ['10 % of the agents unheard for 60 s', { ...hour, bursts: [{ ...span, share: 0.1 }] }],
  ['server stopped for 60 s', { ...hour, stops: [span] }],
] as const) {
  const without = simulate({ ...simulation, detector: { brake: false } }).falseOffline;
  say(`| ${name} | ${without} | ${simulate(simulation).falseOffline} |`);
}

say(`\n${cost(100_000)}`);

function cost(count: number): string {
  const uids = Array.from({ length: count }, (_, at) => `0198a3c2-7c00-7000-8000-${at.toString(16).padStart(12, '0')}`);
  const withUids = heapBytes();
  const detector = createDetector();
  const thirty = livenessPolicy({});
  for (const uid of uids) detector.add(uid, thirty, 'online', 0);
  const perAgent = (heapBytes() - withUids) / count;
  let beatMs = 0;
  let tickMs = 0;
  let beats = 0;
  const rounds = 120;
  for (let second = 0; second < rounds; second += 1) {
    const start = performance.now();
    for (let at = second % 30; at < count; at += 30) {
      detector.beat(uids[at] ?? '', second * 1_000);
      beats += 1;
    }
    const middle = performance.now();
    detector.tick(second * 1_000);
    beatMs += middle - start;
    tickMs += performance.now() - middle;
  }
  const nanoseconds = Math.round((beatMs / beats) * 1e6);
  return `${count.toLocaleString('en')} agents, heartbeat 30 s: ${nanoseconds} ns per heartbeat, ${(tickMs / rounds).toFixed(2)} ms per tick, ${Math.round(perAgent)} bytes per agent besides its name.`;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
