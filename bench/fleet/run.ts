/**
 * `npm run bench -- fleet [--agents N] [--heartbeat SECONDS] [--dry]`: one server, a fleet of simulated agents over WebSocket and mutual
 * TLS on this machine. Ends with exit code 1 when a goal is missed. `--dry` leaves bench/README.md alone.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busyness, machine, withResults } from '../report.ts';
import type { FleetResult } from './phases.ts';
import { runFleet, seconds } from './phases.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '10000' },
    heartbeat: { type: 'string', default: '30' },
    dry: { type: 'boolean', default: false },
  },
});
const count = Number(values.agents);
const heartbeatMs = Number(values.heartbeat) * 1_000;

spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
const folder = mkdtempSync(join(tmpdir(), 'fairlead-fleet-'));
const busy = busyness();
try {
  const result = await runFleet({
    folder,
    count,
    heartbeatMs,
    connectPerSecond: 300,
    idleMs: Math.max(2 * heartbeatMs, 10_000),
    program: join(root, 'dist/cli.js'),
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const rows = rowsOf(result);
  const text = [
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)} with \`npm run bench -- fleet --agents ${count} --heartbeat ${values.heartbeat}\`: ${machine()}.`,
    'One server process; all agents in a second process on the same machine, whose handshakes and messages cost as much again. WebSocket and mutual TLS, every agent with a key of its own.',
    ...(busy === '' ? [] : ['', busy]),
    '',
    '| what | measured | goal | met |',
    '|---|---:|---|---|',
    ...rows.map(({ what, measured, goal, met }) => `| ${what} | ${measured} | ${goal} | ${goal === '' ? '' : met ? 'yes' : '**no**'} |`),
    '',
  ].join('\n');
  process.stdout.write(`${text}\n`);
  for (const { name, from, to, reason } of result.falseOffline.slice(0, 10)) process.stdout.write(`${name}: ${from} → ${to}: ${reason}\n`);
  if (!values.dry) {
    const page = join(root, 'bench/README.md');
    writeFileSync(page, withResults(readFileSync(page, 'utf8'), text, 'fleet'));
  }
  process.exitCode = rows.every(({ met }) => met) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  readonly met: boolean;
}

function rowsOf(result: FleetResult): readonly Row[] {
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const plain = (what: string, measured: string): Row => ({ what, measured, goal: '', met: true });
  const atMost = (what: string, value: number, limit: number, show: (value: number) => string): Row => ({
    what,
    measured: show(value),
    goal: `≤ ${show(limit)}`,
    met: value <= limit,
  });
  const none = (what: string, value: number): Row => ({ what, measured: String(value), goal: '0', met: value === 0 });
  const perAgent = (result.fullBytes - result.emptyBytes) / result.agents;
  return [
    plain('agents', `${result.agents}, a heartbeat every ${seconds(result.heartbeatMs)}`),
    plain('all enrolled', `${seconds(result.enrolMs)} (${Math.round(result.agents / (result.enrolMs / 1_000))}/s)`),
    plain('all connected', `${seconds(result.connectMs)} (${Math.round(result.agents / (result.connectMs / 1_000))}/s)`),
    atMost('resident memory, all connected', result.fullBytes, 2 ** 30, mib),
    atMost(
      'resident memory, highest, enrolment and return included',
      Math.max(result.peakBytes, result.peakAfterReturnBytes),
      2 ** 30,
      mib,
    ),
    plain('resident memory, all back after a restart', mib(result.afterReturnBytes)),
    plain('memory for each agent', `${(perAgent / 1_024).toFixed(1)} KiB`),
    plain('CPU for each heartbeat', `${(result.cpuSecondsPerHeartbeat * 1e6).toFixed(0)} µs over ${result.heartbeats} heartbeats`),
    atMost('a configuration reaches all and is acknowledged', result.configMs, 15_000, seconds),
    plain('server killed, all back', `${seconds(result.returnMs)}, ${seconds(result.restartMs)} of it the start`),
    plain('turned away on the way back, connections that failed', `${result.turnedAway}, ${result.failedConnects}`),
    none('false offline', result.falseOffline.length),
    none('configurations sent again', result.resentConfigs),
    none('enrolled again', result.reEnrolled),
    none('protocol errors', result.protocolErrors),
  ];
}
