import { lookup } from '../network/lookup.ts';
import type { Endpoint, Model, Network, Transport } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { throughHost } from './host-path.ts';
import { arrive } from './listen.ts';
import type { Destination, Origination } from './place.ts';
import { defaultRoute, networkOf, originsOf } from './place.ts';
import type { Trace } from './trace.ts';
import type { World } from './worlds.ts';

export interface Packet {
  readonly port: number;
  readonly transport: Transport;
}

/** Follows a packet from its namespace to the socket that takes it, writing a step for each thing on the way. */
export function follow(model: Model, world: World, trace: Trace, from: Origination, to: Destination, packet: Packet): void {
  switch (to.kind) {
    case 'self':
      return toSelf(model, world, trace, from, to, packet);
    case 'endpoint':
      return toEndpoint(model, world, trace, from, to, packet);
    case 'host':
      if (to.desktop === true) return toDesktopHost(model, world, trace, from, packet);
      return throughHost(
        model,
        world,
        trace,
        from,
        { loopback: false, family: to.family, literal: undefined, label: to.label, network: to.network },
        packet,
      );
    case 'vacant':
      return toVacant(model, trace, to.address, to.network);
    case 'machine':
      return toMachine(model, world, trace, from, to, packet);
    case 'external':
      return toExternal(model, world, trace, from, to.label);
    default:
      return to satisfies never;
  }
}

function toSelf(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  to: { readonly family: 4 | 6; readonly address: string },
  packet: Packet,
): void {
  if (from.namespaceId === undefined) {
    trace.unknown(
      'listener',
      'external-destination',
      'refused',
      `${to.address} is the remote machine itself`,
      'what runs on the remote machine',
    );
    return;
  }
  if (from.kind === 'host')
    return throughHost(
      model,
      world,
      trace,
      from,
      { loopback: true, family: to.family, literal: to.address, label: to.address, network: undefined },
      packet,
    );
  if (to.family === 6 && !world.since('26') && !hasIpv6(model, from)) {
    trace.block(
      'route',
      'ipv6-missing',
      'refused',
      `${from.label} has no IPv6, and engines before 26 take ::1 away then`,
      originsOf(from.workload),
    );
    return;
  }
  trace.pass('route', `${to.address} stays inside ${from.label}`);
  arrive(model, trace, {
    namespaceId: from.namespaceId,
    to: 'loopback',
    family: to.family,
    port: packet.port,
    transport: packet.transport,
    closed: 'refused',
  });
}

function hasIpv6(model: Model, from: Origination): boolean {
  return from.endpoints.some((endpoint) => networkOf(model, endpoint)?.ipv6 === true);
}

/** Docker Desktop's name for the machine: its services and published ports, loopback ones too. */
function toDesktopHost(model: Model, world: World, trace: Trace, from: Origination, packet: Packet): void {
  if (!hasWayOut(model, world, trace, from, 'the host')) return;
  const host: Origination = {
    kind: 'host',
    namespaceId: HOST_NAMESPACE,
    workload: undefined,
    label: 'Docker Desktop',
    endpoints: [],
    routed: false,
  };
  throughHost(
    model,
    world,
    trace,
    host,
    { loopback: true, family: 4, literal: '127.0.0.1', label: 'the machine that runs Docker Desktop', network: undefined },
    packet,
  );
}

function toVacant(model: Model, trace: Trace, address: string, network: Network): void {
  const origins = originsOf(network);
  const dynamic = network.external || (lookup(model).endpointsOn.get(network.id) ?? []).some((endpoint) => endpoint.ipv4 === undefined);
  if (dynamic)
    trace.unknown(
      'network',
      'unknown-address',
      'host-unreachable',
      `${address} lies in ${network.id}, whose addresses are given out at start`,
      `who has the address ${address} on ${network.id}`,
      origins,
    );
  else trace.block('network', 'unknown-address', 'host-unreachable', `nobody on ${network.id} has the address ${address}`, origins);
}

