import type { JsonMap, JsonNode, JsonScalar } from './json-tree.ts';

/** A service instance as one of Consul's answers or files names it; the nodes keep their places. */
export interface ConsulService {
  readonly object: JsonMap;
  readonly name: JsonScalar;
  readonly id: JsonScalar | undefined;
  /** The service's own address; empty or absent where the node's holds. */
  readonly address: JsonScalar | undefined;
  readonly nodeAddress: JsonScalar | undefined;
  readonly nodeName: JsonScalar | undefined;
  readonly port: JsonNode | undefined;
  /** Empty for what users register; `connect-proxy`, `mesh-gateway`, … for what Consul puts in front. */
  readonly kind: JsonScalar | undefined;
}

export interface ConsulDocument {
  readonly services: readonly ConsulService[];
  /** Names without addresses (`/v1/catalog/services`). */
  readonly names: readonly string[];
  /** The address of the agent itself (`/v1/agent/self`), which services without an address have. */
  readonly agentAddress?: JsonScalar;
}

/**
 * Tells Consul's answers apart by their shape (developer.hashicorp.com/consul/api-docs: catalog, health, agent/service),
 * and the files and request bodies by which services are registered. Undefined: it is none of these.
 */
export function readDocument(node: JsonNode): ConsulDocument | undefined {
  const services = node.kind === 'list' ? fromList(node.items) : node.kind === 'map' ? fromMap(node) : undefined;
  if (services !== undefined) return { services, names: [] };
  if (node.kind !== 'map') return undefined;
  return fromSelf(node) ?? fromNames(node);
}

/** `/v1/catalog/service/x` and `/v1/health/service/x`. An empty list says nothing about its kind. */
function fromList(items: readonly JsonNode[]): readonly ConsulService[] | undefined {
  const found = items.flatMap((item) => (item.kind === 'map' ? (fromCatalogEntry(item) ?? fromHealthEntry(item) ?? []) : []));
  return found.length > 0 ? found : undefined;
}

function fromCatalogEntry(item: JsonMap): ConsulService | undefined {
  const name = text(item, 'ServiceName');
  if (name === undefined || !item.members.has('ServicePort')) return undefined;
  return {
    object: item,
    name,
    id: text(item, 'ServiceID'),
    address: text(item, 'ServiceAddress'),
    nodeAddress: text(item, 'Address'),
    nodeName: text(item, 'Node'),
    port: item.members.get('ServicePort'),
    kind: text(item, 'ServiceKind'),
  };
}

function fromHealthEntry(item: JsonMap): ConsulService | undefined {
  const node = map(item, 'Node');
  const service = map(item, 'Service');
  return node === undefined || service === undefined ? undefined : fromAgentEntry(service, text(node, 'Address'), text(node, 'Node'));
}

/** The service object of `/v1/agent/services` and `/v1/health/service/x`. */
function fromAgentEntry(item: JsonMap, nodeAddress?: JsonScalar, nodeName?: JsonScalar): ConsulService | undefined {
  const name = text(item, 'Service');
  return name === undefined ? undefined : { ...common(item, 'ID', 'Address', 'Port', 'Kind'), object: item, name, nodeAddress, nodeName };
}

function common(item: JsonMap, id: string, address: string, port: string, kind: string) {
  return { id: text(item, id), address: text(item, address), port: item.members.get(port), kind: text(item, kind) };
}

function fromMap(root: JsonMap): readonly ConsulService[] | undefined {
  return fromNode(root) ?? fromRegistration(root) ?? fromDefinition(root) ?? fromAgentServices(root);
}

/** `/v1/catalog/node/x` (services by id), `/v1/catalog/node-services/x` (a list). */
function fromNode(root: JsonMap): readonly ConsulService[] | undefined {
  const node = map(root, 'Node');
  const services = root.members.get('Services');
  if (node === undefined || services === undefined || services.kind === 'scalar') return undefined;
  const items = services.kind === 'list' ? services.items : [...services.members.values()];
  return items.flatMap((item) => (item.kind === 'map' ? (fromAgentEntry(item, text(node, 'Address'), text(node, 'Node')) ?? []) : []));
}

/** Bodies of `PUT /v1/agent/service/register` and of `PUT /v1/catalog/register`. */
function fromRegistration(root: JsonMap): readonly ConsulService[] | undefined {
  const service = map(root, 'Service');
  if (service !== undefined && text(root, 'Node') !== undefined) {
    const found = fromAgentEntry(service, text(root, 'Address'), text(root, 'Node'));
    return found === undefined ? undefined : [found];
  }
  const name = text(root, 'Name');
  const isBody = ['ID', 'Address', 'Tags', 'Meta', 'Check', 'Checks'].some((key) => root.members.has(key));
  if (name === undefined || number(root, 'Port') === undefined || !isBody) return undefined;
  return [{ ...common(root, 'ID', 'Address', 'Port', 'Kind'), object: root, name, nodeAddress: undefined, nodeName: undefined }];
}

/** The agent's configuration files: `{"service": {…}}` or `{"services": […]}`. */
function fromDefinition(root: JsonMap): readonly ConsulService[] | undefined {
  const one = map(root, 'service');
  const many = root.members.get('services');
  const items = one !== undefined ? [one] : many?.kind === 'list' ? many.items : [];
  const found = items.flatMap((item): readonly ConsulService[] => {
    const name = item.kind === 'map' ? text(item, 'name') : undefined;
    if (item.kind !== 'map' || name === undefined || !item.members.has('port')) return [];
    return [{ ...common(item, 'id', 'address', 'port', 'kind'), object: item, name, nodeAddress: undefined, nodeName: undefined }];
  });
  return found.length > 0 ? found : undefined;
}

/** `/v1/agent/services` (by id), and the single object of `/v1/agent/service/x`. */
function fromAgentServices(root: JsonMap): readonly ConsulService[] | undefined {
  const isService = (item: JsonNode) => item.kind === 'map' && text(item, 'Service') !== undefined && item.members.has('Port');
  if (isService(root)) return [fromAgentEntry(root)].filter((found) => found !== undefined);
  const found = [...root.members.values()].flatMap((item) => (item.kind === 'map' && isService(item) ? (fromAgentEntry(item) ?? []) : []));
  return found.length > 0 ? found : undefined;
}

/** `/v1/agent/self`. */
function fromSelf(root: JsonMap): ConsulDocument | undefined {
  const member = map(root, 'Member');
  const address = member === undefined ? undefined : text(member, 'Addr');
  return address === undefined || map(root, 'Config') === undefined ? undefined : { services: [], names: [], agentAddress: address };
}

/** `/v1/catalog/services`: names with their tags. Consul's own service is always there, and without it any map of lists would do. */
function fromNames(root: JsonMap): ConsulDocument | undefined {
  const members = [...root.members];
  const isNames = root.members.has('consul') && members.every(([, tags]) => tags.kind === 'list');
  return isNames ? { services: [], names: members.map(([name]) => name) } : undefined;
}

function map(node: JsonMap, key: string): JsonMap | undefined {
  const found = node.members.get(key);
  return found?.kind === 'map' ? found : undefined;
}

/** A non-empty string. */
function text(node: JsonMap, key: string): JsonScalar | undefined {
  const found = node.members.get(key);
  return found?.kind === 'scalar' && typeof found.value === 'string' && found.value !== '' ? found : undefined;
}

function number(node: JsonMap, key: string): JsonScalar | undefined {
  const found = node.members.get(key);
  return found?.kind === 'scalar' && typeof found.value === 'number' ? found : undefined;
}
