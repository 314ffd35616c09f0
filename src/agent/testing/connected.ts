/** An agent's connection with a data folder of its own, for tests. Production code does not import it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { customCapabilities } from '../../protocol/custom-kinds.ts';
import type { RemoteConfig } from '../connection/connection.ts';
import type { ConnectTiming } from '../connection/create.ts';
import { createConnection } from '../connection/create.ts';
import { connectionMetrics } from '../connection/metrics.ts';
import { openDataDir } from '../identity/data-dir.ts';
import { openIdentity } from '../identity/open.ts';
import { createPlanes } from '../planes/planes.ts';
import { agentSettings, isJoined } from '../settings/index.ts';
import type { ListeningLog } from './log.ts';
import { listeningLog } from './log.ts';

export interface ConnectedOptions {
  readonly server: z.input<typeof agentSettings>['server'];
  readonly planes?: z.input<typeof agentSettings>['planes'];
  readonly heartbeatMs?: number;
  readonly token?: string;
  readonly name?: string;
  /** An existing one is used again and kept. */
  readonly dataDir?: string;
  readonly clock?: Clock;
  readonly timing?: Partial<ConnectTiming>;
  readonly random?: () => number;
}

export const quick: Partial<ConnectTiming> = { connectMs: 5_000, backoff: { firstMs: 50, maxMs: 500 } };

export async function connected(options: ConnectedOptions) {
  await using stack = new AsyncDisposableStack();
  const clock = options.clock ?? systemClock;
  const log: ListeningLog = listeningLog();
  const random = options.random ?? Math.random;
  const path = options.dataDir ?? (await temporaryFolder(stack));
  const settings = agentSettings.parse({
    server: { ...options.server },
    identity: { dataDir: path, name: options.name ?? 'agent-1' },
    planes: options.planes ?? {},
    heartbeat: { interval: `${options.heartbeatMs ?? 30_000}ms` },
  });
  if (!isJoined(settings)) throw new Error('no server');
  const dataDir = stack.use(await openDataDir(path, log));
  const { keeper, machine } = await openIdentity(settings.server, settings.identity, dataDir, clock, log);
  const configs: RemoteConfig[] = [];
  const abort = new AbortController();
  const environment = options.token === undefined ? {} : { FAIRLEAD_TOKEN: options.token };
  const registry = new Registry();
  const connection = stack.use(
    createConnection({
      settings: settings.server,
      heartbeatMs: settings.heartbeat.interval,
      remoteConfig: true,
      customCapabilities,
      inbound: { remoteConfig: (config) => void configs.push(config) },
      keeper,
      planes: createPlanes(settings.planes),
      join: { name: settings.identity.name ?? 'agent-1', labels: {}, dataDir, machine, environment },
      clock,
      log,
      metrics: connectionMetrics(registry),
      random,
      signal: abort.signal,
      timing: { ...quick, ...options.timing },
    }),
  );
  connection.report.description({ 'service.name': 'fairlead-agent', 'service.instance.id': connection.uid }, { 'host.name': 'test' });
  connection.report.health({ healthy: true, status: 'running', lastError: '', sinceMs: clock.now(), components: {} });
  const rest = stack.move();
  return {
    ...{ connection, log, configs, keeper, dataDir: path, registry, clock },
    /** As a process that is killed: nothing is said to the server. */
    kill: () => abort.abort(),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

export async function temporaryFolder(stack: AsyncDisposableStack): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  stack.defer(() => rm(path, { recursive: true, force: true }));
  return path;
}

export async function fileWith(stack: AsyncDisposableStack, text: string): Promise<string> {
  const path = join(await temporaryFolder(stack), 'file');
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
