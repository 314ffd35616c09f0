import { lookup } from '../network/lookup.ts';
import type { Endpoint, Network } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { travel } from './between.ts';
import { throughHost } from './host-path.ts';
import type { Journey } from './journey.ts';
import { hasFamily, hasWayOut, ownerOf } from './journey.ts';
import { arrive } from './listen.ts';
import type { Destination, Origination } from './place.ts';
import { hasIpv6, networkOf, originsOf } from './place.ts';

/** Follows a packet from its namespace to the socket that takes it, writing a step for each thing on the way. */
export function follow(journey: Journey, to: Destination): void {
  switch (to.kind) {
    case 'self':
      return toSelf(journey, to.family, to.address);
    case 'endpoint':
      return toEndpoint(journey, to.endpoint, to.family);
    case 'host':
      if (to.desktop === true) return toDesktopHost(journey);
      return throughHost(journey, { loopback: false, family: to.family, literal: to.address, label: to.label, network: to.network });
    case 'vacant':
      return toVacant(journey, to.address, to.network);
    case 'machine':
      return toMachine(journey, to);
    case 'external':
      return toExternal(journey, to.label);
    default:
      return to satisfies never;
  }
}

function toSelf(journey: Journey, family: 4 | 6, address: string): void {
  const { model, world, trace, from, port, transport } = journey;
  if (from.namespaceId === undefined) {
    const text = `${address} is the remote machine itself`;
    return trace.unknown('listener', 'external-destination', 'refused', text, 'what runs on the remote machine');
  }
  if (from.kind === 'host') return throughHost(journey, { loopback: true, family, literal: address, label: address, network: undefined });
  if (family === 6 && !hasIpv6(model, from) && !world.since('26')) {
    const text = `${from.label} has no IPv6, and engines before 26 take ::1 away then`;
    return trace.block('route', 'ipv6-missing', 'network-unreachable', text, originsOf(from.workload));
  }
  trace.pass('route', `${address} stays inside ${from.label}`);
  arrive(model, trace, { namespaceId: from.namespaceId, to: 'loopback', family, port, transport, closed: 'refused' });
}

/** Docker Desktop's name for the machine: its services and published ports, loopback ones too. */
function toDesktopHost(journey: Journey): void {
  if (!hasWayOut(journey, 'the host')) return;
  const host: Origination = {
    kind: 'host',
    namespaceId: HOST_NAMESPACE,
    workload: undefined,
    label: 'Docker Desktop',
    endpoints: [],
    routed: false,
  };
  const label = 'the machine that runs Docker Desktop';
  throughHost({ ...journey, from: host }, { loopback: true, family: 4, literal: '127.0.0.1', label, network: undefined });
}

function toVacant({ model, trace }: Journey, address: string, network: Network): void {
  const dynamic = network.external || (lookup(model).endpointsOn.get(network.id) ?? []).some((endpoint) => endpoint.ipv4 === undefined);
  if (!dynamic)
    return trace.block(
      'network',
      'unknown-address',
      'host-unreachable',
      `nobody on ${network.id} has the address ${address}`,
      originsOf(network),
    );
  const text = `${address} lies in ${network.id}, whose addresses are given out at start`;
  trace.unknown(
    'network',
    'unknown-address',
    'host-unreachable',
    text,
    `who has the address ${address} on ${network.id}`,
    originsOf(network),
  );
}

function toMachine(journey: Journey, to: { readonly namespaceId: string; readonly address: string; readonly family: 4 | 6 }): void {
  const { model, trace, from, port, transport } = journey;
  if (!hasWayOut(journey, to.address) || !hasFamily(journey, to.family, to.address)) return;
  trace.pass('route', `${from.label} reaches ${to.address} through the host`);
  arrive(model, trace, { namespaceId: to.namespaceId, to: { address: to.address }, family: to.family, port, transport, closed: 'refused' });
}

function toExternal(journey: Journey, label: string): void {
  if (!hasWayOut(journey, label)) return;
  const text = `${label} is outside of what the input describes`;
  journey.trace.unknown('route', 'external-destination', 'timeout', text, `whether ${label} can be reached from the host and answers`);
}

function toEndpoint(journey: Journey, endpoint: Endpoint, family: 4 | 6): void {
  const { model, trace, from } = journey;
  const network = networkOf(model, endpoint);
  if (network === undefined) return;
  const owner = lookup(model).workload.get(endpoint.workloadId);
  if (owner?.state === 'stopped') trace.block('network', 'stopped', 'host-unreachable', `${owner.name} is not running`, originsOf(owner));
  else if (hasFamily(journey, family, ownerOf(model, endpoint))) travel(journey, endpoint, network, family);
  if (from.namespaceId !== endpoint.namespaceId && hostPortMistaken(journey, endpoint)) return;
  const address = (family === 4 ? endpoint.ipv4 : endpoint.ipv6)?.value.split('/')[0];
  const { port, transport } = journey;
  arrive(model, trace, { namespaceId: endpoint.namespaceId, to: { address }, family, port, transport, closed: 'refused' });
}

/** The dialled port is one that the host publishes, while the container itself listens on another. */
function hostPortMistaken({ model, trace, port, transport }: Journey, endpoint: Endpoint): boolean {
  const { publicationsOf, listenersIn, namespace } = lookup(model);
  const own = (publicationsOf.get(endpoint.namespaceId) ?? []).filter((publication) => publication.transport === transport);
  const published = own.find((publication) => publication.hostPort === port);
  if (published === undefined || own.some((publication) => publication.containerPort === port)) return false;
  if ((listenersIn.get(endpoint.namespaceId) ?? []).some((listener) => listener.port === port && listener.transport === transport))
    return false;
  const name = ownerOf(model, endpoint);
  if (namespace.get(endpoint.namespaceId)?.listenersComplete !== true)
    trace.assumptions.push(`${name} does not listen on ${port} besides ${published.containerPort}`);
  const text = `${port} is the port on the host; inside the network ${name} is reached on ${published.containerPort}`;
  trace.block('listener', 'host-port-is-not-container-port', 'refused', text, [published.hostPortOrigin ?? published.origin]);
  return true;
}
