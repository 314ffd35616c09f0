import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEngine } from './engine.ts';
import { isPlace, lan, type Place } from './lan.ts';
import { defaultBridge } from './names.ts';
import { connectPeer, type Peer, writePeerConfig, writePeerProgram } from './peer-client.ts';
import { placePeer } from './place-peers.ts';
import type { Listener, ProbeResult } from './probe.ts';
import { containerBody, endpointBody, networkBody } from './realise-bodies.ts';
import {
  type Client,
  defaultBridgeName,
  describeQuestion,
  firewallArguments,
  type Question,
  type Target,
  type Topology,
  type TopologyContainer,
  type TopologyEvent,
} from './topology.ts';

/** A topology that runs. Disposal removes its containers, networks, firewall rules and peers, and leaves the engine as it was. */
export interface Realised extends AsyncDisposable {
  readonly topology: Topology;
  /** What the engine or a peer refused: container, network or listener → its words. Nothing of it is in `clients`. */
  readonly refused: ReadonlyMap<string, string>;
  /** Addresses of a container by network, as the engine gives them. */
  readonly addresses: ReadonlyMap<string, Readonly<Record<string, EndpointAddresses>>>;
  ask(question: Question, limits: Limits): Promise<ProbeResult>;
  /** The literal that a question dials; undefined when its target has no address. */
  resolve(target: Target): string | undefined;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly resolveTimeoutMs?: number;
}

export interface EndpointAddresses {
  readonly v4: string;
  readonly v6: string;
}

interface Work {
  readonly engine: LabEngine;
  readonly topology: Topology;
  readonly folder: string;
  readonly refused: Map<string, string>;
  readonly peers: Map<string, Peer>;
  readonly addresses: Map<string, Readonly<Record<string, EndpointAddresses>>>;
}

const peerWithinMs = 20_000; // a busy machine; an idle one needs 0.1 s
let made = 0;

/** Makes the topology with the engine's API. What the engine refuses is part of the result; a broken lab is an exception. */
export async function realise(engine: LabEngine, topology: Topology): Promise<Realised> {
  const folder = join(engine.run.dir, `t${made++}`);
  mkdirSync(folder);
  const work: Work = { engine, topology, folder, refused: new Map(), peers: new Map(), addresses: new Map() };
  try {
    await writePeerProgram(folder);
    await Promise.all([
      usePlace(work, 'host', topology.host.listeners),
      usePlace(work, 'remote', topology.remote.listeners),
      usePlace(work, 'near', []),
      createAll(work),
    ]);
    for (const rule of topology.host.firewall) await iptables(work, '-I', firewallArguments(rule));
    for (const event of topology.events ?? []) await happen(work, event);
  } catch (error) {
    await remove(work);
    throw error;
  }
  return {
    topology,
    refused: work.refused,
    addresses: work.addresses,
    resolve: (target) => resolveTarget(work, target),
    ask: (question, limits) => ask(work, question, limits),
    [Symbol.asyncDispose]: () => remove(work),
  };
}

async function usePlace(work: Work, place: Place, listeners: readonly Listener[]): Promise<void> {
  const peer = await placePeer(work.engine, place);
  work.peers.set(place, peer);
  recordFailed(work, place, await peer.listen(listeners));
}

async function joinPeer(work: Work, key: string, name: string): Promise<void> {
  const peer = await connectPeer(join(work.folder, `${key}.sock`), peerWithinMs);
  work.peers.set(name, peer);
  recordFailed(work, name, peer.hello.failed);
}

function recordFailed(work: Work, name: string, failed: Peer['hello']['failed']): void {
  for (const one of failed) work.refused.set(`${name} listens on ${one.address}:${one.port}/${one.transport}`, one.code);
}

async function createAll(work: Work): Promise<void> {
  const { api } = work.engine;
  await Promise.all(
    work.topology.networks.map(async (network) => {
      const response = await api.ask('POST', '/networks/create', networkBody(network));
      if (response.status >= 400) work.refused.set(`network ${network.name}`, response.message);
    }),
  );
  const started = new Map<string, Promise<void>>();
  for (const container of work.topology.containers) {
    const before = prerequisites(container).map((name) => started.get(name));
    started.set(
      container.name,
      Promise.all(before).then(() => startContainer(work, container)),
    );
  }
  await Promise.all(started.values());
}

/** A link and a shared namespace need the other container to run. */
function prerequisites(container: TopologyContainer): readonly string[] {
  const linked = (container.links ?? []).map((link) => link.split(':')[0] ?? '');
  return container.mode.kind === 'container' ? [...linked, container.mode.of] : linked;
}

