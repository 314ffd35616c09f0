import { isLoopback, isUnspecified, parseAddress, sameAddress } from '../core/address.ts';
import { lookup } from '../network/lookup.ts';
import type { Endpoint, Model, Network, Publication, Transport } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { gatewayEndpoint, networkOf } from './place.ts';
import type { World } from './worlds.ts';

/** A published port that takes effect, with the endpoint that it leads to. */
export interface ActivePublication {
  readonly publication: Publication;
  readonly endpoint: Endpoint;
  readonly network: Network;
}

export type Idle = { readonly publication: Publication; readonly why: 'host-mode' | 'internal' | 'routed' | 'none' | 'stopped' };

/** Whether a publication has effect, and through which endpoint: only the gateway's network publishes. */
export function activate(model: Model, world: World, publication: Publication): ActivePublication | Idle {
  if (publication.namespaceId === HOST_NAMESPACE) return { publication, why: 'host-mode' };
  const tables = lookup(model);
  if (tables.workload.get(publication.workloadId)?.state === 'stopped') return { publication, why: 'stopped' };
  const endpoint = gatewayEndpoint(model, world, tables.endpointsOf.get(publication.namespaceId) ?? []);
  const network = endpoint === undefined ? undefined : networkOf(model, endpoint);
  if (endpoint === undefined || network === undefined) return { publication, why: 'none' };
  if (network.driver === 'macvlan' || network.driver === 'ipvlan') return { publication, why: 'none' };
  if (network.internal !== undefined) return { publication, why: 'internal' };
  if (network.gatewayMode4.value === 'routed' || network.gatewayMode4.value === 'isolated') return { publication, why: 'routed' };
  return { publication, endpoint, network };
}

export function publicationsOn(model: Model, port: number, transport: Transport): readonly Publication[] {
  return portTable(model).get(`${port}/${transport}`) ?? [];
}

const tables = new WeakMap<Model, ReadonlyMap<string, readonly Publication[]>>();

function portTable(model: Model): ReadonlyMap<string, readonly Publication[]> {
  let table = tables.get(model);
  if (table === undefined) {
    table = Map.groupBy(
      model.publications.filter((publication) => publication.hostPort !== undefined),
      (publication) => `${publication.hostPort}/${publication.transport}`,
    );
    tables.set(model, table);
  }
  return table;
}

/** The address that a publication binds; undefined for all addresses. */
function boundAddress(active: ActivePublication): string | undefined {
  const ip = active.publication.hostIp ?? active.network.hostBinding4;
  const parsed = ip === undefined ? undefined : parseAddress(ip);
  return parsed !== undefined && isUnspecified(parsed) && parsed.family === 4 && active.publication.hostIp === undefined ? undefined : ip;
}

export function bindsOneAddress(active: ActivePublication): boolean {
  const address = parseAddress(boundAddress(active) ?? '');
  return address !== undefined && !isUnspecified(address);
}

/** What the client dialled, as the host's side sees it. */
export interface HostAddress {
  readonly loopback: boolean;
  readonly family: 4 | 6;
  /** Undefined: one of the host's addresses, we do not know which. */
  readonly literal: string | undefined;
}

export function covers(active: ActivePublication, dialled: HostAddress): boolean {
  const bound = boundAddress(active);
  const address = bound === undefined ? undefined : parseAddress(bound);
  if (address === undefined) return true;
  if (isUnspecified(address)) return address.family === dialled.family;
  if (isLoopback(address)) return dialled.loopback && address.family === dialled.family;
  const literal = dialled.literal === undefined ? undefined : parseAddress(dialled.literal);
  return literal !== undefined && sameAddress(literal, address);
}