function toMachine(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  to: { readonly namespaceId: string; readonly address: string; readonly family: 4 | 6 },
  packet: Packet,
): void {
  if (!hasWayOut(model, world, trace, from, to.address)) return;
  trace.pass('route', `${from.label} reaches ${to.address} through the host`);
  const { port, transport } = packet;
  arrive(model, trace, { namespaceId: to.namespaceId, to: { address: to.address }, family: to.family, port, transport, closed: 'refused' });
}

function toExternal(model: Model, world: World, trace: Trace, from: Origination, label: string): void {
  if (!hasWayOut(model, world, trace, from, label)) return;
  trace.unknown(
    'route',
    'external-destination',
    'timeout',
    `${label} is outside of what the input describes`,
    `whether ${label} can be reached from the host and answers`,
  );
}

/** A route out of the namespace; writes the obstacle when there is none. */
function hasWayOut(model: Model, world: World, trace: Trace, from: Origination, label: string): boolean {
  if (from.kind === 'host' || from.kind === 'remote') return true;
  if (from.kind === 'none' || from.endpoints.length === 0) {
    trace.block(
      'route',
      'no-route-none',
      'network-unreachable',
      `${from.label} has no network interface but loopback`,
      originsOf(from.workload?.networkMode),
    );
    return false;
  }
  if (defaultRoute(model, world, from.endpoints) !== undefined) return true;
  noInternalRoute(model, world, trace, from, label);
  return false;
}

function noInternalRoute(model: Model, world: World, trace: Trace, from: Origination, label: string): void {
  const network = from.endpoints.map((endpoint) => networkOf(model, endpoint)).find((candidate) => candidate?.internal !== undefined);
  const symptom = world.since('26') ? 'network-unreachable' : 'timeout';
  trace.block(
    'route',
    'no-route-internal',
    symptom,
    `${from.label} is only on internal networks (${network?.id ?? ''}) and has no way to ${label}`,
    network?.internal === undefined ? [] : [network.internal],
  );
}

function toEndpoint(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  to: { readonly endpoint: Endpoint; readonly family: 4 | 6 },
  packet: Packet,
): void {
  const { endpoint, family } = to;
  const network = networkOf(model, endpoint);
  if (network === undefined) return;
  const owner = lookup(model).workload.get(endpoint.workloadId);
  if (owner?.state === 'stopped') trace.block('network', 'stopped', 'host-unreachable', `${owner.name} is not running`, originsOf(owner));
  else travel(model, world, trace, from, endpoint, network, packet);
  const address = (family === 4 ? endpoint.ipv4 : endpoint.ipv6)?.value.split('/')[0];
  arriveAt(model, trace, from, endpoint, address, family, packet);
}

function arriveAt(
  model: Model,
  trace: Trace,
  from: Origination,
  endpoint: Endpoint,
  address: string | undefined,
  family: 4 | 6,
  packet: Packet,
): void {
  if (from.namespaceId !== endpoint.namespaceId && hostPortMistaken(model, trace, endpoint, packet)) return;
  arrive(model, trace, {
    namespaceId: endpoint.namespaceId,
    to: { address },
    family,
    port: packet.port,
    transport: packet.transport,
    closed: 'refused',
  });
}

