import { lookup } from '../network/lookup.ts';
import type { Endpoint, Model, Transport } from '../network/model.ts';
import type { Origination } from './place.ts';
import { defaultRoute, networkOf, originsOf } from './place.ts';
import type { Trace } from './trace.ts';
import type { World } from './worlds.ts';

/** One packet on its way: where it starts, what it is, the world it travels in, and the steps so far. */
export interface Journey {
  readonly model: Model;
  readonly world: World;
  readonly trace: Trace;
  readonly from: Origination;
  readonly port: number;
  readonly transport: Transport;
}

export const show = ({ port, transport }: Journey): string => `${port}/${transport}`;

/** A route out of the namespace; writes the obstacle when there is none. */
export function hasWayOut({ model, world, trace, from }: Journey, label: string): boolean {
  if (from.kind === 'host' || from.kind === 'remote') return true;
  if (from.kind === 'none' || from.endpoints.length === 0) {
    const text = `${from.label} has no network interface but loopback`;
    trace.block('route', 'no-route-none', 'network-unreachable', text, originsOf(from.workload?.networkMode));
    return false;
  }
  if (defaultRoute(model, world, from.endpoints) !== undefined) return true;
  const internal = from.endpoints.map((endpoint) => networkOf(model, endpoint)).find((network) => network?.internal !== undefined);
  // Until 26 an internal network had a default route, and what took it was dropped.
  const symptom = world.since('26') ? 'network-unreachable' : 'timeout';
  const text = `${from.label} is only on internal networks (${internal?.id ?? ''}) and has no way to ${label}`;
  trace.block('route', 'no-route-internal', symptom, text, internal?.internal === undefined ? [] : [internal.internal]);
  return false;
}

/** An IPv6 destination needs an IPv6 address to leave from. */
export function hasFamily({ model, trace, from }: Journey, family: 4 | 6, label: string): boolean {
  if (family === 4 || from.kind !== 'container' || from.endpoints.some((endpoint) => networkOf(model, endpoint)?.ipv6 === true))
    return true;
  trace.block(
    'route',
    'ipv6-missing',
    'network-unreachable',
    `${from.label} has no IPv6 address to reach ${label} from`,
    originsOf(from.endpoints[0]),
  );
  return false;
}

export function isPublished({ model, port, transport }: Journey, endpoint: Endpoint): boolean {
  const own = lookup(model).publicationsOf.get(endpoint.namespaceId) ?? [];
  return own.some((publication) => publication.containerPort === port && publication.transport === transport);
}

export function ownerOf(model: Model, endpoint: Endpoint): string {
  return lookup(model).workload.get(endpoint.workloadId)?.name ?? endpoint.workloadId;
}

export function isL2(driver: string): boolean {
  return driver === 'macvlan' || driver === 'ipvlan';
}
