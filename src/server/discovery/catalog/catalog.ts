/**
 * The catalog in memory and its indexes. Nothing is stored, timed or sent here: each change says what it touched, and the
 * registry around it does the rest.
 *
 * Topics are what can be watched: `services` (names and tags), `nodes`, `checks`, `service:<name>` and `node:<name>`. A watcher
 * of one service is not woken by another one, which is what makes thousands of blocking queries bearable.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Indexes, Instance, Node, Service } from './model.ts';

export type Topic = 'services' | 'nodes' | 'checks' | `service:${string}` | `node:${string}`;

export interface Catalog {
  readonly nodeCount: number;
  readonly serviceCount: number;
  node(name: string): Node | undefined;
  /** Host names and DNS labels do not tell cases apart, so neither do names of nodes here. */
  nodeNamed(name: string): Node | undefined;
  /** Whether there is a node whose name ends in a dot and this: `example.org` when there is `web.example.org`. */
  isNodeSuffix(suffix: string): boolean;
  nodes(): Iterable<Node>;
  service(node: string, id: string): Service | undefined;
  servicesOf(node: string): readonly Service[];
  /** In the order of nodes and ids, so that an answer only changes when its content does. */
  instances(service: string): readonly Instance[];
  /** By DNS's rules: upper and lower case are the same. */
  instancesNamed(service: string): readonly Instance[];
  serviceNames(): Iterable<string>;
  indexesOf(node: string, serviceId?: string): Indexes;
  /** Never 0, never lower than before; for a service or node that is not there, that of the last one that vanished. */
  indexOf(topic: Topic): number;
  /** Each change answers whether anything is different now: the same registration again wakes nobody. */
  putNode(node: Node): boolean;
  putService(node: string, service: Service): boolean;
  removeService(node: string, id: string): boolean;
  /** With everything on it. */
  removeNode(name: string): boolean;
}

