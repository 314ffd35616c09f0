import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addressOf, type Question } from '../../src/network/answer.ts';
import { HOST_NAMESPACE, type Listener, type Model, type Workload } from '../../src/network/model.ts';
import type { LabEngine } from '../engine.ts';
import { lan, type Place } from '../lan.ts';
import { imageTag } from '../names.ts';
import type { Peer } from '../peer-client.ts';
import { placePeer } from '../place-peers.ts';
import type { ProbeResult } from '../probe.ts';
import { type FaultyFiles, inputsOf } from './cases.ts';
import { type PeerRuntime, shortId } from './peer-runtime.ts';
import { composeUp, failure, runShell } from './shell.ts';

/** Files that run: their containers, started by Compose and by the docker command line. */
export interface Staged extends AsyncDisposable {
  /** What Compose, the command line or a process refused, in its words. Nothing of it answers. */
  readonly refused: readonly string[];
  /** Undefined: who asks does not run. */
  dial(question: Question): Promise<Dialled | undefined>;
}

export interface Dialled extends ProbeResult {
  /** Workload, or the place of the LAN, whose process answered. */
  readonly server: string;
  /** The server saw an address of the client's own. */
  readonly seenAsItself: boolean;
}

/** What is true around the files: everything that listens, and addresses that the host has. */
export interface Surroundings {
  readonly model: Model;
  readonly listeners: readonly Listener[];
  readonly hostAddresses: readonly string[];
}

interface Stage {
  readonly engine: LabEngine;
  readonly runtime: PeerRuntime;
  readonly around: Surroundings;
  readonly containers: Map<string, Container>;
  readonly refused: string[];
}

interface Container {
  readonly id: string;
  readonly peer: Peer;
  /** By network. */
  readonly addresses: ReadonlyMap<string, string>;
}

const limits = { timeoutMs: 2500, resolveTimeoutMs: 4000 };
let staged = 0;

export async function stage(engine: LabEngine, runtime: PeerRuntime, files: FaultyFiles, around: Surroundings): Promise<Staged> {
  const folder = join(engine.run.dir, `staged-${staged++}`);
  const base = join(folder, 'example'); // the project's name
  for (const [name, text] of files.files) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), text);
  }
  const work: Stage = { engine, runtime, around, containers: new Map(), refused: [] };
  const dispose = async () => {
    await clear(work);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([openPlaces(work), ...around.model.workloads.map((workload) => tagImage(engine, workload))]);
    await startAll(work, files, base);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { refused: work.refused, dial: (question) => dial(work, question), [Symbol.asyncDispose]: dispose };
}

/** The host's services run before the containers, the other machine's too. */
async function openPlaces({ engine, around, refused }: Stage): Promise<void> {
  for (const address of around.hostAddresses) await engine.at('host', '/sbin/ip', ['addr', 'replace', `${address}/32`, 'dev', 'eth0']);
  for (const address of around.hostAddresses)
    await engine.at('remote', '/sbin/ip', ['route', 'replace', `${address}/32`, 'via', lan.host.v4]);
  for (const [place, namespace] of [
    ['host', HOST_NAMESPACE],
    ['remote', 'remote'],
  ] as const) {
    const own = around.listeners.filter((one) => one.namespaceId === namespace && one.workloadId === undefined);
    refused.push(...(await listen(await placePeer(engine, place), own, place)));
  }
}

async function listen(peer: Peer, listeners: readonly Listener[], who: string): Promise<readonly string[]> {
  const failed = await peer.listen(
    listeners.map(({ address, port, transport }) => ({ address, port, transport: transport === 'udp' ? 'udp' : 'tcp' })),
  );
  return failed.map((one) => `${who} cannot listen on ${one.address}:${one.port}/${one.transport}: ${one.code}`);
}

