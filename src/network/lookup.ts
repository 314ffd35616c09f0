import type { Endpoint, Link, Listener, Model, Namespace, Network, Publication, Workload } from './model.ts';

/** Tables over a model, made once per model. */
export interface Lookup {
  readonly workload: ReadonlyMap<string, Workload>;
  readonly namespace: ReadonlyMap<string, Namespace>;
  readonly network: ReadonlyMap<string, Network>;
  readonly endpoint: ReadonlyMap<string, Endpoint>;
  /** Workloads that run in a namespace; its owner first. */
  readonly members: ReadonlyMap<string, readonly Workload[]>;
  readonly endpointsOf: ReadonlyMap<string, readonly Endpoint[]>;
  readonly endpointsOn: ReadonlyMap<string, readonly Endpoint[]>;
  readonly listenersIn: ReadonlyMap<string, readonly Listener[]>;
  readonly publicationsOf: ReadonlyMap<string, readonly Publication[]>;
  readonly linksOf: ReadonlyMap<string, readonly Link[]>;
}

const tables = new WeakMap<Model, Lookup>();

/** The tables of `model`; the same object for the same model. */
export function lookup(model: Model): Lookup {
  const known = tables.get(model);
  if (known !== undefined) return known;
  const made: Lookup = {
    workload: byId(model.workloads),
    namespace: byId(model.namespaces),
    network: byId(model.networks),
    endpoint: byId(model.endpoints),
    members: groupBy(model.workloads, (workload) => workload.namespaceId),
    endpointsOf: groupBy(model.endpoints, (endpoint) => endpoint.namespaceId),
    endpointsOn: groupBy(model.endpoints, (endpoint) => endpoint.networkId),
    listenersIn: groupBy(model.listeners, (listener) => listener.namespaceId),
    publicationsOf: groupBy(model.publications, (publication) => publication.namespaceId),
    linksOf: groupBy(model.links, (link) => link.workloadId),
  };
  tables.set(model, made);
  return made;
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, key);
}
