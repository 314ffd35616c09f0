import { parseAddress } from '../core/address.ts';
import type { Origin } from '../core/origin.ts';
import { lookup } from '../network/lookup.ts';
import type { Endpoint, EndpointName, ExtraHost, Model, Network, Workload } from '../network/model.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE } from '../network/model.ts';
import type { Destination, Origination } from './place.ts';
import { isUserDefined, locate, networkOf, originsOf } from './place.ts';
import type { Reason, Trace } from './trace.ts';
import type { World } from './worlds.ts';

/** Names that Docker Desktop answers by itself, and that Linux answers only with `extra_hosts`. */
const desktopNames = new Set(['host.docker.internal', 'gateway.docker.internal', 'kubernetes.docker.internal']);

/**
 * What the client's resolver makes of `host`, in the order that a container's resolver asks: literals, /etc/hosts,
 * the embedded DNS (names on shared networks), then the host's upstream servers. Writes the name steps; the
 * destinations are alternatives that the client tries in turn. Empty: resolution fails.
 */
export function resolveName(model: Model, world: World, trace: Trace, from: Origination, host: string): readonly Destination[] {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (host.startsWith('@') || parseAddress(host) !== undefined) return [locate(model, world, host)];
  if (name === 'localhost' || name.endsWith('.localhost')) return localhost(trace, from, host);
  return (
    fromHostsFile(model, world, trace, from, name) ??
    fromEmbeddedDns(model, world, trace, from, name) ??
    upstream(model, world, trace, from, host, name)
  );
}

function localhost(trace: Trace, from: Origination, host: string): readonly Destination[] {
  trace.pass(
    'name',
    from.kind === 'container' ? `"${host}" inside ${from.label} is ${from.label} itself` : `"${host}" is ${from.label} itself`,
  );
  return [
    { kind: 'self', family: 4, address: '127.0.0.1' },
    { kind: 'self', family: 6, address: '::1' },
  ];
}

function fromHostsFile(model: Model, world: World, trace: Trace, from: Origination, name: string): readonly Destination[] | undefined {
  // Whoever joins the namespace of another container gets that one's /etc/hosts (and resolv.conf) with it.
  const owner = lookup(model).workload.get(from.namespaceId ?? '') ?? from.workload;
  const entries = owner?.extraHosts.filter((entry) => entry.name.toLowerCase() === name) ?? [];
  if (entries.length > 0) return entries.map((entry) => extraHost(model, world, trace, entry));
  if (from.kind === 'container' && owner?.hostname?.toLowerCase() === name) {
    trace.pass('name', `"${name}" is the host name of ${from.label} itself`);
    return from.endpoints.map((endpoint) => ({ kind: 'endpoint', endpoint, family: 4 }));
  }
  return legacyLink(model, trace, from, owner, name);
}

function extraHost(model: Model, world: World, trace: Trace, entry: ExtraHost): Destination {
  if (entry.address !== 'host-gateway') {
    trace.pass('name', `"${entry.name}" is ${entry.address} by an extra host entry`, [entry.origin]);
    return locate(model, world, entry.address);
  }
  if (desktopNames.has(entry.name.toLowerCase()) && world.environment.platform.knowledge !== 'unknown' && world.platform === 'desktop') {
    trace.pass('name', `"${entry.name}" is the machine that runs Docker Desktop`, [entry.origin]);
    return { kind: 'host', family: 4, label: 'the host', desktop: true };
  }
  const own = world.environment.hostGatewayIps[0];
  trace.pass(
    'name',
    `"${entry.name}" is the host's address on ${own === undefined ? 'the default bridge (host-gateway)' : `${own} (host-gateway-ips)`}`,
    [entry.origin],
  );
  const bridge = lookup(model).network.get(DEFAULT_BRIDGE);
  return bridge === undefined || own !== undefined
    ? { kind: 'host', family: 4, label: 'the host (host-gateway)' }
    : { kind: 'host', family: 4, label: 'the host (host-gateway)', network: bridge };
}

function legacyLink(
  model: Model,
  trace: Trace,
  from: Origination,
  owner: Workload | undefined,
  name: string,
): readonly Destination[] | undefined {
  for (const link of owner?.legacyLinks ?? []) {
    const target = findWorkload(model, owner, link.target);
    if (target === undefined || (link.alias.toLowerCase() !== name && link.target.toLowerCase() !== name)) continue;
    const shared = sharedEndpoints(model, from, (endpoint) => endpoint.namespaceId === target.namespaceId);
    if (shared.length === 0) continue;
    trace.pass('name', `"${name}" is ${target.name} by a link`, [link.origin]);
    return shared.flatMap((endpoint) => families(model, endpoint));
  }
  return undefined;
}

