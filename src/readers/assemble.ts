/** Parts → one model of one host. Pure. */
import { plainBridge } from '../network/bridge.ts';
import type { Environment } from '../network/environment.ts';
import { defaultEnvironment } from '../network/environment.ts';
import type { Link, Listener, Model, Namespace, Network, Subnet } from '../network/model.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE } from '../network/model.ts';
import type { ModelPart } from './reader.ts';
import { renameCollisions } from './rename.ts';

export interface AssembleOptions {
  /** What flags and settings say; it wins over what the inputs said. */
  readonly environment?: Partial<Environment>;
  /** Services of the host that somebody stated. */
  readonly hostListeners?: readonly Listener[];
}

export function assemble(given: readonly ModelPart[], options: AssembleOptions = {}): Model {
  const parts = renameCollisions(given);
  return {
    environment: Object.assign({}, defaultEnvironment, ...parts.map((part) => part.environment), options.environment),
    namespaces: joinNamespaces(parts.flatMap((part) => part.namespaces)),
    workloads: parts.flatMap((part) => part.workloads),
    networks: joinNetworks(parts.flatMap((part) => part.networks)),
    endpoints: parts.flatMap((part) => part.endpoints),
    listeners: joinListeners(parts, options.hostListeners ?? []),
    publications: parts.flatMap((part) => part.publications),
    links: numbered(parts.flatMap((part) => part.links)),
    registrations: parts.flatMap((part) => part.registrations),
    problems: parts.flatMap((part) => part.problems),
  };
}

/** Where all sockets of a namespace are known, what a default or a published port suggests counts no longer. */
function joinListeners(parts: readonly ModelPart[], stated: readonly Listener[]): readonly Listener[] {
  const complete = new Set(parts.flatMap((part) => part.namespaces.filter((namespace) => namespace.listenersComplete).map(({ id }) => id)));
  const all = [...parts.flatMap((part) => part.listeners), ...stated];
  return all.filter((listener) => listener.knowledge !== 'assumed' || !complete.has(listener.namespaceId));
}

/** The host's namespace is in every model; complete when any part knows all of its sockets. */
function joinNamespaces(all: readonly Namespace[]): readonly Namespace[] {
  const byId = new Map<string, Namespace>([[HOST_NAMESPACE, { id: HOST_NAMESPACE, kind: 'host', listenersComplete: false }]]);
  for (const namespace of all) {
    const known = byId.get(namespace.id);
    const listenersComplete = namespace.listenersComplete || (known?.listenersComplete ?? false);
    byId.set(namespace.id, { ...(known ?? namespace), listenersComplete });
  }
  return [...byId.values()];
}

/**
 * Networks are one by the name that the engine knows. Who defines it (or observed it) knows its options; who calls it
 * `external` only uses it, and stays external when nobody in the input defines it.
 */
function joinNetworks(all: readonly Network[]): readonly Network[] {
  const byId = new Map<string, Network>();
  for (const network of all) {
    const known = byId.get(network.id);
    if (known === undefined || (known.external && !network.external)) byId.set(network.id, network);
  }
  byId.set(DEFAULT_BRIDGE, defaultBridge(byId.get(DEFAULT_BRIDGE)));
  return [...byId.values()];
}

const bridgeOrigin = { kind: 'default', text: "Docker's default bridge docker0, 172.17.0.0/16 unless configured otherwise" } as const;

const bridgeSubnet: Subnet = {
  cidr: '172.17.0.0/16',
  gateway: '172.17.0.1',
  auxiliary: [],
  knowledge: 'assumed',
  origin: bridgeOrigin,
};

/** Every engine has it (`bip` and `--bridge` aside), so every model has it too. */
function defaultBridge(known: Network | undefined): Network {
  if (known !== undefined)
    return known.subnets.length > 0 ? { ...known, external: false } : { ...known, external: false, subnets: [bridgeSubnet] };
  return plainBridge(DEFAULT_BRIDGE, bridgeOrigin, { subnets: [bridgeSubnet] });
}

/** Readers number the links of their own part; in the joined model the ids must still differ. */
function numbered(links: readonly Link[]): readonly Link[] {
  const seen = new Map<string, number>();
  return links.map((link) => {
    const count = (seen.get(link.id) ?? 0) + 1;
    seen.set(link.id, count);
    return count === 1 ? link : { ...link, id: `${link.id}~${count}` };
  });
}