/** The dialled port is one that the host publishes, while the container itself listens on another. */
function hostPortMistaken(model: Model, trace: Trace, endpoint: Endpoint, packet: Packet): boolean {
  const tables = lookup(model);
  const own = tables.publicationsOf.get(endpoint.namespaceId) ?? [];
  const published = own.find((publication) => publication.hostPort === packet.port && publication.transport === packet.transport);
  if (
    published === undefined ||
    own.some((publication) => publication.containerPort === packet.port && publication.transport === packet.transport)
  )
    return false;
  const listeners = tables.listenersIn.get(endpoint.namespaceId) ?? [];
  if (listeners.some((listener) => listener.port === packet.port && listener.transport === packet.transport)) return false;
  const name = tables.workload.get(endpoint.workloadId)?.name ?? endpoint.workloadId;
  if (tables.namespace.get(endpoint.namespaceId)?.listenersComplete !== true)
    trace.assumptions.push(`${name} does not listen on ${packet.port} besides ${published.containerPort}`);
  trace.block(
    'listener',
    'host-port-is-not-container-port',
    'refused',
    `${packet.port} is the port on the host; inside the network ${name} is reached on ${published.containerPort}`,
    [published.hostPortOrigin ?? published.origin],
  );
  return true;
}

function travel(model: Model, world: World, trace: Trace, from: Origination, endpoint: Endpoint, network: Network, packet: Packet): void {
  if (from.namespaceId === endpoint.namespaceId) return trace.pass('network', `the address is ${from.label}'s own`);
  if (from.kind === 'host') return hostToEndpoint(world, trace, from, endpoint, network);
  if (from.kind === 'remote') return remoteToEndpoint(model, world, trace, from, endpoint, network, packet);
  const shared = from.endpoints.find((own) => own.networkId === endpoint.networkId);
  if (shared !== undefined) return acrossOneNetwork(model, trace, from, shared, endpoint, network, packet);
  if (!hasWayOut(model, world, trace, from, network.id)) return;
  acrossBridges(model, world, trace, from, endpoint, network, packet);
}

function acrossOneNetwork(
  model: Model,
  trace: Trace,
  from: Origination,
  own: Endpoint,
  endpoint: Endpoint,
  network: Network,
  packet: Packet,
): void {
  const target = lookup(model).workload.get(endpoint.workloadId)?.name ?? endpoint.workloadId;
  trace.pass('network', `${from.label} and ${target} are both on ${network.id}`, [own.origin, endpoint.origin]);
  if (network.icc.value || network.driver !== 'bridge') return;
  if (linkOpens(model, from, endpoint, packet))
    return trace.pass('firewall', `a link opens ${packet.port}/${packet.transport} of ${target} to ${from.label}`);
  trace.block('firewall', 'icc-disabled', 'timeout', `${network.id} drops packets between its containers (enable_icc=false)`, [
    network.icc.origin,
  ]);
}

/** `--link` opens the exposed ports of its target when icc is off (moby: TestLegacyLink). */
function linkOpens(model: Model, from: Origination, endpoint: Endpoint, packet: Packet): boolean {
  const target = lookup(model).workload.get(endpoint.workloadId);
  if (target === undefined) return false;
  const linked = from.workload?.legacyLinks.some((link) => [target.id, target.name, target.containerName].includes(link.target)) ?? false;
  const ports = [
    ...target.exposed.map(({ port, transport }) => ({ port, transport })),
    ...(lookup(model).publicationsOf.get(target.namespaceId) ?? []).map((publication) => ({
      port: publication.containerPort,
      transport: publication.transport,
    })),
  ];
  return linked && ports.some((exposed) => exposed.port === packet.port && exposed.transport === packet.transport);
}

/** From one bridge to a container's own address on another: dropped, but for the gateway modes that exist to allow it. */
function acrossBridges(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  endpoint: Endpoint,
  network: Network,
  packet: Packet,
): void {
  const target = lookup(model).workload.get(endpoint.workloadId)?.name ?? endpoint.workloadId;
  if (network.driver !== 'bridge') {
    trace.unknown(
      'route',
      'external-destination',
      'timeout',
      `${target} is on ${network.id} (${network.driver}), which ${from.label} is not attached to`,
      `how ${network.id} is connected to the other networks of the host`,
      originsOf(network),
    );
    return;
  }
  const mode = network.gatewayMode4.value;
  if (network.internal === undefined && mode === 'nat-unprotected' && world.since('28'))
    return trace.pass('firewall', `${network.id} lets every port in (gateway mode nat-unprotected)`, [network.gatewayMode4.origin]);
  if (network.internal === undefined && mode === 'routed' && world.since('27') && isPublished(model, endpoint, packet))
    return trace.pass('firewall', `${network.id} lets published ports in (gateway mode routed)`, [network.gatewayMode4.origin]);
  const origins = [...from.endpoints.map((own) => own.origin), endpoint.origin];
  trace.block(
    'firewall',
    'isolated-bridges',
    'timeout',
    `${from.label} and ${target} share no network, and the engine drops packets from one bridge to another`,
    origins,
  );
}