/** A workload by id, container name or service name, nearest first: the own project's. */
export function findWorkload(model: Model, near: Workload | undefined, name: string): Workload | undefined {
  const matches = model.workloads.filter((workload) => workload.id === name || workload.containerName === name || workload.name === name);
  return matches.find((workload) => workload.project === near?.project) ?? matches[0];
}

function sharedEndpoints(model: Model, from: Origination, filter: (endpoint: Endpoint) => boolean): readonly Endpoint[] {
  const { endpointsOn } = lookup(model);
  return from.endpoints.flatMap((own) => (endpointsOn.get(own.networkId) ?? []).filter(filter));
}

const nameTables = new WeakMap<Model, ReadonlyMap<string, readonly { readonly endpoint: Endpoint; readonly entry: EndpointName }[]>>();

/** All endpoints that carry a name, on whatever network. */
export function endpointsNamed(model: Model, name: string): readonly { readonly endpoint: Endpoint; readonly entry: EndpointName }[] {
  let table = nameTables.get(model);
  if (table === undefined) {
    const rows = model.endpoints.flatMap((endpoint) => endpoint.names.map((entry) => ({ endpoint, entry })));
    table = Map.groupBy(rows, (row) => row.entry.name.toLowerCase());
    nameTables.set(model, table);
  }
  return table.get(name) ?? [];
}

function fromEmbeddedDns(model: Model, world: World, trace: Trace, from: Origination, name: string): readonly Destination[] | undefined {
  if (from.kind !== 'container') return undefined;
  const networks = new Set(from.endpoints.map((endpoint) => endpoint.networkId));
  const matches = endpointsNamed(model, name).filter(({ endpoint }) => networks.has(endpoint.networkId) && isUp(model, endpoint));
  if (matches.length === 0) return undefined;
  const byNamespace = Map.groupBy(matches, ({ endpoint }) => endpoint.namespaceId);
  const owners = [...byNamespace.keys()];
  const [first, ...rest] = owners;
  if (first === undefined) return undefined;
  const chosen =
    rest.length === 0
      ? first
      : world.choose(`name:${name}`, [first, ...rest], `which of the ${owners.length} containers that carry the name "${name}" answers`);
  const rows = byNamespace.get(chosen) ?? [];
  for (const { endpoint, entry } of rows.slice(0, 1))
    trace.pass('name', `"${name}" is ${describeName(entry)} ${ownerName(model, endpoint)} on network ${endpoint.networkId}`, [
      entry.origin,
    ]);
  return [...new Set(rows.map(({ endpoint }) => endpoint))].flatMap((endpoint) => families(model, endpoint));
}

function isUp(model: Model, endpoint: Endpoint): boolean {
  return lookup(model).workload.get(endpoint.workloadId)?.state !== 'stopped';
}

function describeName(entry: EndpointName): string {
  switch (entry.kind) {
    case 'container':
      return 'the name of container';
    case 'service':
      return 'the name of service';
    case 'alias':
      return 'an alias of';
    case 'short-id':
      return 'the id of';
    case 'hostname':
      return 'the host name of';
    default:
      return entry.kind satisfies never;
  }
}

function ownerName(model: Model, endpoint: Endpoint): string {
  return lookup(model).workload.get(endpoint.workloadId)?.name ?? endpoint.workloadId;
}

function families(model: Model, endpoint: Endpoint): readonly Destination[] {
  const network = networkOf(model, endpoint);
  const kinds: Destination[] = [];
  if (network?.ipv4 !== false) kinds.push({ kind: 'endpoint', endpoint, family: 4 });
  if (network?.ipv6 === true) kinds.push({ kind: 'endpoint', endpoint, family: 6 });
  return kinds;
}

function upstream(model: Model, world: World, trace: Trace, from: Origination, host: string, name: string): readonly Destination[] {
  if (desktopNames.has(name)) return desktopName(world, trace, from, host);
  const elsewhere = endpointsNamed(model, name).map(({ endpoint }) => endpoint);
  const named = lookup(model).workload.get(elsewhere[0]?.workloadId ?? '') ?? nameless(model, name);
  if (named !== undefined) {
    notHere(model, trace, from, host, named, elsewhere);
    return [];
  }
  if (from.kind === 'none') {
    trace.block(
      'name',
      'no-route-none',
      'dns-failure',
      `${from.label} has no network, so no name resolves in it`,
      originsOf(from.workload),
    );
    return [];
  }
  const internal = onlyInternal(model, from);
  if (name.includes('.')) return foreign(trace, from, host, internal);
  const openNetwork = from.endpoints.map((endpoint) => networkOf(model, endpoint)).find((network) => network?.external === true);
  trace.unknown(
    'name',
    'name-unknown',
    internal === undefined ? 'nxdomain' : 'dns-failure',
    openNetwork === undefined
      ? `no container of the input is called "${host}", so the name goes to the host's resolvers`
      : `no container of the input is called "${host}"; one outside of it on ${openNetwork.id} may be`,
    `who answers to the name "${host}"`,
    originsOf(openNetwork),
  );
  return [];
}