interface NodeEntry {
  node: Node;
  indexes: Indexes;
  readonly services: Map<string, { service: Service; indexes: Indexes }>;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function createCatalog(startIndex: number, onChange: (topics: readonly Topic[], index: number) => void): Catalog {
  const nodes = new Map<string, NodeEntry>();
  const lowerNodes = new Map<string, string>();
  const nodeSuffixes = new Map<string, number>();
  /** Instances of each service, by its name; only rebuilt when one of them changes. */
  const places = new Map<string, Map<string, { node: string; id: string }>>();
  const lowerServices = new Map<string, Set<string>>();
  const sorted = new Map<string, readonly Instance[]>();
  const topicIndex = new Map<Topic, number>();
  let index = startIndex;
  let vanished = startIndex;
  let serviceCount = 0;

  const countSuffixes = (name: string, by: 1 | -1) => {
    const labels = name.toLowerCase().split('.');
    for (let at = 1; at < labels.length; at++) {
      const suffix = labels.slice(at).join('.');
      const count = (nodeSuffixes.get(suffix) ?? 0) + by;
      if (count === 0) nodeSuffixes.delete(suffix);
      else nodeSuffixes.set(suffix, count);
    }
  };

  const changed = (topics: Iterable<Topic>): number => {
    index += 1;
    const unique = [...new Set(topics)];
    for (const topic of unique) {
      topicIndex.set(topic, index);
      if (topic.startsWith('service:')) sorted.delete(topic.slice('service:'.length));
    }
    onChange(unique, index);
    return index;
  };

  const place = (name: string, node: string, id: string) => {
    const known = places.get(name) ?? new Map<string, { node: string; id: string }>();
    known.set(`${node}\n${id}`, { node, id });
    places.set(name, known);
    const lower = lowerServices.get(name.toLowerCase()) ?? new Set<string>();
    lowerServices.set(name.toLowerCase(), lower.add(name));
  };

  /** The topic's own index is dropped with the last instance, so that names that come and go leave nothing behind. */
  const displace = (name: string, node: string, id: string) => {
    const known = places.get(name);
    known?.delete(`${node}\n${id}`);
    if (known === undefined || known.size > 0) return;
    places.delete(name);
    sorted.delete(name);
    const lower = lowerServices.get(name.toLowerCase());
    lower?.delete(name);
    if (lower?.size === 0) lowerServices.delete(name.toLowerCase());
    topicIndex.delete(`service:${name}`);
    vanished = index;
  };

  const instances = (name: string): readonly Instance[] => {
    const known = sorted.get(name);
    if (known !== undefined) return known;
    const found: Instance[] = [];
    for (const { node, id } of places.get(name)?.values() ?? []) {
      const entry = nodes.get(node);
      const service = entry?.services.get(id)?.service;
      if (entry !== undefined && service !== undefined) found.push({ node: entry.node, service });
    }
    found.sort((a, b) => byText(a.node.name, b.node.name) || byText(a.service.id, b.service.id));
    if (found.length > 0) sorted.set(name, found);
    return found;
  };

  const serviceTopics = (entry: NodeEntry): Topic[] => [...entry.services.values()].map(({ service }): Topic => `service:${service.name}`);

  return {
    get nodeCount() {
      return nodes.size;
    },
    get serviceCount() {
      return serviceCount;
    },
    node: (name) => nodes.get(name)?.node,
    nodeNamed: (name) => nodes.get(lowerNodes.get(name.toLowerCase()) ?? '')?.node,
    isNodeSuffix: (suffix) => nodeSuffixes.has(suffix.toLowerCase()),
    nodes: () => [...nodes.values()].map(({ node }) => node).sort((a, b) => byText(a.name, b.name)),
    service: (node, id) => nodes.get(node)?.services.get(id)?.service,
    servicesOf: (node) => [...(nodes.get(node)?.services.values() ?? [])].map(({ service }) => service).sort((a, b) => byText(a.id, b.id)),
    instances,
    instancesNamed(name) {
      const spellings = lowerServices.get(name.toLowerCase());
      return spellings === undefined ? [] : [...spellings].flatMap((spelling) => instances(spelling));
    },
    serviceNames: () => [...places.keys()].sort(byText),
    indexesOf(node, serviceId) {
      const entry = nodes.get(node);
      const found = serviceId === undefined ? entry?.indexes : entry?.services.get(serviceId)?.indexes;
      return found ?? { create: index, modify: index };
    },
    indexOf: (topic) => topicIndex.get(topic) ?? (topic.includes(':') ? vanished : startIndex),
    putNode(node) {
      const known = nodes.get(node.name);
      if (known !== undefined && isDeepStrictEqual(known.node, node)) return false;
      const checksDiffer = !isDeepStrictEqual(known?.node.checks ?? [], node.checks);
      const entry: NodeEntry = known ?? { node, indexes: { create: index + 1, modify: index + 1 }, services: new Map() };
      if (known === undefined) countSuffixes(node.name, 1);
      entry.node = node;
      nodes.set(node.name, entry);
      lowerNodes.set(node.name.toLowerCase(), node.name);
      const topics: Topic[] = ['nodes', `node:${node.name}`, ...serviceTopics(entry), ...(checksDiffer ? (['checks'] as const) : [])];
      entry.indexes = { create: entry.indexes.create, modify: changed(topics) };
      return true;
    },
    putService(node, service) {
      const entry = nodes.get(node);
      if (entry === undefined) throw new RangeError(`no node ${node}: a service is put on a node that is there`);
      const known = entry.services.get(service.id);
      if (known !== undefined && isDeepStrictEqual(known.service, service)) return false;
      const before = known?.service;
      const topics: Topic[] = [`service:${service.name}`, `node:${node}`];
      if (before !== undefined) topics.push(`service:${before.name}`);
      if (before?.name !== service.name || !isDeepStrictEqual(before.tags, service.tags)) topics.push('services');
      if (!isDeepStrictEqual(before?.checks ?? [], service.checks)) topics.push('checks');
      if (before === undefined) serviceCount += 1;
      entry.services.set(service.id, { service, indexes: { create: known?.indexes.create ?? index + 1, modify: index + 1 } });
      place(service.name, node, service.id);
      changed(topics);
      if (before !== undefined && before.name !== service.name) displace(before.name, node, service.id);
      return true;
    },
    removeService(node, id) {
      const entry = nodes.get(node);
      const known = entry?.services.get(id)?.service;
      if (entry === undefined || known === undefined) return false;
      entry.services.delete(id);
      serviceCount -= 1;
      changed(['services', `service:${known.name}`, `node:${node}`, ...(known.checks.length > 0 ? (['checks'] as const) : [])]);
      displace(known.name, node, id);
      return true;
    },
    removeNode(name) {
      const entry = nodes.get(name);
      if (entry === undefined) return false;
      const gone = [...entry.services.values()].map(({ service }) => service);
      nodes.delete(name);
      lowerNodes.delete(name.toLowerCase());
      countSuffixes(name, -1);
      serviceCount -= gone.length;
      changed(['nodes', 'services', 'checks', `node:${name}`, ...gone.map((service): Topic => `service:${service.name}`)]);
      for (const service of gone) displace(service.name, name, service.id);
      topicIndex.delete(`node:${name}`);
      vanished = index;
      return true;
    },
  };
}
