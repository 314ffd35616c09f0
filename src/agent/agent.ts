/**
 * A running agent: identity, planes, parts and connection, started in this order and ended in the other. What is wrong with the
 * settings, the planes or the data folder ends the start with a sentence; a server that is away does not.
 */
import { arch, hostname, platform, release } from 'node:os';
import type { Registry } from 'prom-client';
import type { Clock } from '../core/clock.ts';
import type { SourceText } from '../core/text.ts';
import type { Level, Log } from '../observe/log.ts';
import { customCapabilities } from '../protocol/custom-kinds.ts';
import type { ConnectionState } from './connection/connection.ts';
import type { ConnectTiming, LiveConnection } from './connection/create.ts';
import { createConnection } from './connection/create.ts';
import { connectionMetrics } from './connection/metrics.ts';
import { headersOf } from './connection/secure.ts';
import { openDataDir } from './identity/data-dir.ts';
import { readCredential } from './identity/mounted.ts';
import { agentNameOf } from './identity/name.ts';
import { openIdentity } from './identity/open.ts';
import { readToken } from './join/token.ts';
import type { Part } from './part.ts';
import { startParts } from './parts.ts';
import { collecting } from './pipeline/collecting.ts';
import { createPlanes } from './planes/planes.ts';
import type { HeartbeatSettings } from './settings/heartbeat.ts';
import { type AgentSettings, agentSettings, type JoinedSettings, remoteAgentSettings } from './settings/index.ts';
import type { LogSettings } from './settings/log.ts';

export interface AgentDeps {
  readonly clock: Clock;
  /** `setLevel`, where it is there, lets the server change what is logged. */
  readonly log: Log & { setLevel?(level: Level): void };
  readonly registry: Registry;
  readonly version: string;
  /** The settings as they were written. */
  readonly source: SourceText;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gives the start up, and everything after it at once; disposing ends in order. */
  readonly signal: AbortSignal;
  readonly random?: () => number;
  readonly timing?: Partial<ConnectTiming>;
}

export interface Agent extends AsyncDisposable {
  /** The empty text until it has joined. */
  readonly uid: string;
  readonly name: string;
  state(): ConnectionState;
  onState(listener: (state: ConnectionState) => void): () => void;
  readonly healthAddress: { readonly host: string; readonly port: number } | undefined;
  /** Its file was read again; resolves with why the new settings are not used. */
  reload(settings: AgentSettings, source: SourceText): Promise<string | undefined>;
  /** Rejects when the agent cannot go on: a bug, since everything that can be expected is waited out. */
  readonly failed: Promise<never>;
}

