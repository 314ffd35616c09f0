/** From one namespace to a container's own address: over a shared network, between bridges, from the host, from outside. */
import { lookup } from '../network/lookup.ts';
import type { Endpoint, Network } from '../network/model.ts';
import type { Journey } from './journey.ts';
import { hasWayOut, isL2, isPublished, ownerOf, show } from './journey.ts';
import { gatewayEndpoint, originsOf } from './place.ts';

export function travel(journey: Journey, endpoint: Endpoint, network: Network, family: 4 | 6): void {
  const { trace, from } = journey;
  if (from.namespaceId === endpoint.namespaceId) return trace.pass('network', `the address is ${from.label}'s own`);
  if (from.kind === 'host') return fromHost(journey, endpoint, network);
  if (from.kind === 'remote') return fromRemote(journey, endpoint, network, family);
  const shared = from.endpoints.find((own) => own.networkId === endpoint.networkId);
  if (shared !== undefined) return overSharedNetwork(journey, shared, endpoint, network);
  if (hasWayOut(journey, network.id)) betweenBridges(journey, endpoint, network, family);
}

function overSharedNetwork(journey: Journey, own: Endpoint, endpoint: Endpoint, network: Network): void {
  const { model, trace, from } = journey;
  const target = ownerOf(model, endpoint);
  trace.pass('network', `${from.label} and ${target} are both on ${network.id}`, [own.origin, endpoint.origin]);
  if (network.icc.value || network.driver !== 'bridge') return;
  if (linkOpens(journey, endpoint)) return trace.pass('firewall', `a link opens ${show(journey)} of ${target} to ${from.label}`);
  const text = `${network.id} drops packets between its containers (enable_icc=false)`;
  trace.block('firewall', 'icc-disabled', 'timeout', text, [network.icc.origin]);
}

/** `--link` opens the exposed and published ports of its target when icc is off (moby: TestLegacyLink). */
function linkOpens(journey: Journey, endpoint: Endpoint): boolean {
  const { model, from, port, transport } = journey;
  const target = lookup(model).workload.get(endpoint.workloadId);
  if (target === undefined) return false;
  const linked = from.workload?.legacyLinks.some((link) => [target.id, target.name, target.containerName].includes(link.target)) ?? false;
  return (
    linked && (isPublished(journey, endpoint) || target.exposed.some((exposed) => exposed.port === port && exposed.transport === transport))
  );
}

/** Dropped, but for the gateway modes that exist to allow it, and for IPv6 where the engine writes no rules for it. */
function betweenBridges(journey: Journey, endpoint: Endpoint, network: Network, family: 4 | 6): void {
  const { model, trace, from } = journey;
  const target = ownerOf(model, endpoint);
  if (isL2(network.driver)) {
    const text = `${target} is on ${network.id}, and the kernel keeps ${network.driver} containers and their own host apart`;
    return trace.block('network', 'macvlan-host', 'host-unreachable', text, originsOf(network));
  }
  if (network.driver !== 'bridge') {
    const text = `${target} is on ${network.id} (${network.driver}), which ${from.label} is not attached to`;
    const missing = `how ${network.id} is connected to the other networks of the host`;
    return trace.unknown('route', 'external-destination', 'timeout', text, missing, originsOf(network));
  }
  if (network.internal === undefined && opens(journey, endpoint, network, family, '29')) return;
  const text = `${from.label} and ${target} share no network, and the engine drops packets from one bridge to another`;
  trace.block('firewall', 'isolated-bridges', 'timeout', text, [...from.endpoints.map((own) => own.origin), endpoint.origin]);
}

/**
 * Gateway modes that let packets for the container's own address in. `unprotectedSince`: between bridges the
 * isolation rules of 28 stand before nat-unprotected (measured on 28.5).
 */
function opens(journey: Journey, endpoint: Endpoint, network: Network, family: 4 | 6, unprotectedSince: '28' | '29'): boolean {
  const { world, trace } = journey;
  const mode = family === 4 ? network.gatewayMode4 : network.gatewayMode6;
  if (family === 6 && !world.ip6tables) trace.pass('firewall', 'the engine writes no IPv6 firewall rules (ip6tables)');
  else if (mode.value === 'nat-unprotected' && world.since(unprotectedSince))
    trace.pass('firewall', `${network.id} lets every port in (gateway mode nat-unprotected)`, [mode.origin]);
  else if (mode.value === 'routed' && isPublished(journey, endpoint) && world.since('27'))
    trace.pass('firewall', `${network.id} lets published ports in (gateway mode routed)`, [mode.origin]);
  else return false;
  return true;
}

function fromHost({ world, trace, from }: Journey, endpoint: Endpoint, network: Network): void {
  if (isL2(network.driver)) {
    const text = `the kernel keeps ${network.driver} containers and their own host apart`;
    return trace.block('network', 'macvlan-host', 'host-unreachable', text, originsOf(network));
  }
  if (network.driver !== 'bridge') {
    const text = `${network.id} (${network.driver}) has no interface on the host`;
    return trace.unknown(
      'route',
      'external-destination',
      'timeout',
      text,
      `how the host is connected to ${network.id}`,
      originsOf(network),
    );
  }
  // A container in host mode sits in the engine's own machine, wherever that is; a process of the host may not.
  const isProcess = from.workload === undefined;
  if (isProcess && world.platform === 'desktop') {
    const text = "Docker Desktop's containers have no address that the machine can reach; publish the port";
    return trace.block('route', 'desktop-no-route', 'timeout', text, originsOf(endpoint));
  }
  if (isProcess && world.rootless) {
    const text = "a rootless engine's containers have no address that the host can reach; publish the port";
    return trace.block('route', 'rootless-no-route', 'timeout', text, originsOf(endpoint));
  }
  if (network.gatewayMode4.value === 'isolated' && network.internal !== undefined && world.since('28')) {
    const text = `the host has no address on ${network.id} (gateway mode isolated)`;
    return trace.block('route', 'gateway-isolated', 'host-unreachable', text, [network.gatewayMode4.origin]);
  }
  trace.pass('network', `the host is on ${network.id} as its gateway`, originsOf(network));
}

function fromRemote(journey: Journey, endpoint: Endpoint, network: Network, family: 4 | 6): void {
  const { world, trace, from } = journey;
  const blocked = (stage: 'route' | 'firewall', text: string): void =>
    trace.block(stage, 'direct-routing-blocked', 'timeout', text, originsOf(endpoint));
  if (isL2(network.driver)) return trace.pass('network', `${network.id} puts its containers on the host's own network`, originsOf(network));
  if (!from.routed) return blocked('route', "a container's address is known on its own host only; other machines have no route to it");
  if (network.internal !== undefined) return blocked('firewall', `${network.id} is internal: nothing from outside gets in`);
  if (opens(journey, endpoint, network, family, '28')) return;
  if (!isOpenPort(journey, endpoint, network))
    return blocked('firewall', `${show(journey)} is not published, so packets from outside are dropped`);
  if (world.since('28')) return blocked('firewall', 'engines since 28 drop packets that come for a container address from outside');
  trace.pass('firewall', 'engines before 28 let packets for a published port in, also when they come by the container address');
}

/** A published port is open on the network that publishes it, which is the gateway's. */
function isOpenPort(journey: Journey, endpoint: Endpoint, network: Network): boolean {
  const { model, world } = journey;
  const gateway = gatewayEndpoint(model, world, lookup(model).endpointsOf.get(endpoint.namespaceId) ?? []);
  return network.gatewayMode4.value === 'nat' && gateway?.networkId === endpoint.networkId && isPublished(journey, endpoint);
}
