/**
 * Packets for an address of the Docker host: published ports (NAT rules and docker-proxy) and the host's own services.
 *
 * Measured on engines 20.10, 26.1 and 28.5 (lab/truth-table): with the userland proxy, what a container sends to a
 * published port goes through docker-proxy, so the host's INPUT rules apply and a dead backend shows as a reset;
 * what the host sends to another address than 127.0.0.1, and what comes from outside, is translated and shows as refused.
 */

import { lookup } from '../network/lookup.ts';
import type { Endpoint, Network } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { explainAbsence } from './absence.ts';
import type { Journey } from './journey.ts';
import { hasFamily, hasWayOut, isL2 } from './journey.ts';
import { arrive } from './listen.ts';
import { defaultRoute, networkOf, originsOf } from './place.ts';
import type { ActivePublication, HostAddress, Idle } from './publish.ts';
import { activate, bindsOneAddress, covers, publicationsOn } from './publish.ts';

export interface HostTarget extends HostAddress {
  readonly label: string;
  /** The bridge whose gateway address was dialled, if it was one. */
  readonly network: Network | undefined;
}

export function throughHost(journey: Journey, to: HostTarget): void {
  const { model, world, trace, from, port, transport } = journey;
  const found = publicationsOn(model, port, transport).map((publication) => activate(model, world, publication));
  const active = found.filter((candidate): candidate is ActivePublication => 'network' in candidate);
  const hit = active.find((candidate) => covers(candidate, to));
  if (!reachesHost(journey, to, hit)) return;
  if (hit !== undefined) return throughPublication(journey, to, hit);
  if (from.kind === 'container' && world.rootless) {
    const text = "a rootless engine's containers do not see the services of the real host";
    trace.block('nat', 'rootless-host-loopback', 'refused', text, originsOf(from.workload));
  } else hostFirewall(journey);
  toHostService(journey, to, active, found);
}

/** Whether the packet gets as far as the host's address; internal networks reach only their own gateway. */
function reachesHost(journey: Journey, to: HostTarget, hit: ActivePublication | undefined): boolean {
  const { model, trace, from } = journey;
  if (from.kind === 'host' || from.kind === 'remote') return true;
  if (!hasFamily(journey, to.family, to.label)) return false;
  const leaving = egress(journey, to);
  const network = leaving === undefined ? undefined : networkOf(model, leaving);
  if (network !== undefined && isL2(network.driver)) {
    const text = `${from.label} is on ${network.id}, and the kernel keeps ${network.driver} containers and their own host apart`;
    trace.block('network', 'macvlan-host', 'host-unreachable', text, originsOf(network));
    return false;
  }
  if (network !== undefined && network.internal === undefined) {
    trace.pass('route', `${from.label} reaches ${to.label} through its gateway`);
    return true;
  }
  return fromInternal(journey, to, hit);
}

function fromInternal(journey: Journey, to: HostTarget, hit: ActivePublication | undefined): boolean {
  const { model, world, trace, from } = journey;
  const own = from.endpoints.find((endpoint) => endpoint.networkId === to.network?.id);
  const internal = from.endpoints.map((endpoint) => networkOf(model, endpoint)?.internal).find((origin) => origin !== undefined);
  if (own === undefined && (from.endpoints.length === 0 || world.since('26'))) return hasWayOut(journey, to.label);
  if (own !== undefined && to.network?.gatewayMode4.value === 'isolated' && world.since('28')) {
    const text = `the host has no address on ${to.network.id} (gateway mode isolated)`;
    trace.block('route', 'gateway-isolated', 'host-unreachable', text, [to.network.gatewayMode4.origin]);
    return false;
  }
  if (hit !== undefined && hit.endpoint.networkId !== to.network?.id) {
    const text = `${from.label} sends to ${to.label} over an internal network, from which the published ports of other networks cannot be reached`;
    trace.block('firewall', 'no-route-internal', 'timeout', text, internal === undefined ? [] : [internal]);
    return false;
  }
  trace.pass('route', `${to.label} is the gateway of a network of ${from.label}`);
  return true;
}

/** The host's INPUT chain, for what a container sends to the host itself or to docker-proxy. */
function hostFirewall({ world, trace, from }: Journey): void {
  if (from.kind !== 'container') return;
  const origins = originsOf(from.endpoints[0]);
  switch (world.hostFirewall) {
    case 'open':
      return trace.pass('firewall', "the host's firewall admits the container's subnet");
    case 'drop':
      return trace.block(
        'firewall',
        'host-firewall-drop',
        'timeout',
        "the host's firewall drops what comes from the container's subnet",
        origins,
      );
    case 'reject':
      return trace.block(
        'firewall',
        'host-firewall-reject',
        'refused',
        "the host's firewall rejects what comes from the container's subnet",
        origins,
      );
    case 'reject-prohibited':
      return trace.block(
        'firewall',
        'host-firewall-reject',
        'host-unreachable',
        "the host's firewall prohibits what comes from the container's subnet",
        origins,
      );
  }
}

