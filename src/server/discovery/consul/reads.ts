/** What can be read through Consul's API. Each route names the topic that its answer depends on, so that it can be waited for. */
import type { Topic } from '../catalog/catalog.ts';
import { checkStatuses, type Instance, instanceHealth, type Texts } from '../catalog/model.ts';
import type { DiscoveryRegistry } from '../registry.ts';
import { type Answer, json, text } from './answers.ts';
import type { Filter, Selectors } from './filter.ts';
import type { Query } from './query.ts';
import {
  agentHealthView,
  agentServiceView,
  catalogServiceView,
  checkView,
  entryView,
  instanceChecks,
  nodeView,
  selectors,
  serviceView,
} from './views.ts';

export interface ReadContext {
  readonly registry: DiscoveryRegistry;
  /** The rest of the path behind the route's own. */
  readonly name: string;
  readonly query: Query;
  /** Keeps rows that the `filter` argument lets through. */
  readonly keep: Filter;
}

export interface ReadRoute {
  /** Undefined: there is nothing to wait for. */
  readonly topic?: (name: string) => Topic;
  readonly selectors?: Selectors;
  readonly answer: (context: ReadContext) => Answer;
}

const hasMeta = (meta: Texts, wanted: Query['nodeMeta']): boolean =>
  wanted.every(([key, value]) => Object.hasOwn(meta, key) && meta[key] === value);