export async function startAgent(settings: JoinedSettings, deps: AgentDeps): Promise<Agent> {
  const { clock, log, registry, version, environment, signal } = deps;
  const random = deps.random ?? Math.random;
  await using stack = new AsyncDisposableStack();
  const planes = createPlanes(settings.planes);
  const dataDir = stack.use(await openDataDir(settings.identity.dataDir, log));
  const { keeper, machine } = await openIdentity(settings.server, settings.identity, dataDir, clock, log);
  await readAll(settings, keeper.current() === undefined, environment);

  let heartbeatMs = settings.heartbeat.interval;
  let connection: LiveConnection | undefined;
  const beat = (intervalMs: number) => {
    heartbeatMs = intervalMs;
    connection?.heartbeatEvery(intervalMs);
  };
  const name = agentNameOf(settings.identity);
  const parts = stack.use(
    await startParts({
      ...{ settings, planes, version, clock, log, registry, random, environment },
      ...{ source: deps.source, schema: agentSettings, remoteSchema: remoteAgentSettings, dataDir: dataDir.path },
      others: [heartbeatPart(beat), ...logPart(log)],
      further: collecting(deps, { planes, dataDir: dataDir.path, agent: keeper.current()?.uid ?? name, patient: true }),
    }),
  );
  connection = createConnection({
    ...{ settings: settings.server, heartbeatMs, remoteConfig: settings.remote.enabled, customCapabilities },
    ...{ inbound: parts.inbound, keeper, planes, clock, log, random, signal, metrics: connectionMetrics(registry) },
    join: { name, labels: settings.identity.labels, dataDir, machine, environment },
    ...(deps.timing === undefined ? {} : { timing: deps.timing }),
  });
  const live = connection;
  stack.use(live);
  // Parts end before the connection does: their last words still go over it.
  stack.use(parts);
  describe(live, settings, version, parts.healthAddress);
  stack.defer(live.onState((state) => parts.status(sentenceOf(state))));
  stack.defer(keepAlive());
  parts.attach(live);
  parts.ready();
  const all = stack.move();
  return {
    get uid() {
      return live.uid;
    },
    get name() {
      return keeper.current()?.name ?? name;
    },
    state: live.state,
    onState: live.onState,
    healthAddress: parts.healthAddress,
    reload: (next, source) => parts.reload(next, source),
    failed: live.done.then(() => new Promise<never>(() => {})),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Everything that the settings name is there, before anything is sent. The token is needed by an agent that never joined. */
async function readAll({ server }: JoinedSettings, joins: boolean, environment: AgentDeps['environment']): Promise<void> {
  await headersOf(server.headersFile);
  for (const file of [server.caFile, server.consul?.tokenFile, server.registry?.tokenFile])
    if (file !== undefined) await readCredential(file);
  if (!joins) return;
  await readToken(server.tokenFile, environment);
  if (server.replaceSecretFile !== undefined) await readCredential(server.replaceSecretFile);
}

/** Told again when the UID is known, or another one, and when the agent speaks from another address. */
function describe(connection: LiveConnection, { identity }: AgentSettings, version: string, health: Agent['healthAddress']): void {
  const labels = Object.entries(identity.labels).map(([key, value]) => [`label.${key}`, value]);
  const host = { 'host.name': hostname(), 'host.arch': arch(), 'os.type': platform(), 'os.version': release() };
  const tell = () =>
    connection.report.description(
      { 'service.name': 'fairlead-agent', 'service.version': version, 'service.instance.id': connection.uid },
      { ...host, ...metricsUrl(connection.state(), health), ...Object.fromEntries(labels) },
    );
  tell();
  connection.onState(({ kind }) => kind === 'connected' && tell());
}

/** Where Prometheus finds the metrics of this agent: for the server's http_sd. Listening everywhere, by the address it speaks from. */
function metricsUrl(state: ConnectionState, health: Agent['healthAddress']): Readonly<Record<string, string>> {
  if (health === undefined) return {};
  const everywhere = health.host === '0.0.0.0' || health.host === '::';
  const host = !everywhere ? health.host : state.kind === 'connected' ? state.localAddress : undefined;
  if (host === undefined) return {};
  return { 'fairlead.metrics.url': `http://${host.includes(':') ? `[${host}]` : host}:${health.port}/metrics` };
}

/** An interval that the server offers with its connection settings comes later than a configuration, and wins. */
function heartbeatPart(use: (intervalMs: number) => void): Part {
  return {
    name: 'heartbeat',
    async apply(next) {
      // Sections were parsed by their own definition (remote/).
      use((next as HeartbeatSettings).interval);
    },
  };
}

function logPart(log: AgentDeps['log']): readonly Part[] {
  if (log.setLevel === undefined) return [];
  return [
    {
      name: 'log',
      async apply(next) {
        // As above.
        log.setLevel?.((next as LogSettings).level);
      },
    },
  ];
}

function sentenceOf(state: ConnectionState): string {
  switch (state.kind) {
    case 'connected':
      return `connected to ${state.server}`;
    case 'searching':
      return `looking for a server: ${state.reason}`;
    case 'waiting':
      return `waiting to try again: ${state.reason}`;
    default:
      return state satisfies never;
  }
}

/** Timers of ours do not keep a process alive, and an agent that waits has nothing else. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, 3_600_000);
  return () => clearInterval(timer);
}