function foreign(trace: Trace, from: Origination, host: string, internal: Network | undefined): readonly Destination[] {
  if (internal !== undefined && (from.workload?.dns.servers.length ?? 0) === 0) {
    trace.block(
      'name',
      'name-external-on-internal',
      'dns-failure',
      `${from.label} is only on internal networks, where names of the outside do not resolve`,
      [internal.internal ?? internal.origin],
    );
  } else {
    trace.pass('name', `"${host}" is resolved by the host's DNS servers`);
  }
  return [{ kind: 'external', label: host }];
}

function desktopName(world: World, trace: Trace, from: Origination, host: string): readonly Destination[] {
  if (from.kind === 'container' && world.platform === 'desktop') {
    trace.pass('name', `"${host}" is answered by Docker Desktop: the machine it runs on`);
    return [{ kind: 'host', family: 4, label: 'the host', desktop: true }];
  }
  const text =
    from.kind === 'container'
      ? `"${host}" does not resolve on Linux: ${from.label} has no extra host entry for it`
      : `"${host}" does not resolve outside of containers`;
  trace.block('name', 'host-gateway-missing', 'nxdomain', text, originsOf(from.workload));
  return [];
}

/** A workload that is called so although no endpoint carries its name: on the default bridge, in host mode, without a network. */
function nameless(model: Model, name: string): Workload | undefined {
  return model.workloads.find((workload) => workload.name.toLowerCase() === name || workload.containerName?.toLowerCase() === name);
}

function onlyInternal(model: Model, from: Origination): Network | undefined {
  const networks = from.endpoints.map((endpoint) => networkOf(model, endpoint));
  return networks.length > 0 && networks.every((network) => network?.internal !== undefined) ? networks[0] : undefined;
}

/** The name exists, but not for this client: says why. */
function notHere(model: Model, trace: Trace, from: Origination, host: string, target: Workload, elsewhere: readonly Endpoint[]): void {
  const symptom = onlyInternal(model, from) === undefined && from.kind !== 'none' ? 'nxdomain' : 'dns-failure';
  const places = [...from.endpoints, ...elsewhere.slice(0, 3)].map((endpoint) => endpoint.origin);
  const block = (reason: Reason, text: string, origins: readonly Origin[]): void => trace.block('name', reason, symptom, text, origins);
  if (from.kind === 'none') {
    block('no-route-none', `${from.label} has no network, so no name resolves in it`, originsOf(from.workload?.networkMode));
  } else if (from.kind !== 'container') {
    const why =
      from.workload === undefined
        ? 'does not resolve names of containers'
        : "uses the host's network and resolver, which knows no container by name";
    block('name-in-host-mode', `${from.label} ${why}: "${host}" is one`, [
      ...originsOf(from.workload?.networkMode ?? from.workload),
      ...places,
    ]);
  } else if (target.state === 'stopped') {
    block('stopped', `${target.name} is not running, so nothing answers to the name "${host}"`, [target.origin]);
  } else if (target.namespaceId === HOST_NAMESPACE) {
    block(
      'name-in-host-mode',
      `${target.name} uses the host's network, so no network carries its name "${host}"`,
      originsOf(target.networkMode ?? target),
    );
  } else if (from.endpoints.every((endpoint) => !userDefined(model, endpoint))) {
    block('name-on-default-bridge', `${from.label} is on the default bridge, which has no name resolution between containers`, [
      ...originsOf(from.workload?.networkMode ?? from.workload),
      ...places,
    ]);
  } else {
    const theirs = elsewhere.length === 0 ? placeOf(model, target) : `only a name on ${networkList(elsewhere)}`;
    block('name-not-shared', `"${host}" is ${theirs}; ${from.label} is on ${networkList(from.endpoints)}`, [...places, target.origin]);
  }
}

function placeOf(model: Model, target: Workload): string {
  const onBridge = (lookup(model).endpointsOf.get(target.namespaceId) ?? []).some((endpoint) => endpoint.networkId === DEFAULT_BRIDGE);
  return onBridge
    ? `${target.name} on the default bridge, where containers have no names`
    : `${target.name}, which has no name on any network`;
}

function networkList(endpoints: readonly Endpoint[]): string {
  return [...new Set(endpoints.map((endpoint) => endpoint.networkId))].join(', ');
}

function userDefined(model: Model, endpoint: Endpoint): boolean {
  const network = networkOf(model, endpoint);
  return network !== undefined && isUserDefined(network);
}