/** The name that the file gives to its image is one more name of the lab's. */
async function tagImage(engine: LabEngine, { image }: Workload): Promise<void> {
  if (image === undefined) return;
  const [, repository = '', tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(image.value) ?? [];
  await engine.api.must('POST', `/images/${imageTag}/tag?repo=${encodeURIComponent(repository)}&tag=${tag}`);
}

/**
 * Compose files are started again where that failed: a project may need the network of another one, and a logging driver may
 * need a server that answers only once its listeners are open. What fails then, fails.
 */
async function startAll(work: Stage, files: FaultyFiles, base: string): Promise<void> {
  const { engine } = work;
  const inputs = inputsOf(files, base);
  for (const input of inputs) if (input.kind === 'commands') work.refused.push(...failure(await runShell(engine, [input.path], base)));
  let left = inputs.flatMap((input) => (input.kind === 'compose' ? [input.paths] : []));
  for (let round = 0; round < 2; round += 1) {
    const failed: (readonly string[])[] = [];
    const said: string[] = [];
    for (const paths of left) {
      const result = await composeUp(engine, paths);
      if (result.code === 0) continue;
      failed.push(paths);
      said.push(...failure(result));
    }
    if (round === 1) work.refused.push(...said);
    const refused = await meetContainers(work);
    if (round === 1 || failed.length === 0) return void work.refused.push(...refused);
    left = failed;
  }
}

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Created: number;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

/** Finds the container of each workload and tells it what to listen on; returns what could not be opened. */
async function meetContainers(work: Stage): Promise<readonly string[]> {
  // The fields that every engine has in this answer.
  const listed = (await work.engine.api.must('GET', '/containers/json?all=1')) as readonly Listed[];
  const running = listed.filter((one) => one.State === 'running').sort((a, b) => a.Created - b.Created);
  const { workloads } = work.around.model;
  const named = new Map(running.map((one) => [idOf(one), one]));
  const known = new Set(workloads.map((workload) => workload.id));
  const unnamed = running.filter((one) => !known.has(idOf(one)));
  const refused = await Promise.all(
    workloads.map(async (workload) => {
      const found = named.get(workload.id) ?? (/^container-\d+$/.test(workload.id) ? unnamed.shift() : undefined);
      return found === undefined ? [] : await meet(work, workload, found);
    }),
  );
  return refused.flat();
}

function idOf({ Names, Labels }: Listed): string {
  const { 'com.docker.compose.project': project, 'com.docker.compose.service': service } = Labels;
  return project === undefined ? (Names[0] ?? '').slice(1) : `${project}/${service}`;
}

async function meet(work: Stage, workload: Workload, { Id, NetworkSettings }: Listed): Promise<readonly string[]> {
  const peer = work.containers.get(workload.id)?.peer ?? (await work.runtime.connect(Id));
  const addresses = new Map(Object.entries(NetworkSettings.Networks).map(([network, { IPAddress }]) => [network, IPAddress]));
  work.containers.set(workload.id, { id: shortId(Id), peer, addresses });
  const own = work.around.listeners.filter((one) => (one.workloadId ?? one.namespaceId) === workload.id);
  return listen(peer, own, workload.name);
}

async function dial(work: Stage, { from, host, port, transport }: Question): Promise<Dialled | undefined> {
  const peer = from.kind === 'workload' ? work.containers.get(from.workloadId)?.peer : await placePeer(work.engine, from.kind);
  const address = addressIn(work, host);
  if (peer === undefined || address === undefined) return undefined;
  const result = await peer.probe({ host: address, port, transport: transport === 'udp' ? 'udp' : 'tcp', ...limits });
  const server = [...work.containers].find(([, one]) => one.id === result.answeredBy)?.[0] ?? result.answeredBy;
  const own =
    from.kind === 'workload' ? [...(work.containers.get(from.workloadId)?.addresses.values() ?? [])] : Object.values(lan[from.kind]);
  return { ...result, server, seenAsItself: own.includes(result.seenAs.replace('::ffff:', '')) };
}

/** The model's names for addresses that only the engine knows. */
function addressIn(work: Stage, host: string): string | undefined {
  if (!host.startsWith('@')) return host;
  if (host === addressOf('host')) return lan.host.v4;
  const endpoint = work.around.model.endpoints.find((one) => addressOf(one.id) === host);
  return work.containers.get(endpoint?.workloadId ?? '')?.addresses.get(endpoint?.networkId ?? '');
}

/** The engine is the lab's own: all that is on it came from here. */
async function clear({ engine, around, containers }: Stage): Promise<void> {
  const { api } = engine;
  for (const { peer } of containers.values()) peer.close();
  const listed = (await api.must('GET', '/containers/json?all=1')) as readonly Listed[];
  await Promise.all(listed.map(({ Id }) => api.ask('DELETE', `/containers/${Id}?force=1&v=1`)));
  await api.must('POST', '/networks/prune');
  for (const place of ['host', 'remote'] satisfies Place[]) await (await placePeer(engine, place)).listen([]);
  for (const address of around.hostAddresses) await engine.at('host', '/sbin/ip', ['addr', 'del', `${address}/32`, 'dev', 'eth0']);
}
