/** Processes, files and a whole discovery server on loopback, all of which end with their scope. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/observe/log.ts';
import type { Role } from '../../src/server/discovery/access.ts';
import { createConsulHandler } from '../../src/server/discovery/consul.ts';
import { createDnsServer } from '../../src/server/discovery/dns/server.ts';
import { createHttpSdHandler } from '../../src/server/discovery/http-sd.ts';
import { createRegistry, type DiscoveryRegistry } from '../../src/server/discovery/registry.ts';
import { openSqliteStore } from '../../src/server/store/sqlite.ts';

export interface Folder extends Disposable {
  readonly path: string;
  write(name: string, text: string): string;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-discovery-'));
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      writeFileSync(file, text);
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Free a moment ago. The programs that need it cannot choose one themselves and say which. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has such an address.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Program extends AsyncDisposable {
  /** What it said so far, for messages of failed tests. */
  output(): string;
}

export function startProgram(command: string, args: readonly string[]): Program {
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const take = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const ended = once(child, 'exit');
  return {
    output: () => text,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL'); // its files go as well
      await ended;
    },
  };
}

/** Asks again until it holds; what was wrong last is in the error, and what the program said. */
export async function eventually(what: string, program: Program, holds: () => Promise<void>, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await holds();
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1_000} s\n${program.output()}`, { cause: error });
      await sleep(100); // another program's state, which has no event for us
    }
  }
}

export interface Discovery extends AsyncDisposable {
  readonly registry: DiscoveryRegistry;
  readonly metrics: Registry;
  readonly port: number;
  readonly dnsPort: number;
}

/** Tokens by role; without one nobody reads or writes. */
export const tokens: Readonly<Record<string, Role>> = { 'lab-reader': 'reader', 'lab-agent': 'agent' };

/** Registry, Consul API, http_sd and DNS over one database file, as the server wires them; on the same ports after a restart. */
export async function startDiscovery(folder: Folder, ports: { readonly http?: number; readonly dns?: number } = {}): Promise<Discovery> {
  const metrics = new Registry();
  const store = await openSqliteStore({ path: join(folder.path, 'store', 'fairlead.db'), clock: systemClock });
  const node = { name: 'control-1', address: '127.0.0.1' };
  const registry = await createRegistry({ store, clock: systemClock, log: silentLog, registry: metrics, node });
  const authorise = (token: string | undefined) => (token === undefined ? undefined : tokens[token]);
  const consul = createConsulHandler({ registry, authorise, log: silentLog });
  const httpSd = createHttpSdHandler({ registry, authorise, log: silentLog });
  const server = createServer((request, response) => {
    const handler = request.url?.startsWith('/v1/prometheus/http_sd') ? httpSd : consul;
    void handler(request, response);
  });
  server.listen(ports.http ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const dns = await createDnsServer({ registry, log: silentLog, host: '127.0.0.1', port: ports.dns ?? 0, domains: ['fairlead', 'consul'] });
  // As above.
  const { port } = server.address() as AddressInfo;
  let closed = false;
  return {
    registry,
    metrics,
    port,
    dnsPort: dns.port,
    async [Symbol.asyncDispose]() {
      if (closed) return; // a test ends it to start another one, and its scope ends too
      closed = true;
      await dns[Symbol.asyncDispose]();
      server.close();
      server.closeAllConnections();
      await registry[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** A process to scrape: serves one metric. */
export async function startExporter(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => void response.end('lab_answers_total 42\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // As above.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Registers through the HTTP API, as somebody else's program does. */
export async function put(discovery: Discovery, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${discovery.port}/v1/${path}`, {
    method: 'PUT',
    headers: { 'x-consul-token': 'lab-agent' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
}

export interface Target {
  readonly health: string;
  readonly scrapePool: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

/** Prometheus and vmagent answer this alike. */
export async function targetsOf(port: number, pool: string): Promise<readonly Target[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/targets`);
  // Prometheus' documented answer.
  const { data } = (await response.json()) as { data: { activeTargets: readonly Target[] } };
  return data.activeTargets.filter(({ scrapePool, labels }) => (scrapePool ?? labels.job) === pool);
}
