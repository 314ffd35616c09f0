/**
 * Packets for an address of the Docker host: published ports (NAT rules and docker-proxy) and the host's own services.
 *
 * Measured on engines 20.10, 26.1 and 28.5 (lab/truth-table): with the userland proxy, what a container sends to a
 * published port goes through docker-proxy, so the host's INPUT rules apply and a dead backend shows as a reset;
 * what the host sends to another address than 127.0.0.1, and what comes from outside, is translated and shows as refused.
 */
import { lookup } from '../network/lookup.ts';
import type { Model, Network } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { arrive } from './listen.ts';
import type { Packet } from './path.ts';
import type { Origination } from './place.ts';
import { defaultRoute, networkOf, originsOf } from './place.ts';
import type { ActivePublication, HostAddress, Idle } from './publish.ts';
import { activate, covers, publicationsOn } from './publish.ts';
import type { Trace } from './trace.ts';
import type { World } from './worlds.ts';

export interface HostTarget extends HostAddress {
  readonly label: string;
  /** The bridge whose gateway address was dialled, if it was one. */
  readonly network: Network | undefined;
}

export function throughHost(model: Model, world: World, trace: Trace, from: Origination, to: HostTarget, packet: Packet): void {
  const found = publicationsOn(model, packet.port, packet.transport).map((publication) => activate(model, world, publication));
  const active = found.filter((candidate): candidate is ActivePublication => 'network' in candidate);
  const hit = active.find((candidate) => covers(candidate, to));
  if (!reachesHost(model, world, trace, from, to, hit)) return;
  if (hit !== undefined) return throughPublication(model, world, trace, from, to, hit, packet);
  if (world.rootless && from.kind === 'container')
    trace.block(
      'nat',
      'rootless-host-loopback',
      'refused',
      "a rootless engine's containers do not see the services of the real host",
      originsOf(from.workload),
    );
  else hostFirewall(world, trace, from);
  toHostService(model, trace, from, to, packet, active, found);
}

/** Whether the packet gets as far as the host's address; internal networks reach only their own gateway. */
function reachesHost(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  to: HostTarget,
  hit: ActivePublication | undefined,
): boolean {
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
  if (defaultRoute(model, world, from.endpoints) !== undefined) {
    trace.pass('route', `${from.label} reaches ${to.label} through its gateway`);
    return true;
  }
  return fromInternal(model, world, trace, from, to, hit);
}

function fromInternal(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  to: HostTarget,
  hit: ActivePublication | undefined,
): boolean {
  const own = from.endpoints.find((endpoint) => endpoint.networkId === to.network?.id);
  const network = from.endpoints.map((endpoint) => networkOf(model, endpoint))[0];
  const origins = network?.internal === undefined ? [] : [network.internal];
  if (own === undefined && world.since('26')) {
    trace.block(
      'route',
      'no-route-internal',
      'network-unreachable',
      `${from.label} is only on internal networks and has no way to ${to.label}`,
      origins,
    );
    return false;
  }
  if (own !== undefined && to.network?.gatewayMode4.value === 'isolated' && world.since('28')) {
    trace.block('route', 'gateway-isolated', 'host-unreachable', `the host has no address on ${to.network.id} (gateway mode isolated)`, [
      to.network.gatewayMode4.origin,
    ]);
    return false;
  }
  if (hit !== undefined && hit.endpoint.networkId !== to.network?.id) {
    trace.block(
      'firewall',
      'no-route-internal',
      'timeout',
      `${from.label} is only on internal networks, whose packets to the published ports of other networks are dropped`,
      origins,
    );
    return false;
  }
  trace.pass('route', `${to.label} is the gateway of ${network?.id ?? 'its network'}`);
  return true;
}

/** The host's INPUT chain, for what a container sends to the host itself or to docker-proxy. */
function hostFirewall(world: World, trace: Trace, from: Origination): void {
  if (from.kind !== 'container') return;
  switch (world.hostFirewall) {
    case 'open':
      return trace.pass('firewall', "the host's firewall admits the container's subnet");
    case 'drop':
      return trace.block(
        'firewall',
        'host-firewall-drop',
        'timeout',
        "the host's firewall drops what comes from the container's subnet",
        originsOf(from.endpoints[0]),
      );
    case 'reject':
      return trace.block(
        'firewall',
        'host-firewall-reject',
        'refused',
        "the host's firewall rejects what comes from the container's subnet",
        originsOf(from.endpoints[0]),
      );
    case 'reject-prohibited':
      return trace.block(
        'firewall',
        'host-firewall-reject',
        'host-unreachable',
        "the host's firewall prohibits what comes from the container's subnet",
        originsOf(from.endpoints[0]),
      );
  }
}

