import type { Listener } from '../probe.ts';
import { type Client, defaultBridgeName, type Question, type Target, type Topology, type TopologyContainer } from '../topology.ts';

/**
 * Every question worth asking about a topology: each client to each listener by name, alias and address; to each published port by the
 * host's address, by gateways and by loopback; to the host's and the remote host's services.
 */
export function questionsOf(topology: Topology): readonly Question[] {
  const clients: readonly Client[] = [
    ...topology.containers.map((one) => ({ container: one.name })),
    { place: 'host' },
    { place: 'remote' },
  ];
  return clients.flatMap((from) => [
    ...topology.containers.flatMap((server) => toContainer(topology, from, server)),
    ...topology.containers.flatMap((server) => toPublished(topology, from, server)),
    ...toHost(topology, from),
    ...topology.remote.listeners.map((one) => ask(from, { kind: 'place', place: 'remote' }, one)),
  ]);
}

function ask(from: Client, to: Target, { port, transport }: Pick<Listener, 'port' | 'transport'>): Question {
  return { from, to, port, transport };
}

function toContainer(topology: Topology, from: Client, server: TopologyContainer): readonly Question[] {
  const owner = ownerOf(topology, server);
  const aliases = attachmentsOf(server).flatMap((one) => one.aliases ?? []);
  const names = [server.name, ...aliases.filter((alias) => holders(topology, alias) === 1)];
  const targets: readonly Target[] = [
    ...names.map((host): Target => ({ kind: 'literal', host })),
    ...networksOf(owner).map((network): Target => ({ kind: 'container', container: owner.name, network })),
    ...(sharesNamespace(topology, from, server) ? [{ kind: 'literal', host: '127.0.0.1' } as const] : []),
  ];
  return server.listeners.flatMap((listener) => targets.map((to) => ask(from, to, listener)));
}

/** Several containers with one alias are answered in random order: such a question has no single answer. */
function holders(topology: Topology, alias: string): number {
  return topology.containers.filter((one) => attachmentsOf(one).some((attachment) => attachment.aliases?.includes(alias))).length;
}

function toPublished(topology: Topology, from: Client, server: TopologyContainer): readonly Question[] {
  const ways: readonly Target[] = [
    { kind: 'place', place: 'host' },
    ...ownGateways(topology, from),
    ...('place' in from && from.place === 'host' ? [{ kind: 'literal', host: '127.0.0.1' } as const] : []),
    ...(isHostMode(topology, from) ? [{ kind: 'literal', host: '127.0.0.1' } as const] : []),
  ];
  return (server.publish ?? []).flatMap((one) => ways.map((to) => ask(from, to, { port: one.hostPort, transport: one.transport })));
}

function toHost(topology: Topology, from: Client): readonly Question[] {
  const named = 'container' in from && topology.containers.find((one) => one.name === from.container)?.extraHosts !== undefined;
  const ways: readonly Target[] = [
    { kind: 'place', place: 'host' },
    ...ownGateways(topology, from),
    ...(named ? [{ kind: 'literal', host: 'host.docker.internal' } as const] : []),
  ];
  const hostMode = topology.containers.filter((one) => one.mode.kind === 'host').flatMap((one) => one.listeners);
  // An answer to a datagram leaves from the address that the host's routes choose, which is a question about the service, not the network.
  const listeners = [...topology.host.listeners, ...hostMode].filter((one) => one.transport === 'tcp');
  return listeners.flatMap((listener) => ways.map((to) => ask(from, to, listener)));
}

function ownGateways(topology: Topology, from: Client): readonly Target[] {
  const container = 'container' in from ? topology.containers.find((one) => one.name === from.container) : undefined;
  if (container === undefined) return [];
  return networksOf(ownerOf(topology, container)).map((network) => ({ kind: 'gateway', network }));
}

export function ownerOf(topology: Topology, container: TopologyContainer): TopologyContainer {
  const { mode } = container;
  if (mode.kind !== 'container') return container;
  return topology.containers.find((one) => one.name === mode.of) ?? container;
}

export function attachmentsOf(container: TopologyContainer) {
  return container.mode.kind === 'networks' ? container.mode.attachments : [];
}

function networksOf(container: TopologyContainer): readonly string[] {
  return container.mode.kind === 'default' ? [defaultBridgeName] : attachmentsOf(container).map((one) => one.network);
}

function isHostMode(topology: Topology, client: Client): boolean {
  return 'container' in client && topology.containers.some((one) => one.name === client.container && one.mode.kind === 'host');
}

function sharesNamespace(topology: Topology, from: Client, server: TopologyContainer): boolean {
  if (!('container' in from)) return from.place === 'host' && server.mode.kind === 'host';
  const client = topology.containers.find((one) => one.name === from.container);
  if (client === undefined) return false;
  return (client.mode.kind === 'host' && server.mode.kind === 'host') || ownerOf(topology, client).name === ownerOf(topology, server).name;
}