function isPublished(model: Model, endpoint: Endpoint, packet: Packet): boolean {
  return (lookup(model).publicationsOf.get(endpoint.namespaceId) ?? []).some(
    (publication) => publication.containerPort === packet.port && publication.transport === packet.transport,
  );
}

function hostToEndpoint(world: World, trace: Trace, from: Origination, endpoint: Endpoint, network: Network): void {
  const isProcess = from.workload === undefined;
  if (network.driver === 'macvlan' || network.driver === 'ipvlan')
    return trace.block(
      'network',
      'macvlan-host',
      'host-unreachable',
      `the kernel keeps ${network.driver} containers and their own host apart`,
      originsOf(network),
    );
  if (network.driver !== 'bridge') {
    trace.unknown(
      'route',
      'external-destination',
      'timeout',
      `${network.id} (${network.driver}) has no interface on the host`,
      `how the host is connected to ${network.id}`,
      originsOf(network),
    );
    return;
  }
  if (isProcess && world.platform === 'desktop')
    return trace.block(
      'route',
      'desktop-no-route',
      'timeout',
      "Docker Desktop's containers have no address that the machine can reach; publish the port",
      originsOf(endpoint),
    );
  if (isProcess && world.rootless)
    return trace.block(
      'route',
      'rootless-no-route',
      'timeout',
      "a rootless engine's containers have no address that the host can reach; publish the port",
      originsOf(endpoint),
    );
  if (network.gatewayMode4.value === 'isolated' && network.internal !== undefined && world.since('28'))
    return trace.block(
      'route',
      'gateway-isolated',
      'network-unreachable',
      `the host has no address on ${network.id} (gateway mode isolated)`,
      [network.gatewayMode4.origin],
    );
  trace.pass('network', `the host is on ${network.id} as its gateway`, originsOf(network));
}

function remoteToEndpoint(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  endpoint: Endpoint,
  network: Network,
  packet: Packet,
): void {
  const origins = originsOf(endpoint);
  if (network.driver === 'macvlan' || network.driver === 'ipvlan')
    return trace.pass('network', `${network.id} puts its containers on the host's own network`, originsOf(network));
  if (!from.routed)
    return trace.block(
      'route',
      'direct-routing-blocked',
      'timeout',
      "a container's address is known on its own host only; other machines have no route to it",
      origins,
    );
  const mode = network.gatewayMode4.value;
  const published = isPublished(model, endpoint, packet);
  if (mode === 'routed' && world.since('27') && published)
    return trace.pass('firewall', `${network.id} lets published ports in (gateway mode routed)`, [network.gatewayMode4.origin]);
  if (mode === 'nat-unprotected' && world.since('28'))
    return trace.pass('firewall', `${network.id} lets every port in (gateway mode nat-unprotected)`, [network.gatewayMode4.origin]);
  if (mode !== 'routed' && published && !world.since('28') && network.internal === undefined)
    return trace.pass('firewall', 'engines before 28 let packets for a published port in, also when they come by the container address');
  const why =
    published && mode !== 'routed'
      ? 'engines since 28 drop packets that come for a container address from outside'
      : `${packet.port}/${packet.transport} is not published, so packets from outside are dropped`;
  trace.block('firewall', 'direct-routing-blocked', 'timeout', why, origins);
}
