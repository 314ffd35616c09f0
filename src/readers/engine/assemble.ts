import type { Environment } from '../../network/environment.ts';
import { DEFAULT_BRIDGE, type Network } from '../../network/model.ts';
import type { ModelPart } from '../reader.ts';
import { type Attachment, attachmentsOf, readEndpoint } from './endpoints.ts';
import type { InspectedContainer } from './inspected.ts';
import { resolveNamespaces } from './namespaces.ts';
import { type InspectedNetwork, networkFromAttachments, readNetwork } from './networks.ts';
import { readPublications } from './publications.ts';
import { readWorkload } from './workload.ts';

/** The API objects of one engine, from a file or from its socket. */
export interface EngineObjects {
  readonly containers: readonly InspectedContainer[];
  readonly networks: readonly InspectedNetwork[];
  readonly environment: Partial<Environment>;
}

/** Joins what was read object by object: who shares a namespace, who is on which network. */
export function assemble(objects: EngineObjects): ModelPart {
  const containers = lastOfEach(objects.containers, (container) => container.name);
  const inspected = lastOfEach(objects.networks, (network) => network.name);
  const { namespaces, idOf } = resolveNamespaces(containers);
  const idOfContainer = (container: InspectedContainer) => idOf.get(container.name) ?? container.name;
  const attached = attach(containers, inspected);
  const networks = readNetworks(attached, inspected, new Set(containers.map((container) => container.id)));
  const endpoints = attached.map((one) => readEndpoint(one.container, one.attachment, one.networkId));
  const closed = new Set(networks.filter((network) => network.internal !== undefined).map((network) => network.id));
  const cannotPublish = (container: InspectedContainer) => {
    const own = endpoints.filter((endpoint) => endpoint.workloadId === container.name);
    return container.mode === 'host' || container.mode === 'none' || (own.length > 0 && own.every((one) => closed.has(one.networkId)));
  };
  return {
    namespaces,
    networks,
    endpoints,
    workloads: containers.map((container) => readWorkload(container, idOfContainer(container))),
    publications: containers.flatMap((container) => readPublications(container, idOfContainer(container), cannotPublish(container))),
    listeners: [],
    links: [],
    registrations: [],
    // Read last: the readers above add to them.
    problems: [...containers, ...inspected].flatMap((object) => object.place.within.problems),
    environment: objects.environment,
  };
}

interface Attached {
  readonly container: InspectedContainer;
  readonly attachment: Attachment;
  readonly networkId: string;
}

/** A container names its networks by name, or by id after the network was recreated under another one. */
function attach(containers: readonly InspectedContainer[], networks: readonly InspectedNetwork[]): readonly Attached[] {
  const names = new Map(networks.flatMap((network) => (network.id === '' ? [] : [[network.id, network.name] as const])));
  return containers.flatMap((container) =>
    attachmentsOf(container).map((attachment) => ({
      container,
      attachment,
      networkId: names.get(attachment.networkName) ?? attachment.networkName,
    })),
  );
}

function readNetworks(
  attached: readonly Attached[],
  inspected: readonly InspectedNetwork[],
  shown: ReadonlySet<string>,
): readonly Network[] {
  const byNetwork = Map.groupBy(attached, (one) => one.networkId);
  const attachments = (name: string) => (byNetwork.get(name) ?? []).map((one) => one.attachment);
  const known = inspected.filter((network) => network.isNetwork);
  const names = new Set(inspected.map((network) => network.name));
  const missing = [...byNetwork.keys()].filter((name) => !names.has(name));
  return [
    ...known.map((network) => readNetwork(network, hides(network, shown), attachments(network.name))),
    ...missing.map((name) => networkFromAttachments(name, attachments(name))),
  ];
}

/** Containers are attached that the input does not show. The default bridge gives no names, so that nothing hides there. */
function hides(network: InspectedNetwork, shown: ReadonlySet<string>): boolean {
  return network.name !== DEFAULT_BRIDGE && network.containerIds.some((id) => !shown.has(id));
}

/** The same object may be inspected twice; the later text is the newer one. */
function lastOfEach<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