function throughPublication(
  model: Model,
  world: World,
  trace: Trace,
  from: Origination,
  to: HostTarget,
  hit: ActivePublication,
  packet: Packet,
): void {
  const { publication, endpoint } = hit;
  const name = lookup(model).workload.get(publication.workloadId)?.name ?? publication.workloadId;
  const way = wayIn(world, from, to, hit, packet);
  if (way === 'proxy' && from.kind === 'container') hostFirewall(world, trace, from);
  if (way === 'dropped') dropped(world, trace, from, hit, packet);
  else if (way === 'no-ipv6')
    trace.block(
      'nat',
      'ipv6-missing',
      'refused',
      `${packet.port} is published on IPv4 only: without docker-proxy nothing carries IPv6 to ${name}`,
      [publication.origin],
    );
  else {
    const how = way === 'proxy' ? 'docker-proxy passes' : 'the engine translates';
    trace.pass('nat', `${how} host port ${packet.port} to ${name}:${publication.containerPort}`, [publication.origin]);
  }
  trace.translated = `${name}:${publication.containerPort}`;
  const closed = way === 'proxy' ? (packet.transport === 'tcp' ? 'reset' : 'timeout') : 'refused';
  const address = endpoint.ipv4?.value.split('/')[0];
  arrive(model, trace, {
    namespaceId: endpoint.namespaceId,
    to: { address },
    family: 4,
    port: publication.containerPort,
    transport: packet.transport,
    closed,
  });
}

type WayIn = 'proxy' | 'translated' | 'dropped' | 'no-ipv6';

function wayIn(world: World, from: Origination, to: HostTarget, hit: ActivePublication, packet: Packet): WayIn {
  if (from.kind === 'remote') return 'translated';
  if (from.kind === 'host') {
    if (!to.loopback) return 'translated';
    if (world.userlandProxy) return 'proxy';
    return to.family === 6 && !hit.network.ipv6 ? 'no-ipv6' : 'translated';
  }
  const sameBridge = from.endpoints.some((endpoint) => endpoint.networkId === hit.network.id);
  if (!world.userlandProxy) {
    if (sameBridge) return hit.network.icc.value || from.namespaceId === hit.endpoint.namespaceId ? 'translated' : 'dropped';
    return world.since('29') ? 'translated' : 'dropped';
  }
  if (packet.transport === 'udp' && !world.since('28')) return 'dropped';
  return !sameBridge && world.since('29') ? 'translated' : 'proxy';
}

function dropped(world: World, trace: Trace, from: Origination, hit: ActivePublication, packet: Packet): void {
  const origins = [hit.publication.origin, ...originsOf(from.endpoints[0])];
  if (world.userlandProxy && packet.transport === 'udp')
    return trace.block(
      'nat',
      'udp-published-other-network',
      'timeout',
      'engines before 28 do not carry UDP from a container to a published port',
      origins,
    );
  if (from.endpoints.some((endpoint) => endpoint.networkId === hit.network.id))
    return trace.block('firewall', 'icc-disabled', 'timeout', `${hit.network.id} drops packets between its containers (enable_icc=false)`, [
      hit.network.icc.origin,
    ]);
  trace.block(
    'firewall',
    'userland-proxy-off-other-network',
    'timeout',
    `without the userland proxy, a published port cannot be reached from the containers of other networks than ${hit.network.id}`,
    origins,
  );
}