async function startContainer(work: Work, container: TopologyContainer): Promise<void> {
  const { api } = work.engine;
  const cmd = ['node', ...writePeerConfig(work.folder, '/peer', container.name, { name: container.name, listeners: container.listeners })];
  const refuse = (message: string) => void work.refused.set(`container ${container.name}`, message);
  const created = await api.ask('POST', `/containers/create?name=${container.name}`, containerBody(container, cmd, work.folder));
  if (created.status >= 400) return refuse(created.message);
  const others = container.mode.kind === 'networks' ? container.mode.attachments.slice(1) : [];
  for (const attachment of others) {
    const body = { Container: container.name, EndpointConfig: endpointBody(attachment, container) };
    const connected = await api.ask('POST', `/networks/${attachment.network}/connect`, body);
    if (connected.status >= 400) return refuse(connected.message);
  }
  const response = await api.ask('POST', `/containers/${container.name}/start`);
  if (response.status >= 400) return refuse(response.message);
  await Promise.all([joinPeer(work, container.name, container.name), readAddresses(work, container.name)]);
}

async function readAddresses(work: Work, name: string): Promise<void> {
  // The fields that every engine since 1.9 has in this answer.
  const body = (await work.engine.api.must('GET', `/containers/${name}/json`)) as {
    NetworkSettings: { Networks: Record<string, { IPAddress: string; GlobalIPv6Address: string }> };
  };
  const entries = Object.entries(body.NetworkSettings.Networks).map(
    ([network, endpoint]) => [network, { v4: endpoint.IPAddress, v6: endpoint.GlobalIPv6Address }] as const,
  );
  work.addresses.set(name, Object.fromEntries(entries));
}

async function happen(work: Work, event: TopologyEvent): Promise<void> {
  const { api } = work.engine;
  const body = { Container: event.container };
  if (event.do === 'disconnect') return void (await api.must('POST', `/networks/${event.network}/disconnect`, body));
  await api.must('POST', `/containers/${event.container}/${event.do}${event.do === 'pause' ? '' : '?t=0'}`);
  if (event.do === 'restart') await joinPeer(work, event.container, event.container);
}

async function iptables(work: Work, verb: '-I' | '-D', args: readonly string[]): Promise<void> {
  const result = await work.engine.at('host', '/usr/sbin/iptables', ['-w', verb, ...args]);
  if (result.code !== 0) throw new Error(`iptables ${verb} ${args.join(' ')}: ${result.stderr.trim()}`);
}

function resolveTarget(work: Work, target: Target): string | undefined {
  if (target.kind === 'literal') return target.host;
  const family = target.family === 6 ? 'v6' : 'v4';
  if (target.kind === 'place') return lan[target.place][family];
  if (target.kind === 'container') return work.addresses.get(target.container)?.[target.network]?.[family] || undefined;
  if (target.network === defaultBridgeName) return family === 'v4' ? defaultBridge.gateway : undefined;
  const network = work.topology.networks.find((one) => one.name === target.network);
  return family === 'v4' ? network?.gateway : network?.gateway6;
}

async function ask(work: Work, question: Question, limits: Limits): Promise<ProbeResult> {
  const client = clientName(question.from);
  const peer = work.peers.get(client);
  const host = resolveTarget(work, question.to);
  if (peer === undefined) throw new Error(`${client} does not run: ${work.refused.get(`container ${client}`) ?? 'not in the topology'}`);
  if (host === undefined) throw new Error(`no address for ${JSON.stringify(question.to)}`);
  try {
    return await peer.probe({ host, port: question.port, transport: question.transport, ...limits });
  } catch (error) {
    throw new Error(`${describeQuestion(question)}: ${String(error)}\n${await peerLog(work, client)}`, { cause: error });
  }
}

async function peerLog(work: Work, name: string): Promise<string> {
  const result = await work.engine.docker(['logs', '--tail', '20', name]);
  return result.stdout + result.stderr;
}

function clientName(client: Client): string {
  return 'container' in client ? client.container : client.place;
}

async function remove(work: Work): Promise<void> {
  const { api } = work.engine;
  for (const [name, peer] of work.peers) if (!isPlace(name)) peer.close();
  for (const rule of work.topology.host.firewall) await iptables(work, '-D', firewallArguments(rule)).catch(() => undefined);
  const names = work.topology.containers.map((container) => container.name);
  await Promise.all(names.map((name) => api.ask('DELETE', `/containers/${name}?force=1&v=1`)));
  await Promise.all(work.topology.networks.map((network) => api.ask('DELETE', `/networks/${network.name}`)));
  rmSync(work.folder, { recursive: true, force: true });
}
