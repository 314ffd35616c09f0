/** What is done to the fleet, and what was seen: enrol, connect, idle, change the configuration, kill the server, come back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetOptions, Transition } from './fleet.ts';
import { ServerProcess, SimulatedFleet, usageOf, watchTransitions } from './fleet.ts';

export interface FleetResult {
  readonly agents: number;
  readonly heartbeatMs: number;
  readonly enrolMs: number;
  readonly connectMs: number;
  /** Resident memory of the server, at rest before any agent, with all connected, and the most that it ever had. */
  readonly emptyBytes: number;
  readonly fullBytes: number;
  readonly peakBytes: number;
  readonly cpuSecondsPerHeartbeat: number;
  readonly heartbeats: number;
  /** From the order until every agent had said that it runs the new configuration, at the server. */
  readonly configMs: number;
  /** From the end of the old server until all were connected to the new one, and of this its start. */
  readonly returnMs: number;
  readonly restartMs: number;
  readonly afterReturnBytes: number;
  readonly peakAfterReturnBytes: number;
  readonly turnedAway: number;
  readonly failedConnects: number;
  /** What must not happen. */
  readonly falseOffline: readonly Transition[];
  readonly resentConfigs: number;
  readonly reEnrolled: number;
  readonly protocolErrors: number;
}

export async function runFleet(options: FleetOptions & { readonly idleMs: number }): Promise<FleetResult> {
  const { count, heartbeatMs, progress } = options;
  await using server = await ServerProcess.start(options);
  const watching = new AbortController();
  try {
    const transitions = watchTransitions(server, watching.signal);
    const emptyBytes = usageOf(server.pid).rssBytes;
    await using fleet = new SimulatedFleet(progress);
    const { agents, enrolment } = server.settings();
    const url = `wss://${agents.listen}/v1/opamp`;

    const made = (await server.api().call('POST', '/v1/tokens', { uses: count, labels: { fleet: 'bench' } })) as { readonly token: string };
    const enrolMs = await timed(() =>
      fleet.order({
        kind: 'enrol',
        enrolUrl: `https://${enrolment.listen}`,
        bundlePem: server.bundlePem,
        token: made.token,
        count,
        prefix: 'agent',
      }),
    );
    progress(`${count} agents enrolled in ${seconds(enrolMs)}`);

    const connectMs = await timed(async () => {
      await fleet.order({ kind: 'connect', url, heartbeatMs, perSecond: options.connectPerSecond });
      await fleet.until(({ connected }) => connected === count, 300_000);
    });
    progress(`${count} agents connected in ${seconds(connectMs)}`);

    const before = { ...usageOf(server.pid), tally: await fleet.order({ kind: 'tally' }) };
    await sleep(options.idleMs);
    const after = { ...usageOf(server.pid), tally: await fleet.order({ kind: 'tally' }) };
    const heartbeats = after.tally.heartbeats - before.tally.heartbeats;
    progress(`${heartbeats} heartbeats in ${seconds(options.idleMs)}`);

    const configMs = await timed(() => rollOut(server, count));
    progress(`a configuration reached ${count} agents and was acknowledged in ${seconds(configMs)}`);

    const first = await fleet.order({ kind: 'tally' });
    const full = usageOf(server.pid);
    const started = performance.now();
    await server.kill();
    const killed = await fleet.until(({ connected }) => connected === 0, 60_000);
    await server.run();
    const restartMs = performance.now() - started;
    progress(`the server was killed, ${count - killed.tally.connected} connections broke, and it is back after ${seconds(restartMs)}`);
    await fleet.until(({ connected }) => connected === count, 600_000);
    const returnMs = performance.now() - started;
    progress(`all ${count} agents are back after ${seconds(returnMs)}`);
    // Long enough for whoever was taken for dead to be called so: the ttl and its allowance.
    await sleep(Math.min(heartbeatMs * 4, 150_000));
    const last = await fleet.order({ kind: 'tally' });
    const listed = (await server.api().call('GET', '/v1/agents?limit=1')) as { readonly total: number };
    return {
      agents: count,
      heartbeatMs,
      enrolMs,
      connectMs,
      emptyBytes,
      fullBytes: full.rssBytes,
      peakBytes: full.peakBytes,
      cpuSecondsPerHeartbeat: (after.cpuSeconds - before.cpuSeconds) / heartbeats,
      heartbeats,
      configMs,
      returnMs,
      restartMs,
      afterReturnBytes: usageOf(server.pid).rssBytes,
      peakAfterReturnBytes: usageOf(server.pid).peakBytes,
      turnedAway: last.turnedAway,
      failedConnects: last.failedConnects,
      falseOffline: transitions.filter(({ to }) => to === 'offline' || to === 'expired'),
      resentConfigs: last.configsReceived - first.configsReceived,
      reEnrolled: listed.total - count,
      protocolErrors: last.errors,
    };
  } finally {
    watching.abort();
  }
}

/** Puts a version for the whole fleet and waits until the server counts all of it as running that version. */
async function rollOut(server: ServerProcess, count: number): Promise<void> {
  const api = server.api();
  const links = Array.from({ length: 40 }, (_, at) => `  - { name: link-${at}, to: "kafka-${at}.example.org:9092" }`).join('\n');
  await api.call('PUT', '/v1/configurations/bench', {
    kind: 'bench',
    files: [{ name: 'agent.yaml', contentType: 'text/yaml', body: `links:\n${links}\n` }],
  });
  await api.call('PUT', '/v1/assignments/bench', { selector: 'fleet=bench', configuration: 'bench', version: 'latest', priority: 1 });
  while ((await server.metric('fairlead_configurations_agents{state="current"}')) < count) await sleep(100);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
