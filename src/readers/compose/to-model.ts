import { declared } from '../../network/fact.ts';
import type { Endpoint, EndpointName, Namespace, Network, Workload } from '../../network/model.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE } from '../../network/model.ts';
import type { ModelPart } from '../reader.ts';
import { emptyPart } from '../reader.ts';
import { dockerZero, elsewhere, networkOf } from './model-networks.ts';
import { publicationsOf } from './model-ports.ts';
import { workloadOf } from './model-workloads.ts';
import type { Node, Place } from './node.ts';
import { entriesAt, itemsAt, originOf, textAt } from './node.ts';
import type { ComposeProject, ComposeService } from './project.ts';

/** The project in the words of the model. Links and listeners are found later, by the readers of agents' settings. */
export function toModel(project: ComposeProject): ModelPart {
  const homes = namespacesOf(project);
  const networks = [...entriesAt(project.root, 'networks')].map(([key, entry]) => networkOf(key, entry, project));
  const workloads: Workload[] = [];
  const endpoints: Endpoint[] = [];
  const namespaces: Namespace[] = [];
  for (const service of project.services.values()) {
    const home = homes.get(service.name) ?? { id: service.workloadId, kind: 'container' };
    workloads.push(workloadOf(service, home.id, project));
    if (home.id === service.workloadId) namespaces.push({ id: home.id, kind: home.kind, listenersComplete: false });
    if (home.kind === 'container' && home.id === service.workloadId) endpoints.push(...endpointsOf(service, project));
  }
  return {
    ...emptyPart,
    namespaces,
    workloads,
    networks: [...networks, ...undeclaredNetworks(endpoints, new Set(networks.map((network) => network.id)))],
    endpoints,
    publications: [...project.services.values()].flatMap((service) =>
      publicationsOf(service, homes.get(service.name)?.id ?? service.workloadId),
    ),
  };
}

/** docker0, and networks that only a network_mode names: they exist elsewhere. */
function undeclaredNetworks(endpoints: readonly Endpoint[], known: ReadonlySet<string>): readonly Network[] {
  const made = new Map<string, Network>();
  for (const { networkId, origin } of endpoints) {
    if (!known.has(networkId) && !made.has(networkId))
      made.set(networkId, elsewhere(networkId, networkId === DEFAULT_BRIDGE ? dockerZero : origin));
  }
  return [...made.values()];
}

interface Home {
  readonly id: string;
  readonly kind: Namespace['kind'];
}

/** Whose network namespace each service runs in; chains of `service:` are followed to the owner. */
function namespacesOf(project: ComposeProject): ReadonlyMap<string, Home> {
  const homes = new Map<string, Home>();
  const byContainer = new Map([...project.services.values()].map((service) => [containerNameOf(service, project), service.name]));
  for (const service of project.services.values()) {
    let here: ComposeService | undefined = service;
    const seen = new Set<string>();
    let home: Home | undefined;
    while (home === undefined && here !== undefined && !seen.has(here.name)) {
      seen.add(here.name);
      const mode: string = modeOf(here);
      const owner: string | undefined = mode.startsWith('service:')
        ? mode.slice(8)
        : mode.startsWith('container:')
          ? byContainer.get(mode.slice(10))
          : undefined;
      if (owner !== undefined && project.services.has(owner)) here = project.services.get(owner);
      else if (mode.startsWith('container:')) home = { id: mode.slice(10), kind: 'container' };
      else home = ownHome(here, mode);
    }
    homes.set(service.name, home ?? { id: service.workloadId, kind: 'container' });
  }
  return homes;
}

function ownHome(service: ComposeService, mode: string): Home {
  if (mode === 'host') return { id: HOST_NAMESPACE, kind: 'host' };
  return { id: service.workloadId, kind: mode === 'none' ? 'none' : 'container' };
}

const modeOf = (service: ComposeService): string => textAt(service.node, 'network_mode')?.text ?? '';

/** Of the first replica. */
function containerNameOf(service: ComposeService, project: ComposeProject): string {
  return textAt(service.node, 'container_name')?.text ?? `${project.name}-${service.name}-1`;
}

function endpointsOf(service: ComposeService, project: ComposeProject): readonly Endpoint[] {
  const mode = textAt(service.node, 'network_mode');
  if (mode === undefined || mode.text === '') {
    return [...entriesAt(service.node, 'networks')].map(([key, entry]) =>
      endpointOn(project.networkIds.get(key) ?? `${project.name}_${key}`, entry.value, entry.key, service, project),
    );
  }
  const networkId = mode.text === 'bridge' || mode.text === 'default' ? DEFAULT_BRIDGE : mode.text;
  // Compose passes a network_mode on as it is, without aliases: the service's name is no name there.
  const names = networkId === DEFAULT_BRIDGE ? [] : namesOf(service, undefined, project).filter((name) => name.kind !== 'service');
  return [
    {
      id: `${service.workloadId}@${networkId}`,
      namespaceId: service.workloadId,
      networkId,
      workloadId: service.workloadId,
      names,
      gatewayPriority: 0,
      origin: originOf(mode.place),
    },
  ];
}

function endpointOn(networkId: string, node: Node, key: Place, service: ComposeService, project: ComposeProject): Endpoint {
  const ipv4 = textAt(node, 'ipv4_address');
  const ipv6 = textAt(node, 'ipv6_address');
  const mac = textAt(node, 'mac_address') ?? textAt(service.node, 'mac_address');
  const priority = Number(textAt(node, 'gw_priority')?.value ?? 0);
  return {
    id: `${service.workloadId}@${networkId}`,
    namespaceId: service.workloadId,
    networkId,
    workloadId: service.workloadId,
    names: namesOf(service, node, project),
    ...(ipv4 === undefined ? {} : { ipv4: declared(ipv4.text, originOf(ipv4.place)) }),
    ...(ipv6 === undefined ? {} : { ipv6: declared(ipv6.text, originOf(ipv6.place)) }),
    ...(mac === undefined ? {} : { mac: declared(mac.text, originOf(mac.place)) }),
    gatewayPriority: priority,
    origin: originOf(key),
  };
}

/** Container name, service name, aliases and host name, as the engine's DNS answers them on a user-defined network. */
function namesOf(service: ComposeService, attachment: Node | undefined, project: ComposeProject): readonly EndpointName[] {
  const names: EndpointName[] = [];
  const own = textAt(service.node, 'container_name');
  const hostname = textAt(service.node, 'hostname');
  const add = (name: string, kind: EndpointName['kind'], place: Place) => {
    if (name !== '' && !names.some((known) => known.name === name)) names.push({ name, kind, origin: originOf(place) });
  };
  add(service.name, 'service', service.key);
  for (let replica = 1; replica <= Math.min(replicasOf(service), 100); replica += 1) {
    add(own?.text ?? `${project.name}-${service.name}-${replica}`, 'container', own?.place ?? service.key);
  }
  for (const alias of itemsAt(attachment, 'aliases')) if (alias.kind === 'scalar') add(alias.text, 'alias', alias.place);
  if (hostname !== undefined) add(hostname.text, 'hostname', hostname.place);
  return names;
}

export function replicasOf(service: ComposeService): number {
  const scale = textAt(service.node, 'scale') ?? textAt(service.node, 'deploy', 'replicas');
  return typeof scale?.value === 'number' && scale.value >= 0 ? scale.value : 1;
}
