import { contains, isLoopback, isUnspecified, parseAddress, parseCidr, sameAddress } from '../core/address.ts';
import type { Origin } from '../core/origin.ts';
import { lookup } from '../network/lookup.ts';
import type { Endpoint, Model, Namespace, Network, Workload } from '../network/model.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE } from '../network/model.ts';
import type { World } from './worlds.ts';

/** Where a packet starts: a namespace, or a machine outside. */
export interface Origination {
  readonly kind: 'container' | 'host' | 'none' | 'remote';
  readonly namespaceId: string | undefined;
  /** The workload that dials; undefined for a process of the host itself and for remote machines. */
  readonly workload: Workload | undefined;
  /** As it is called in sentences. */
  readonly label: string;
  readonly endpoints: readonly Endpoint[];
  /** Remote: has a route to the containers' subnets through the host. */
  readonly routed: boolean;
}

/** Where a packet is meant to go, once names are out of the way. */
export type Destination =
  | { readonly kind: 'self'; readonly family: 4 | 6; readonly address: string }
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint; readonly family: 4 | 6 }
  /** An address of the Docker host; `network` when it is that bridge's gateway address. */
  | {
      readonly kind: 'host';
      readonly family: 4 | 6;
      readonly label: string;
      readonly address?: string;
      readonly network?: Network;
      readonly desktop?: boolean;
    }
  | { readonly kind: 'vacant'; readonly address: string; readonly network: Network }
  /** Another machine of the host's network, described in the model. */
  | { readonly kind: 'machine'; readonly namespaceId: string; readonly address: string; readonly family: 4 | 6 }
  | { readonly kind: 'external'; readonly label: string };

export function isGatewayOf(network: Network, address: string): boolean {
  const ip = parseAddress(address);
  if (ip === undefined) return false;
  return network.subnets.some((subnet) => {
    const gateway = gatewayAddress(subnet.gateway, subnet.cidr);
    return gateway !== undefined && sameAddress(gateway, ip);
  });
}

/** The declared gateway, or the first address of the subnet, which is what the engine's IPAM takes. */
export function gatewayAddress(gateway: string | undefined, cidrText: string) {
  if (gateway !== undefined) return parseAddress(gateway);
  const cidr = parseCidr(cidrText);
  return cidr === undefined ? undefined : { family: cidr.base.family, bits: cidr.base.bits + 1n };
}

/** What an IP literal, or an `addressOf(…)`, stands for. */
export function locate(model: Model, world: World, host: string): Destination {
  if (host.startsWith('@')) return symbolic(model, host.slice(1));
  const address = parseAddress(host);
  if (address === undefined) return { kind: 'external', label: host };
  const { family } = address;
  if (isLoopback(address) || isUnspecified(address)) return { kind: 'self', family, address: host };
  const endpoint = model.endpoints.find((candidate) =>
    [candidate.ipv4, candidate.ipv6].some((ip) => ip !== undefined && equal(ip.value, host)),
  );
  if (endpoint !== undefined) return { kind: 'endpoint', endpoint, family };
  if (world.environment.hostAddresses.some((own) => equal(own, host)))
    return { kind: 'host', family, label: `the host (${host})`, address: host };
  const gateway = model.networks.find((network) => network.driver === 'bridge' && isGatewayOf(network, host));
  if (gateway !== undefined)
    return { kind: 'host', family, label: `the host (${host}, gateway of ${gateway.id})`, address: host, network: gateway };
  const machine = model.namespaces.find((namespace) => namespace.addresses?.some((own) => equal(own, host)));
  if (machine !== undefined) return { kind: 'machine', namespaceId: machine.id, address: host, family };
  const network = model.networks.find((candidate) =>
    candidate.subnets.some((subnet) => {
      const cidr = parseCidr(subnet.cidr);
      return cidr !== undefined && contains(cidr, address);
    }),
  );
  if (network !== undefined) return { kind: 'vacant', address: host, network };
  return { kind: 'external', label: host };
}

function equal(a: string, b: string): boolean {
  const left = parseAddress(a.split('/')[0] ?? '');
  const right = parseAddress(b);
  return left !== undefined && right !== undefined && sameAddress(left, right);
}

function symbolic(model: Model, id: string): Destination {
  if (id === 'host') return { kind: 'host', family: 4, label: 'the host' };
  const { endpoint, network } = lookup(model);
  const gateway = id.startsWith('gateway:') ? network.get(id.slice('gateway:'.length)) : undefined;
  if (gateway !== undefined) return { kind: 'host', family: 4, label: `the host (gateway of ${gateway.id})`, network: gateway };
  const found = endpoint.get(id);
  if (found === undefined) return { kind: 'external', label: `@${id}` };
  const network_ = network.get(found.networkId);
  return { kind: 'endpoint', endpoint: found, family: network_?.ipv4 === false ? 6 : 4 };
}

export function networkOf(model: Model, endpoint: Endpoint): Network | undefined {
  return lookup(model).network.get(endpoint.networkId);
}

export function isUserDefined(network: Network): boolean {
  return network.id !== DEFAULT_BRIDGE;
}

/** As people call what sits in a namespace. */
export function namespaceLabel(model: Model, namespace: Namespace | undefined): string {
  if (namespace === undefined) return 'an unknown place';
  if (namespace.id === HOST_NAMESPACE) return 'the host';
  if (namespace.kind === 'machine') return namespace.addresses?.[0] ?? namespace.id;
  return lookup(model).members.get(namespace.id)?.[0]?.name ?? namespace.id;
}

/**
 * The endpoint that holds the default route and the published ports: higher gw-priority first (since engine 28), then
 * networks that are not internal, then both families before one, then the network's name in lexicographic order
 * (libnetwork sandbox.go, Less).
 */
export function gatewayEndpoint(model: Model, world: World, endpoints: readonly Endpoint[]): Endpoint | undefined {
  const byPriority = endpoints.some((endpoint) => endpoint.gatewayPriority !== 0) && endpoints.length > 1 && world.since('28');
  const rank = (endpoint: Endpoint): readonly [number, number, number, string] => {
    const network = networkOf(model, endpoint);
    return [
      byPriority ? -endpoint.gatewayPriority : 0,
      network?.internal === undefined ? 0 : 1,
      network?.ipv4 === true && network.ipv6 ? 0 : 1,
      network?.id ?? '',
    ];
  };
  return [...endpoints].sort((a, b) => compare(rank(a), rank(b)))[0];
}

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? left;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** The endpoint that leads out of the namespace; undefined when all of its networks are internal. */
export function defaultRoute(model: Model, world: World, endpoints: readonly Endpoint[]): Endpoint | undefined {
  const gateway = gatewayEndpoint(model, world, endpoints);
  if (gateway === undefined) return undefined;
  return networkOf(model, gateway)?.internal === undefined ? gateway : undefined;
}

export function originsOf(...items: readonly ({ readonly origin: Origin } | undefined)[]): readonly Origin[] {
  return items.flatMap((item) => (item === undefined ? [] : [item.origin]));
}

/** Whether the namespace has an IPv6 address beside loopback. */
export function hasIpv6(model: Model, from: Origination): boolean {
  return from.kind !== 'container' || from.endpoints.some((endpoint) => networkOf(model, endpoint)?.ipv6 === true);
}
