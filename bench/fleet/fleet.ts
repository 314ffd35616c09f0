/** A server in a process of its own and a fleet of simulated agents in another; used by the bench and, small, by a test. */
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, createApi } from '../../src/cli/api.ts';
import type { Tally } from './agent.ts';
import type { Order, Report } from './simulate.ts';

const root = join(import.meta.dirname, '../..');

export interface FleetOptions {
  readonly folder: string;
  readonly count: number;
  readonly heartbeatMs: number;
  /** Connections that agents open a second at the first start. */
  readonly connectPerSecond: number;
  /** The program: the bundle, or the source. */
  readonly program: string;
  readonly progress: (line: string) => void;
}

export interface Transition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** A server process that can be ended and started again on the same data and ports. */
export class ServerProcess implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #settings: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  /** Everything that the server logged, over all of its lives. */
  log = '';

  private constructor(options: FleetOptions, settings: string) {
    this.#options = options;
    this.#settings = settings;
  }

  static async start(options: FleetOptions): Promise<ServerProcess> {
    const ports = await freePorts(6);
    const at = (index: number) => `127.0.0.1:${ports[index]}`;
    const settings = {
      name: 'bench',
      dataDir: join(options.folder, 'data'),
      agents: { listen: at(0) },
      enrolment: { listen: at(1), rate: 2_000, burst: 2_000, ratePerAddress: 2_000, burstPerAddress: 2_000 },
      api: { listen: at(2) },
      discovery: { http: at(3), dns: at(4) },
      health: { listen: at(5) },
      liveness: { heartbeatInterval: `${options.heartbeatMs}ms`, failThreshold: 3 },
    };
    const file = join(options.folder, 'server.yaml');
    writeFileSync(file, JSON.stringify(settings));
    const server = new ServerProcess(options, file);
    await server.run();
    return server;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it is ready. */
  async run(): Promise<void> {
    const child = spawn(process.execPath, [this.#options.program, 'server', '--config', this.#settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.on('close', resolve));
    const ready = Promise.withResolvers<void>();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
      if (text.includes('"server.started"')) ready.resolve();
    });
    child.on('close', (code, signal) => ready.reject(new Error(`the server ended with ${signal ?? code}:\n${this.log.slice(-2_000)}`)));
    ready.promise.catch(() => {});
    await ready.promise;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** As a crash does: nothing is finished, nothing is said. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  api(): Api {
    const file = join(this.#options.folder, 'data', 'context.json');
    return createApi({ ...JSON.parse(readFileSync(file, 'utf8')), file });
  }

  get bundlePem(): string {
    return JSON.parse(readFileSync(join(this.#options.folder, 'data', 'context.json'), 'utf8')).ca;
  }

  settings(): {
    readonly agents: { readonly listen: string };
    readonly enrolment: { readonly listen: string };
    readonly health: { readonly listen: string };
  } {
    return JSON.parse(readFileSync(this.#settings, 'utf8'));
  }

  /** A sample of /metrics, by its name and labels as they stand there; 0 when there is none. */
  async metric(sample: string): Promise<number> {
    const text = await (await fetch(`http://${this.settings().health.listen}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    return Number(line?.slice(sample.length + 1) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill('SIGTERM');
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(late);
  }
}

/** The agents, in a process of their own, so that their cost is not the server's. */
export class SimulatedFleet implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #progress: (line: string) => void;

  constructor(progress: (line: string) => void) {
    this.#child = fork(join(root, 'bench/fleet/simulate.ts'), {
      execPath: process.execPath,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve));
    this.#progress = progress;
  }

  order(order: Order): Promise<Tally> {
    return new Promise((resolve, reject) => {
      const onMessage = (report: Report) => {
        if (report.kind === 'progress') return this.#progress(`${report.done} agents enrolled`);
        if (report.order !== order.kind) return;
        this.#child.off('message', onMessage);
        if (report.error === undefined) resolve(report.tally);
        else reject(new Error(report.error));
      };
      this.#child.on('message', onMessage);
      this.#ended.then(() => reject(new Error('the process of the agents ended')));
      this.#child.send(order);
    });
  }

  /** Asks every 100 ms until `enough`; rejects after `limitMs`. */
  async until(enough: (tally: Tally) => boolean, limitMs: number): Promise<{ readonly tally: Tally; readonly ms: number }> {
    const started = performance.now();
    for (;;) {
      const tally = await this.order({ kind: 'tally' });
      const ms = performance.now() - started;
      if (enough(tally)) return { tally, ms };
      if (ms > limitMs) throw new Error(`not within ${limitMs} ms: ${JSON.stringify(tally)}`);
      await sleep(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.send({ kind: 'stop' } satisfies Order);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(late);
  }
}

/** Every transition of an agent's liveness from now on, also over restarts of the server. */
export function watchTransitions(server: ServerProcess, signal: AbortSignal): readonly Transition[] {
  const seen: Transition[] = [];
  const follow = async () => {
    while (!signal.aborted) {
      try {
        for await (const { kind, data } of server.api().events('/v1/events?kinds=agent.liveness', signal)) {
          // The shape that the change feed publishes.
          if (kind === 'agent.liveness') seen.push(data as Transition);
        }
      } catch {
        // The server is away; it is asked again.
      }
      await sleep(50);
    }
  };
  void follow();
  return seen;
}

/** CPU seconds (user and system) and resident bytes of a process, from /proc (Linux). */
export function usageOf(pid: number): { readonly cpuSeconds: number; readonly rssBytes: number; readonly peakBytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;
  // proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms.
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, rssBytes: kilobytes('VmRSS'), peakBytes: kilobytes('VmHWM') };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
