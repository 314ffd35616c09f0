import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, run } from './command.ts';
import { connectApi, type DockerApi } from './docker-api.ts';
import { labImage } from './image.ts';
import { makeLan, type Place, places, startWithin, within } from './lan.ts';
import { defaultBridge, imageTag } from './names.ts';
import { cgroupOf, closeRun, type LabRun, openRun } from './run-state.ts';
import { type EngineBinaries, ensureLab, type Lab } from './setup.ts';

export interface EngineOptions {
  /** `major.minor` of an engine that the lab has (see availableEngines). */
  readonly version: string;
  readonly userlandProxy?: boolean;
  /** More arguments for dockerd, e.g. `--icc=false`. */
  readonly daemonArgs?: readonly string[];
}

/** A private Docker engine on a private LAN. Everything it makes is gone after disposal, also when the process dies. */
export interface LabEngine extends AsyncDisposable {
  readonly version: string;
  readonly exactVersion: string;
  readonly userlandProxy: boolean;
  readonly daemonArgs: readonly string[];
  readonly run: LabRun;
  readonly socket: string;
  readonly api: DockerApi;
  /** The docker command line of the engine's own version. */
  docker(args: readonly string[], input?: string): Promise<CommandResult>;
  /** Compose v2 against this engine; `version` picks one of the lab's (default: the oldest). */
  compose(args: readonly string[], options: { readonly cwd: string; readonly version?: string }): Promise<CommandResult>;
  /** A program in the network namespace of the Docker host, the remote host, the neighbour or the router. */
  at(place: Place, program: string, args: readonly string[]): Promise<CommandResult>;
  log(): string;
}

const readyWithinMs = 30_000; // 26.1 took 2.5 s on an idle machine; a busy one may need ten times as long

/** Starts an engine and loads the image. Throws when the lab cannot: callers ask availableEngines first. */
export async function startEngine(options: EngineOptions): Promise<LabEngine> {
  const lab = await ensureLab();
  const binaries = lab.engines[options.version];
  if (!lab.system.available) throw new Error(lab.system.reason);
  if (binaries === undefined) throw new Error(`the lab has no Docker ${options.version}`);
  if (!binaries.available) throw new Error(binaries.reason);
  const labRun = openRun(places);
  try {
    await makeLan(labRun);
    const socket = launch(labRun, binaries, options);
    const api = await connectApi(socket, readyWithinMs);
    await labImage(api, lab.cacheDir, imageTag);
    return engineOf(lab, labRun, binaries, options, socket, api);
  } catch (error) {
    const log = readLog(labRun);
    closeRun(labRun);
    throw new Error(`Docker ${options.version} did not start: ${String(error)}\n${log}`, { cause: error });
  }
}

function launch(labRun: LabRun, binaries: EngineBinaries, options: EngineOptions): string {
  const at = (name: string) => join(labRun.dir, name);
  writeFileSync(at('daemon.json'), '{}');
  const args = [
    `--host=unix://${at('docker.sock')}`,
    `--config-file=${at('daemon.json')}`,
    `--data-root=${at('data')}`,
    `--exec-root=${at('exec')}`,
    `--pidfile=${at('docker.pid')}`,
    `--bip=${defaultBridge.gateway}/16`,
    '--default-address-pool=base=172.31.0.0/16,size=24',
    `--cgroup-parent=${cgroupOf(labRun)}`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    `--userland-proxy=${options.userlandProxy ?? true}`,
    '--log-level=warn',
    ...(options.daemonArgs ?? []),
  ];
  const env = { PATH: [...binaries.path, process.env.PATH ?? ''].join(':'), DOCKER_TMPDIR: at('tmp') };
  startWithin(labRun, 'host', binaries.dockerd, args, { env, log: 'dockerd.log' });
  return at('docker.sock');
}

function engineOf(lab: Lab, labRun: LabRun, binaries: EngineBinaries, options: EngineOptions, socket: string, api: DockerApi): LabEngine {
  const env = (config: string) => ({ PATH: process.env.PATH, HOME: labRun.dir, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config });
  return {
    version: options.version,
    exactVersion: binaries.exact,
    userlandProxy: options.userlandProxy ?? true,
    daemonArgs: options.daemonArgs ?? [],
    run: labRun,
    socket,
    api,
    docker: (args, input) => run(binaries.cli, args, { env: env(join(labRun.dir, 'cli')), ...(input === undefined ? {} : { input }) }),
    compose: (args, { cwd, version }) => run(binaries.cli, ['compose', ...args], { cwd, env: env(composeConfig(lab, labRun, version)) }),
    at: (place, program, args) => within(labRun, place, program, args),
    log: () => readLog(labRun),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      closeRun(labRun);
    },
  };
}

/** A configuration folder of the command line in which the wanted Compose is the plugin. */
function composeConfig(lab: Lab, labRun: LabRun, version?: string): string {
  const wanted = version ?? Object.keys(lab.compose).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))[0] ?? '';
  const compose = lab.compose[wanted];
  if (compose === undefined || !compose.available) throw new Error(compose?.reason ?? `the lab has no Compose ${wanted}`);
  const config = join(labRun.dir, `cli-compose-${wanted}`);
  const plugin = join(config, 'cli-plugins', 'docker-compose');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  try {
    symlinkSync(compose.plugin, plugin);
  } catch {
    // made by an earlier call
  }
  return config;
}

function readLog(labRun: LabRun): string {
  try {
    return readFileSync(join(labRun.dir, 'dockerd.log'), 'utf8');
  } catch {
    return '';
  }
}
