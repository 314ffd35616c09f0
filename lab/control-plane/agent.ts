/** `fairlead agent` in the lab, on a host and with a data folder of its own. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIdentity } from '../../src/agent/identity/identity.ts';
import { type Answer, ask } from './http.ts';
import { type Metrics, parseMetrics } from './metrics.ts';
import type { Network } from './network.ts';
import { Program } from './program.ts';
import { type Settings, serverAddress } from './server.ts';
import { program } from './shapes.ts';

export const healthPort = 8080;

export interface AgentPlace {
  readonly network: Network;
  readonly relay: string;
  readonly folder: string;
  readonly host: string;
  readonly address: string;
}

export interface Joining {
  readonly token: string;
  readonly caFingerprint: string;
}

/** Sections replace the defaults whole, but for `server` and `identity`, to which they are added. */
export interface AgentSettings {
  readonly server?: Settings;
  readonly identity?: Settings;
  readonly [section: string]: unknown;
}

export class Agent implements AsyncDisposable {
  readonly name: string;
  readonly dataDir: string;
  readonly place: AgentPlace;
  readonly #file: string;
  #program: Program | undefined;

  constructor(place: AgentPlace, name: string, joining: Joining, settings: AgentSettings = {}) {
    this.place = place;
    this.name = name;
    this.dataDir = join(place.folder, `${place.host}-data`);
    this.#file = join(place.folder, `${place.host}.yaml`);
    this.configure(joining, settings);
  }

  configure({ token, caFingerprint }: Joining, { server, identity, ...rest }: AgentSettings = {}): void {
    const tokenFile = join(this.place.folder, `${this.place.host}.token`);
    writeFileSync(tokenFile, token, { mode: 0o600 });
    writeFileSync(
      this.#file,
      JSON.stringify({
        server: { enrolment: [`https://${serverAddress}:8444`], caFingerprint, tokenFile, ...server },
        identity: { name: this.name, dataDir: this.dataDir, ...identity },
        heartbeat: { interval: '1s' },
        // How long a configuration has to run before it counts as applied: five seconds by default.
        remote: { settle: '500ms' },
        log: { level: 'debug' },
        ...rest,
      }),
    );
  }

  get process(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} was not started`);
    return this.#program;
  }

  /** `before`: a program that runs it, env(1) for example. */
  spawn(env: Readonly<Record<string, string>> = {}, nodeArgs: readonly string[] = [], before: readonly string[] = []): Program {
    const { network, host } = this.place;
    const [first = '', ...args] = [...before, process.execPath, ...nodeArgs, program, 'agent', '--config', this.#file];
    this.#program = new Program({ network, host, program: first, args, env });
    return this.#program;
  }

  /** Resolves when it is connected. */
  async start(...how: Parameters<Agent['spawn']>): Promise<void> {
    await this.spawn(...how).event('agent.connection.connected');
  }

  http(path: string): Promise<Answer> {
    const { relay, address } = this.place;
    return ask({ relay, host: address, port: healthPort }, 'GET', path);
  }

  async metrics(): Promise<Metrics> {
    return parseMetrics((await this.http('/metrics')).text);
  }

  /** What is in the data folder: who it is, and by which certificate. */
  identity(): { readonly uid: string; readonly name: string; readonly serial: string; readonly notAfterMs: number } {
    const decoded = decodeIdentity(readFileSync(join(this.dataDir, 'identity.json'), 'utf8'));
    if (!decoded.ok) throw new Error(`${this.name}: ${decoded.reason}`);
    const { uid, name, credentials } = decoded.identity;
    const certificate = new X509Certificate(credentials?.chainPem ?? '');
    return { uid, name, serial: certificate.serialNumber, notAfterMs: Date.parse(certificate.validTo) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}
