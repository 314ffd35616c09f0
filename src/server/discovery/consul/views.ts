/** The catalog as Consul's JSON (api/catalog.go, api/health.go, api/agent.go), and what can be selected in each row. */
import { parseAddress } from '../../../core/address.ts';
import { type Check, type Instance, instanceHealth, type Node, type Service } from '../catalog/model.ts';
import type { DiscoveryRegistry } from '../registry.ts';
import type { Selectors } from './filter.ts';

type Source = Pick<DiscoveryRegistry, 'catalog' | 'datacenter' | 'output'>;

/** Consul names the addresses by family too; clients that prefer one look here first. */
function families(address: string): Readonly<Record<string, string>> {
  const parsed = parseAddress(address);
  if (parsed === undefined) return {};
  return { lan: address, [`lan_ipv${parsed.family === 4 ? 4 : 6}`]: address, wan: address };
}

export function nodeView({ catalog, datacenter }: Source, node: Node) {
  const { create, modify } = catalog.indexesOf(node.name);
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: datacenter,
    TaggedAddresses: { ...families(node.address), ...node.taggedAddresses },
    Meta: node.meta,
    CreateIndex: create,
    ModifyIndex: modify,
  };
}

const taggedView = (service: Service) =>
  Object.fromEntries(Object.entries(service.taggedAddresses).map(([key, { address, port }]) => [key, { Address: address, Port: port }]));
const weightsView = ({ weights }: Service) => ({ Passing: weights.passing, Warning: weights.warning });

export function serviceView({ catalog }: Source, { node, service }: Instance) {
  const { create, modify } = catalog.indexesOf(node.name, service.id);
  return {
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Address: service.address,
    TaggedAddresses: taggedView(service),
    Meta: service.meta,
    Port: service.port,
    Weights: weightsView(service),
    EnableTagOverride: service.enableTagOverride,
    CreateIndex: create,
    ModifyIndex: modify,
  };
}

export function checkView({ catalog, output }: Source, node: Node, service: Service | undefined, check: Check) {
  const { create, modify } = catalog.indexesOf(node.name, service?.id);
  const { ttl, deregisterAfterMs = 0 } = check;
  return {
    Node: node.name,
    CheckID: check.id,
    Name: check.name,
    Status: check.status,
    Notes: check.notes,
    Output: output(node.name, check),
    ServiceID: service?.id ?? '',
    ServiceName: service?.name ?? '',
    ServiceTags: service?.tags ?? [],
    Type: check.type,
    Definition: {
      ...(ttl === undefined ? {} : { TTL: `${ttl.ttlMs}ms` }),
      ...(deregisterAfterMs === 0 ? {} : { DeregisterCriticalServiceAfter: `${deregisterAfterMs}ms` }),
    },
    CreateIndex: create,
    ModifyIndex: modify,
  };
}

/** `/v1/health/service/:name`: what Prometheus, vmagent and most clients read. */
export function entryView(source: Source, instance: Instance) {
  const { node, service } = instance;
  const own = node.checks.map((check) => checkView(source, node, undefined, check));
  const checks = service.checks.map((check) => checkView(source, node, service, check));
  return { Node: nodeView(source, node), Service: serviceView(source, instance), Checks: [...own, ...checks] };
}

/** `/v1/catalog/service/:name`: node and service in one row. */
export function catalogServiceView(source: Source, instance: Instance) {
  const { node, service } = instance;
  const { create, modify } = source.catalog.indexesOf(node.name, service.id);
  const { ID, Node, Address, Datacenter, TaggedAddresses, Meta } = nodeView(source, node);
  return {
    ID,
    Node,
    Address,
    Datacenter,
    TaggedAddresses,
    NodeMeta: Meta,
    ServiceKind: '',
    ServiceID: service.id,
    ServiceName: service.name,
    ServiceTags: service.tags,
    ServiceAddress: service.address,
    ServiceTaggedAddresses: taggedView(service),
    ServiceWeights: weightsView(service),
    ServiceMeta: service.meta,
    ServicePort: service.port,
    ServiceEnableTagOverride: service.enableTagOverride,
    CreateIndex: create,
    ModifyIndex: modify,
  };
}

/** `/v1/agent/services`: as the catalog's, with the datacenter beside. */
export const agentServiceView = (source: Source, instance: Instance) => ({
  ...serviceView(source, instance),
  Kind: '',
  Datacenter: source.datacenter,
});

/** Those of the service; its node's are asked for by `/v1/health/node/:name`. */
export const instanceChecks = (source: Source, instance: Instance) =>
  instance.service.checks.map((check) => checkView(source, instance.node, instance.service, check));

/** `/v1/agent/health/service/...`: the worst of the instance's checks. */
export const agentHealthView = (source: Source, instance: Instance) => ({
  AggregatedStatus: instanceHealth(instance),
  Service: agentServiceView(source, instance),
  Checks: entryView(source, instance).Checks,
});

const nodeSelectors: Selectors = {
  ID: 'string',
  Node: 'string',
  Address: 'string',
  Datacenter: 'string',
  TaggedAddresses: 'map',
  Meta: 'map',
};
const serviceSelectors: Selectors = {
  ID: 'string',
  Service: 'string',
  Tags: 'list',
  Address: 'string',
  Meta: 'map',
  Port: 'number',
  'Weights.Passing': 'number',
  'Weights.Warning': 'number',
  EnableTagOverride: 'boolean',
};
const under = (prefix: string, selectors: Selectors): Selectors =>
  Object.fromEntries(Object.entries(selectors).map(([key, kind]) => [`${prefix}.${key}`, kind]));

export const selectors = {
  node: nodeSelectors,
  agentService: { ...serviceSelectors, Datacenter: 'string' },
  entry: { ...under('Node', nodeSelectors), ...under('Service', serviceSelectors) },
  catalogService: {
    ID: 'string',
    Node: 'string',
    Address: 'string',
    Datacenter: 'string',
    TaggedAddresses: 'map',
    NodeMeta: 'map',
    ServiceID: 'string',
    ServiceName: 'string',
    ServiceTags: 'list',
    ServiceAddress: 'string',
    ServiceMeta: 'map',
    ServicePort: 'number',
    'ServiceWeights.Passing': 'number',
    'ServiceWeights.Warning': 'number',
    ServiceEnableTagOverride: 'boolean',
  },
  check: {
    Node: 'string',
    CheckID: 'string',
    Name: 'string',
    Status: 'string',
    Notes: 'string',
    Output: 'string',
    ServiceID: 'string',
    ServiceName: 'string',
    ServiceTags: 'list',
    Type: 'string',
  },
} as const satisfies Record<string, Selectors>;