const hasTags = (tags: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((tag) => tags.some((own) => own.toLowerCase() === tag.toLowerCase()));

function instances({ registry, name, query }: ReadContext): readonly Instance[] {
  return registry.catalog
    .instances(name)
    .filter(({ node, service }) => hasMeta(node.meta, query.nodeMeta) && hasTags(service.tags, query.tags));
}

const local = ({ registry }: ReadContext): readonly Instance[] => {
  const node = registry.catalog.node(registry.localNode);
  return node === undefined ? [] : registry.catalog.servicesOf(node.name).map((service) => ({ node, service }));
};

const unknownService = (id: string): Answer => text(404, `unknown service ID: ${id}`);

/** Consul's status codes of the agent's health endpoints: what a load balancer reads without reading JSON. */
const healthCodes = { passing: 200, warning: 429, critical: 503, maintenance: 503 } as const;

function agentHealth(context: ReadContext, found: readonly Instance[]): Answer {
  if (found.length === 0) return text(404, 'critical');
  const order = ['passing', 'warning', 'critical', 'maintenance'] as const;
  const worst = order[Math.max(...found.map((instance) => order.indexOf(instanceHealth(instance))))] ?? 'critical';
  if (context.query.args.get('format') === 'text') return text(healthCodes[worst], worst);
  const views = found.map((instance) => agentHealthView(context.registry, instance));
  return { kind: 'text', status: healthCodes[worst], text: JSON.stringify(views) };
}

export const agentReads: Readonly<Record<string, ReadRoute>> = {
  'agent/self': {
    answer: ({ registry }) =>
      json({
        Config: {
          Datacenter: registry.datacenter,
          PrimaryDatacenter: registry.datacenter,
          NodeName: registry.localNode,
          NodeID: registry.catalog.node(registry.localNode)?.id ?? '',
          Server: true,
          Revision: '',
          // Clients parse it; the build metadata says whose it is. The API is a subset of that of this version.
          Version: '1.14.0+fairlead',
        },
        Member: { Name: registry.localNode, Addr: registry.catalog.node(registry.localNode)?.address ?? '', Port: 0, Status: 1, Tags: {} },
        Meta: {},
      }),
  },
  'agent/services': {
    selectors: selectors.agentService,
    answer: (context) => {
      const views = local(context).map((instance) => agentServiceView(context.registry, instance));
      return json(Object.fromEntries(views.filter(context.keep).map((view) => [view.ID, view])));
    },
  },
  'agent/service/:': {
    answer: (context) => {
      const found = local(context).find(({ service }) => service.id === context.name);
      return found === undefined ? unknownService(context.name) : json(agentServiceView(context.registry, found));
    },
  },
  'agent/checks': {
    selectors: selectors.check,
    answer: (context) => {
      const { registry } = context;
      const node = registry.catalog.node(registry.localNode);
      const own = node === undefined ? [] : node.checks.map((check) => checkView(registry, node, undefined, check));
      const views = [...own, ...local(context).flatMap((instance) => instanceChecks(registry, instance))];
      return json(Object.fromEntries(views.filter(context.keep).map((view) => [view.CheckID, view])));
    },
  },
  'agent/health/service/id/:': {
    answer: (context) =>
      agentHealth(
        context,
        local(context).filter(({ service }) => service.id === context.name),
      ),
  },
  'agent/health/service/name/:': {
    answer: (context) =>
      agentHealth(
        context,
        local(context).filter(({ service }) => service.name === context.name),
      ),
  },
};

export const catalogReads: Readonly<Record<string, ReadRoute>> = {
  'catalog/datacenters': { answer: ({ registry }) => json([registry.datacenter]) },
  'catalog/services': {
    topic: () => 'services',
    selectors: selectors.catalogService,
    answer: (context) => {
      const { registry, query, keep } = context;
      const tagsOf = (name: string): [string, string[]] | undefined => {
        const found = registry.catalog.instances(name).filter(({ node }) => hasMeta(node.meta, query.nodeMeta));
        const kept = query.filter === '' ? found : found.filter((instance) => keep(catalogServiceView(registry, instance)));
        return kept.length === 0 ? undefined : [name, [...new Set(kept.flatMap(({ service }) => service.tags))].sort()];
      };
      return json(Object.fromEntries([...registry.catalog.serviceNames()].map(tagsOf).filter((entry) => entry !== undefined)));
    },
  },
  'catalog/service/:': {
    topic: (name) => `service:${name}`,
    selectors: selectors.catalogService,
    answer: (context) =>
      json(
        instances(context)
          .map((instance) => catalogServiceView(context.registry, instance))
          .filter(context.keep),
      ),
  },
  'catalog/nodes': {
    topic: () => 'nodes',
    selectors: selectors.node,
    answer: ({ registry, query, keep }) => {
      const nodes = [...registry.catalog.nodes()].filter(({ meta }) => hasMeta(meta, query.nodeMeta));
      return json(nodes.map((node) => nodeView(registry, node)).filter(keep));
    },
  },
  'catalog/node/:': {
    topic: (name) => `node:${name}`,
    selectors: selectors.agentService,
    answer: ({ registry, name, keep }) => {
      const node = registry.catalog.node(name);
      if (node === undefined) return json(null);
      const views = registry.catalog.servicesOf(name).map((service) => serviceView(registry, { node, service }));
      return json({ Node: nodeView(registry, node), Services: Object.fromEntries(views.filter(keep).map((view) => [view.ID, view])) });
    },
  },
  'catalog/node-services/:': {
    topic: (name) => `node:${name}`,
    selectors: selectors.agentService,
    answer: ({ registry, name, keep }) => {
      const node = registry.catalog.node(name);
      if (node === undefined) return json(null);
      const views = registry.catalog.servicesOf(name).map((service) => serviceView(registry, { node, service }));
      return json({ Node: nodeView(registry, node), Services: views.filter(keep) });
    },
  },
};

export const healthReads: Readonly<Record<string, ReadRoute>> = {
  'health/service/:': {
    topic: (name) => `service:${name}`,
    selectors: selectors.entry,
    answer: (context) => {
      const found = instances(context).filter((instance) => !context.query.passing || instanceHealth(instance) === 'passing');
      return json(found.map((instance) => entryView(context.registry, instance)).filter(context.keep));
    },
  },
  'health/node/:': {
    topic: (name) => `node:${name}`,
    selectors: selectors.check,
    answer: ({ registry, name, keep }) => {
      const node = registry.catalog.node(name);
      if (node === undefined) return json([]);
      const services = registry.catalog.servicesOf(name).flatMap((service) => instanceChecks(registry, { node, service }));
      return json([...node.checks.map((check) => checkView(registry, node, undefined, check)), ...services].filter(keep));
    },
  },
  'health/checks/:': {
    topic: (name) => `service:${name}`,
    selectors: selectors.check,
    answer: (context) =>
      json(
        instances(context)
          .flatMap((instance) => instanceChecks(context.registry, instance))
          .filter(context.keep),
      ),
  },
  'health/state/:': {
    topic: () => 'checks',
    selectors: selectors.check,
    answer: ({ registry, name, query, keep }) => {
      if (name !== 'any' && !checkStatuses.some((status) => status === name)) return text(400, `Unknown check state "${name}"`);
      const nodes = [...registry.catalog.nodes()].filter(({ meta }) => hasMeta(meta, query.nodeMeta));
      const views = nodes.flatMap((node) => [
        ...node.checks.map((check) => checkView(registry, node, undefined, check)),
        ...registry.catalog.servicesOf(node.name).flatMap((service) => instanceChecks(registry, { node, service })),
      ]);
      return json(views.filter((view) => (name === 'any' || view.Status === name) && keep(view)));
    },
  },
  'status/leader': { answer: ({ registry }) => json(leader(registry)) },
  'status/peers': { answer: ({ registry }) => json([leader(registry)]) },
};

/** Consul's server port; nobody connects to it, but clients take an empty text for "no leader". */
const leader = (registry: DiscoveryRegistry): string => {
  const address = registry.catalog.node(registry.localNode)?.address ?? '127.0.0.1';
  return `${address.includes(':') ? `[${address}]` : address}:8300`;
};