function throughPublication(journey: Journey, to: HostTarget, hit: ActivePublication): void {
  const { model, trace, from, port, transport } = journey;
  const { publication, endpoint, network } = hit;
  const name = lookup(model).workload.get(publication.workloadId)?.name ?? publication.workloadId;
  const way = wayIn(journey, to, hit);
  if (way === 'proxy' && from.kind === 'container') hostFirewall(journey);
  if (way === 'dropped') dropped(journey, to, hit);
  else if (way === 'no-ipv6') {
    const text = `${port} is published on IPv4 only: without docker-proxy nothing carries IPv6 to ${name}`;
    trace.block('nat', 'ipv6-missing', 'refused', text, [publication.origin]);
  } else {
    const how = way === 'proxy' ? 'docker-proxy passes' : 'the engine translates';
    trace.pass('nat', `${how} host port ${port} to ${name}:${publication.containerPort}`, [publication.origin]);
  }
  trace.translated = `${name}:${publication.containerPort}`;
  const closed = way !== 'proxy' ? 'refused' : transport === 'tcp' ? 'reset' : 'timeout';
  const family = to.family === 6 && network.ipv6 ? 6 : 4;
  const address = (family === 4 ? endpoint.ipv4 : endpoint.ipv6)?.value.split('/')[0];
  arrive(model, trace, { namespaceId: endpoint.namespaceId, to: { address }, family, port: publication.containerPort, transport, closed });
}

type WayIn = 'proxy' | 'translated' | 'dropped' | 'no-ipv6';

function wayIn(journey: Journey, to: HostTarget, hit: ActivePublication): WayIn {
  const { world, from, transport } = journey;
  // Without IPv6 of its own, or without rules for it, a published port is carried over IPv6 by docker-proxy alone.
  const byProxyOnly = to.family === 6 && (!hit.network.ipv6 || !world.ip6tables);
  if (byProxyOnly) return world.userlandProxy ? 'proxy' : 'no-ipv6';
  if (from.kind === 'remote') return 'translated';
  if (from.kind === 'host') return to.loopback && world.userlandProxy ? 'proxy' : 'translated';
  const sameBridge = egress(journey, to)?.networkId === hit.network.id;
  if (!world.userlandProxy) {
    if (sameBridge) return hit.network.icc.value ? 'translated' : 'dropped';
    return world.since('29') ? 'translated' : 'dropped';
  }
  // On a socket for all addresses, docker-proxy answers from the gateway address of the client's bridge; a UDP client
  // takes that only if it dialled it.
  if (transport === 'udp' && !bindsOneAddress(hit) && !dialsOwnGateway(journey, to) && !world.since('28')) return 'dropped';
  return !sameBridge && world.since('29') ? 'translated' : 'proxy';
}

function dialsOwnGateway({ from }: Journey, to: HostTarget): boolean {
  return from.endpoints.some((endpoint) => endpoint.networkId === to.network?.id);
}

/** The attachment over which a container sends to the host: the one whose gateway is dialled, else the default route's. */
function egress({ model, world, from }: Journey, to: HostTarget): Endpoint | undefined {
  return from.endpoints.find((endpoint) => endpoint.networkId === to.network?.id) ?? defaultRoute(model, world, from.endpoints);
}

function dropped(journey: Journey, to: HostTarget, { publication, network }: ActivePublication): void {
  const { world, trace, from, transport } = journey;
  const origins = [publication.origin, ...originsOf(from.endpoints[0])];
  if (world.userlandProxy && transport === 'udp') {
    const text = 'engines before 28 do not carry UDP from a container to a published port';
    return trace.block('nat', 'udp-published-other-network', 'timeout', text, origins);
  }
  if (egress(journey, to)?.networkId === network.id) {
    const text = `${network.id} drops packets between its containers (enable_icc=false)`;
    return trace.block('firewall', 'icc-disabled', 'timeout', text, [network.icc.origin]);
  }
  const text = `without the userland proxy, a published port cannot be reached from the containers of other networks than ${network.id}`;
  trace.block('firewall', 'userland-proxy-off-other-network', 'timeout', text, origins);
}

function toHostService(
  journey: Journey,
  to: HostTarget,
  active: readonly ActivePublication[],
  found: readonly (ActivePublication | Idle)[],
): void {
  const { model, trace, from, port, transport } = journey;
  const listeners = lookup(model).listenersIn.get(HOST_NAMESPACE) ?? [];
  const known = listeners.some((listener) => listener.port === port && listener.transport === transport);
  if (!known && explainAbsence(journey, to, active, found)) return;
  const address = to.literal ?? to.network?.subnets[0]?.gateway;
  const arrived = arrive(model, trace, {
    namespaceId: HOST_NAMESPACE,
    to: to.loopback ? 'loopback' : { address },
    family: to.family,
    port,
    transport,
    closed: 'refused',
  });
  if (!arrived || transport !== 'udp' || from.kind !== 'container') return;
  if (dialsOwnGateway(journey, to)) return;
  const text =
    "the host answers UDP from the gateway address of the client's own bridge, which a connected client does not take for an answer";
  trace.block('nat', 'udp-reply-source', 'timeout', text);
}
