/** A server and hosts for agents in a network of their own; all of it ends with its scope, and with this process in any case. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, run as runCommand } from '../command.ts';
import { closeRun, openRun } from '../run-state.ts';
import { whyNotDebian } from '../setup/debian.ts';
import { ensureLab } from '../setup.ts';
import { Agent, type AgentSettings, type Joining } from './agent.ts';
import { type Host, makeNetwork, middle, type Network, rolesOf } from './network.ts';
import { Program } from './program.ts';
import { Server, type Settings, serverAddress, serverHost } from './server.ts';

export interface WorldOptions {
  /** Hosts for agents: host-1, host-2 … */
  readonly hosts: number;
  readonly server?: Settings;
  /** More addresses of hosts, by their names; each on an interface of its own. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  /** Size of a disk (tmpfs) of its own for the server's data, as mount(8) takes it: `4m`. */
  readonly disk?: string;
}

export interface World extends AsyncDisposable {
  readonly network: Network;
  readonly folder: string;
  readonly server: Server;
  /** Runs a command where the server's disk is mounted. */
  onDisk(program: string, args: readonly string[]): Promise<CommandResult>;
  /** A token for `uses` agents. */
  joining(options?: Readonly<Record<string, unknown>>): Promise<Joining>;
  /** Not started yet; ends with the world. */
  agent(host: number, joining: Joining, settings?: AgentSettings & { readonly name?: string }): Agent;
  /** Agents on the first hosts, each connected: agent-1, agent-2 … */
  agents(count: number, settings?: (number: number) => AgentSettings): Promise<readonly Agent[]>;
}

export const hostAddress = (host: number): string => `10.98.0.${10 + host}`;

/** Why these tests cannot run on this machine; false when they can. */
export async function whyNot(): Promise<string | false> {
  const missing = whyNotDebian();
  if (missing !== undefined) return missing;
  const { system } = await ensureLab();
  return system.available ? false : system.reason;
}

export async function openWorld({ hosts, server: settings, addresses = {}, disk }: WorldOptions): Promise<World> {
  const all: readonly Host[] = [
    { name: serverHost, addresses: [serverAddress, ...(addresses[serverHost] ?? [])] },
    ...Array.from({ length: hosts }, (_, index) => ({
      name: `host-${index + 1}`,
      addresses: [hostAddress(index + 1), ...(addresses[`host-${index + 1}`] ?? [])],
    })),
  ];
  await using stack = new AsyncDisposableStack();
  const run = openRun(rolesOf(all));
  stack.defer(() => closeRun(run));
  const network = await makeNetwork(run, all);
  const relay = join(run.dir, 'relay.sock');
  const relayProgram = stack.use(
    new Program({ network, host: middle, program: process.execPath, args: [join(import.meta.dirname, 'relay.ts'), relay] }),
  );
  await relayProgram.event('relay.ready');
  const mounted = disk === undefined ? undefined : stack.use(await mountDisk(network, join(run.dir, 'server'), disk));
  const server = stack.use(new Server(network, relay, run.dir, settings, mounted?.pid));
  await server.start();
  const agents = stack.use(new AsyncDisposableStack());
  const world = stack.move();

  const joining: World['joining'] = async (options = {}) => {
    const { token, caFingerprint } = await server.api<Joining>('POST', '/v1/tokens', { uses: 1, ttl: '1h', ...options });
    return { token, caFingerprint };
  };
  const agent: World['agent'] = (host, join_, { name = `agent-${host}`, ...own } = {}) =>
    agents.use(new Agent({ network, relay, folder: run.dir, host: `host-${host}`, address: hostAddress(host) }, name, join_, own));
  return {
    network,
    folder: run.dir,
    server,
    onDisk: (program, args) => runCommand('nsenter', [`--mount=/proc/${mounted?.pid ?? 'self'}/ns/mnt`, program, ...args]),
    joining,
    agent,
    async agents(count, own = () => ({})) {
      const join_ = await joining({ uses: count });
      const made = Array.from({ length: count }, (_, index) => agent(index + 1, join_, own(index + 1)));
      await Promise.all(made.map((one) => one.start()));
      return made;
    },
    [Symbol.asyncDispose]: () => world.disposeAsync(),
  };
}

/** The mount lives in a namespace that this process holds, so that it ends with it and nobody else ever sees it. */
async function mountDisk(network: Network, folder: string, size: string): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  const script = `mount -t tmpfs -o size=${size},mode=700 tmpfs "$1" && echo '{"event":"disk.ready"}' >&2 && exec sleep infinity`;
  const holder = new Program({ network, host: serverHost, program: 'unshare', args: ['--mount', 'sh', '-c', script, 'sh', folder] });
  await holder.event('disk.ready');
  return holder;
}
