/** `fairlead server` in the lab: can be killed and started again on the same data, and is asked as operators ask it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ask, eventsOf, type Target } from './http.ts';
import { type Metrics, parseMetrics } from './metrics.ts';
import type { Network } from './network.ts';
import { type LogEvent, Program, patienceMs } from './program.ts';
import { type AgentView, type OutageView, program } from './shapes.ts';

export const serverHost = 'server';
export const serverAddress = '10.98.0.1';

export interface Transition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Heartbeats every second, suspect after a second and a half, offline after 4.5 s: what takes minutes in real life takes seconds. */
export const quick = { heartbeatInterval: '1s', failThreshold: 4 };

export type Settings = Readonly<Record<string, unknown>>;

const ports = { agents: 8443, enrolment: 8444, api: 8445, http: 8500, dns: 8600, health: 8446 };

export const defaultServerSettings = (dataDir: string): Settings => ({
  name: 'control-1',
  dataDir,
  agents: { listen: `${serverAddress}:${ports.agents}` },
  // Every agent of a test comes from an address of its own or many from one: the limits are not what is looked at here.
  enrolment: { listen: `${serverAddress}:${ports.enrolment}` },
  api: { listen: `${serverAddress}:${ports.api}` },
  discovery: { http: `${serverAddress}:${ports.http}`, dns: `${serverAddress}:${ports.dns}` },
  health: { listen: `${serverAddress}:${ports.health}` },
  ca: { serverNames: [serverAddress, 'localhost'] },
  liveness: quick,
  log: { level: 'debug' },
});

export class Server implements AsyncDisposable {
  readonly dataDir: string;
  readonly #network: Network;
  readonly #relay: string;
  readonly #file: string;
  #program: Program | undefined;
  readonly #former: LogEvent[] = [];
  /** A process whose mounts the server sees. */
  readonly #mountsOf: number | undefined;

  constructor(network: Network, relay: string, folder: string, settings: Settings = {}, mountsOf?: number) {
    this.#network = network;
    this.#mountsOf = mountsOf;
    this.#relay = relay;
    this.dataDir = join(folder, 'server');
    this.#file = join(folder, 'server.yaml');
    this.write({ ...defaultServerSettings(this.dataDir), ...settings });
  }

  get file(): string {
    return this.#file;
  }

  write(settings: Settings): void {
    writeFileSync(this.#file, JSON.stringify(settings));
  }

  /** The process of now. */
  get process(): Program {
    if (this.#program === undefined) throw new Error('the server was not started');
    return this.#program;
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    this.#former.push(...(this.#program?.events ?? []));
    this.#program = this.spawn();
    await this.#program.event('server.started');
  }

  spawn(args: readonly string[] = ['--config', this.#file]): Program {
    const command = [process.execPath, program, 'server', ...args];
    const [first = '', ...rest] =
      this.#mountsOf === undefined ? command : ['nsenter', `--mount=/proc/${this.#mountsOf}/ns/mnt`, ...command];
    return new Program({ network: this.#network, host: serverHost, program: first, args: rest });
  }

  /** Changes of liveness over all of its lives, as it logged them: nothing is missed while nobody listens. */
  transitions(): readonly Transition[] {
    return [...this.#former, ...this.process.events].filter(({ event }) => event === 'fleet.liveness').map(transitionOf);
  }

  async api<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    // The shapes of the API's OpenAPI document, as shapes.ts has them.
    return (answer.text === '' ? undefined : JSON.parse(answer.text)) as T;
  }

  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return ask(this.target(), method, path, body);
  }

  events(path: string, signal: AbortSignal) {
    return eventsOf(this.target(), path, signal);
  }

  target(): Target {
    const root = this.#mountsOf === undefined ? '' : `/proc/${this.#mountsOf}/root`;
    // Written by the server at its first start.
    const { token, ca } = JSON.parse(readFileSync(`${root}${this.dataDir}/context.json`, 'utf8')) as { token: string; ca: string };
    return { relay: this.#relay, host: serverAddress, port: ports.api, ca, token };
  }

  plain(path: string, port = ports.health): Promise<Answer> {
    return ask({ relay: this.#relay, host: serverAddress, port }, 'GET', path);
  }

  async metrics(): Promise<Metrics> {
    return parseMetrics((await this.plain('/metrics')).text);
  }

  async agents(): Promise<{ readonly agents: readonly AgentView[]; readonly brake?: string }> {
    return this.api('GET', '/v1/agents?limit=1000');
  }

  agent(name: string): Promise<AgentView> {
    return this.api('GET', `/v1/agents/${name}`);
  }

  async outages(name: string): Promise<readonly OutageView[]> {
    return (await this.api<{ outages: readonly OutageView[] }>('GET', `/v1/agents/${name}/outages`)).outages;
  }

  /** Asks until it is so; what was last seen is in the error. */
  async eventually<T>(what: string, look: () => Promise<T | undefined>, limitMs = patienceMs): Promise<T> {
    const deadline = performance.now() + limitMs;
    for (let last: unknown; ; ) {
      try {
        const found = await look();
        if (found !== undefined) return found;
      } catch (error) {
        last = error;
      }
      if (performance.now() > deadline)
        throw new Error(`${what}: not within ${limitMs} ms; the server said last:\n${this.process.stderr.slice(-3_000)}`, { cause: last });
      await sleep(100); // the state of another process, which is asked for
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}

const transitionOf = (event: LogEvent): Transition => ({
  name: String(event.name),
  from: String(event.from),
  to: String(event.to),
  reason: String(event.reason),
});