function toHostService(
  model: Model,
  trace: Trace,
  from: Origination,
  to: HostTarget,
  packet: Packet,
  active: readonly ActivePublication[],
  found: readonly (ActivePublication | Idle)[],
): void {
  const listeners = lookup(model).listenersIn.get(HOST_NAMESPACE) ?? [];
  const known = listeners.some((listener) => listener.port === packet.port && listener.transport === packet.transport);
  if (!known && explainAbsence(model, trace, to, packet, active, found)) return;
  const address = to.literal ?? to.network?.subnets[0]?.gateway;
  const arrived = arrive(model, trace, {
    namespaceId: HOST_NAMESPACE,
    to: to.loopback ? 'loopback' : { address },
    family: to.family,
    port: packet.port,
    transport: packet.transport,
    closed: 'refused',
  });
  if (!arrived || packet.transport !== 'udp' || from.kind !== 'container') return;
  if (from.endpoints.some((endpoint) => endpoint.networkId === to.network?.id)) return;
  trace.block(
    'nat',
    'udp-reply-source',
    'timeout',
    "the host answers UDP from the gateway address of the client's own bridge, which a connected client does not take for an answer",
  );
}

/** A port that is published, but not for this client; or one that a container has and nobody published. */
function explainAbsence(
  model: Model,
  trace: Trace,
  to: HostTarget,
  packet: Packet,
  active: readonly ActivePublication[],
  found: readonly (ActivePublication | Idle)[],
): boolean {
  const narrow = active[0];
  if (narrow !== undefined) {
    const loopback = narrow.publication.hostIp?.startsWith('127.') === true || narrow.publication.hostIp === '::1';
    trace.block(
      'nat',
      loopback ? 'publish-loopback-only' : 'publish-other-address',
      'refused',
      `host port ${packet.port} is published on ${narrow.publication.hostIp ?? narrow.network.hostBinding4 ?? 'another address'} only, and the client comes to ${to.label}`,
      [narrow.publication.origin],
    );
    return true;
  }
  const idle = found.find((candidate): candidate is Idle => 'why' in candidate);
  if (idle !== undefined) {
    explainIdle(model, trace, idle, packet);
    return true;
  }
  return explainUnpublished(model, trace, packet);
}

function explainIdle(model: Model, trace: Trace, idle: Idle, packet: Packet): void {
  const name = lookup(model).workload.get(idle.publication.workloadId)?.name ?? idle.publication.workloadId;
  const origins = [idle.publication.origin];
  switch (idle.why) {
    case 'host-mode':
      return trace.block(
        'nat',
        'host-mode-discards-ports',
        'refused',
        `${name} uses the host's network, where published ports are discarded`,
        origins,
      );
    case 'internal':
      return trace.block(
        'nat',
        'internal-no-publish',
        'refused',
        `${name} is only on internal networks, where ports are not published`,
        origins,
      );
    case 'routed':
      return trace.block(
        'nat',
        'not-published',
        'refused',
        `${name}'s network is in a gateway mode that maps no ports of the host`,
        origins,
      );
    case 'none':
      return trace.block('nat', 'not-published', 'refused', `${name} has no network that could publish ${packet.port}`, origins);
    case 'stopped':
      return trace.block('nat', 'stopped', 'refused', `${name} is not running, so its ports are not published`, origins);
    default:
      return idle.why satisfies never;
  }
}

function explainUnpublished(model: Model, trace: Trace, packet: Packet): boolean {
  const complete = lookup(model).namespace.get(HOST_NAMESPACE)?.listenersComplete === true;
  const other = model.publications.find(
    (publication) =>
      publication.containerPort === packet.port && publication.transport === packet.transport && publication.namespaceId !== HOST_NAMESPACE,
  );
  const listener = model.listeners.find(
    (candidate) => candidate.port === packet.port && candidate.transport === packet.transport && candidate.namespaceId !== HOST_NAMESPACE,
  );
  const workload = lookup(model).workload.get(other?.workloadId ?? listener?.workloadId ?? '');
  if (workload === undefined) return false;
  if (!complete) trace.assumptions.push(`no process of the host itself listens on ${packet.port}`);
  if (other !== undefined) {
    const published = other.hostPort === undefined ? 'a port that the engine picks at start' : `host port ${other.hostPort}`;
    trace.block(
      'nat',
      'host-port-is-not-container-port',
      'refused',
      `${workload.name}'s port ${packet.port} is published as ${published}, not as ${packet.port}`,
      [other.hostPortOrigin ?? other.origin],
    );
  } else
    trace.block(
      'nat',
      'not-published',
      'refused',
      `${workload.name} listens on ${packet.port}, but does not publish it`,
      originsOf(listener, workload),
    );
  return true;
}
