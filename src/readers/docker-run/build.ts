import type { FileOrigin } from '../../core/origin.ts';
import { declared } from '../../network/fact.ts';
import {
  DEFAULT_BRIDGE,
  type Endpoint,
  type EndpointName,
  HOST_NAMESPACE,
  type Namespace,
  type Publication,
  type Workload,
} from '../../network/model.ts';
import type { ModelPart } from '../reader.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkLinks, checkNamespace } from './check-namespace.ts';
import { textOf } from './container.ts';
import { type Container, type End, type EngineState, repository } from './engine-state.ts';
import type { Remarks } from './remarks.ts';

/** The model of the containers and networks that the commands left behind. */
export function buildPart(state: EngineState, remarks: Remarks): ModelPart {
  const namespaces = new Map<string, Namespace>();
  const workloads: Workload[] = [];
  const endpoints: Endpoint[] = [];
  const publications: Publication[] = [];
  state.remarkMissing();
  const dead = deadNamespaces(state);
  for (const container of state.containers) {
    const left = dead.get(container);
    const namespaceId = left?.id ?? namespaceOf(container, state, dead, new Set());
    checkNamespace(container, state, remarks);
    checkLinks(container, state, remarks);
    if (namespaceId === container.id)
      namespaces.set(namespaceId, {
        id: namespaceId,
        kind: container.mode?.value === 'none' || left !== undefined ? 'none' : 'container',
        listenersComplete: false,
      });
    else if (namespaceId === HOST_NAMESPACE) namespaces.set(HOST_NAMESPACE, { id: HOST_NAMESPACE, kind: 'host', listenersComplete: false });
    workloads.push(workloadOf(container, namespaceId, left?.end));
    endpoints.push(...endpointsOf(container));
    // A container that shares another's namespace cannot publish; the engine refuses it, and checkNamespace said so.
    if (namespaceId === container.id || container.mode?.value === 'host') publications.push(...publicationsOf(container, namespaceId));
  }
  checkAddresses(endpoints, state.networks, remarks);
  return {
    namespaces: [...namespaces.values()],
    workloads,
    networks: state.networks,
    endpoints,
    listeners: [],
    publications,
    links: [],
    registrations: [],
    problems: remarks.problems,
  };
}

/** Follows `container:x` to the owner; a container whose owner is not in the input keeps a namespace of its own. */
function namespaceOf(container: Container, state: EngineState, dead: DeadNamespaces, seen: Set<string>): string {
  const mode = container.mode?.value;
  if (mode === 'host') return HOST_NAMESPACE;
  if (mode === undefined || mode === 'none' || seen.has(container.id)) return container.id;
  seen.add(container.id);
  const owner = ownerOf(container, state);
  return owner === undefined ? container.id : (dead.get(owner)?.id ?? namespaceOf(owner, state, dead, seen));
}

function ownerOf(container: Container, state: EngineState): Container | undefined {
  const owner = container.joined?.owner;
  // One that a page or a function shows again stands for the first.
  if (owner !== undefined && state.holds(owner)) return owner;
  return container.mode === undefined ? undefined : state.refer(container.mode.slice('container:'.length));
}

type DeadNamespaces = ReadonlyMap<Container, { readonly id: string; readonly end: End }>;

/**
 * The namespaces that outlived their owner: it was restarted, or removed, after others had joined. They keep it, without
 * interfaces, names or routes; those that joined the same one still share it, under the id of the first.
 */
function deadNamespaces(state: EngineState): DeadNamespaces {
  const dead = new Map<Container, { readonly id: string; readonly end: End }>();
  const firstOf = new Map<Container, Map<number, string>>();
  for (const container of state.containers) {
    const end = container.joined?.owner.ends[container.joined.after];
    if (container.joined === undefined || end === undefined) continue;
    const { owner, after } = container.joined;
    const ids = firstOf.get(owner) ?? new Map<number, string>();
    firstOf.set(owner, ids);
    const id = ids.get(after) ?? container.id;
    ids.set(after, id);
    dead.set(container, { id, end });
  }
  return dead;
}

/** The place of `--network container:x`, and the command that made it lead nowhere. */
function endedBy(origin: FileOrigin, { text, origin: at }: End): FileOrigin {
  const { line, column } = at.span;
  return { ...origin, via: [...origin.via, { kind: 'override', text, file: at.file, line, column }] };
}

function workloadOf(container: Container, namespaceId: string, end: End | undefined): Workload {
  const { spec, id, origin } = container;
  const image = textOf(spec.image);
  const mode = spec.attachments[0]?.network;
  const resource = spec.memory?.text ?? spec.cpus?.text;
  return {
    id,
    name: container.name ?? nameOfImage(image.value),
    declaredBy: 'docker-run',
    origin,
    namespaceId,
    image,
    environment: spec.environment,
    mounts: spec.mounts,
    labels: spec.labels,
    extraHosts: spec.extraHosts,
    dns: spec.dns,
    legacyLinks: container.links,
    exposed: spec.exposed,
    dependsOn: [],
    replicas: 1,
    capAdd: spec.capAdd,
    privileged: spec.privileged,
    state: container.state,
    resources: {
      ...(spec.memory === undefined ? {} : { memoryBytes: spec.memory.bytes }),
      ...(spec.cpus === undefined ? {} : { cpus: spec.cpus.value }),
      ...(resource === undefined ? {} : { origin: resource.origin }),
    },
    ...(mode === undefined
      ? {}
      : { networkMode: end === undefined ? textOf(mode) : { value: mode.value, origin: endedBy(mode.origin, end) } }),
    ...(container.name === undefined ? {} : { containerName: container.name }),
    ...(spec.hostname === undefined ? {} : { hostname: spec.hostname.value }),
    ...(spec.entrypoint === undefined || spec.entrypoint.value === ''
      ? {}
      : { entrypoint: { form: 'exec' as const, values: [textOf(spec.entrypoint)], origin: spec.entrypoint.origin } }),
    ...commandOf(container),
    ...(spec.publishAll === undefined ? {} : { publishAll: spec.publishAll.origin }),
    ...(spec.healthcheck === undefined ? {} : { healthcheck: spec.healthcheck }),
    ...(spec.restart === undefined ? {} : { restart: textOf(spec.restart) }),
    ...loggingOf(container),
    ...(spec.user === undefined ? {} : { user: spec.user }),
  };
}

function commandOf({ spec }: Container): Pick<Workload, 'command'> {
  const [first] = spec.command;
  const last = spec.command.at(-1);
  if (first === undefined || last === undefined) return {};
  const { span } = last.origin;
  const origin: FileOrigin = {
    ...first.origin,
    exact: false,
    span: { ...first.origin.span, end: span.end, endLine: span.endLine, endColumn: span.endColumn },
  };
  return { command: { form: 'exec', values: spec.command.map(textOf), origin } };
}

function loggingOf({ spec, origin }: Container): Pick<Workload, 'logging'> {
  if (spec.logDriver === undefined && spec.logOptions.length === 0) return {};
  return {
    logging: {
      driver: spec.logDriver?.value ?? 'json-file',
      options: spec.logOptions,
      origin: spec.logDriver?.origin ?? spec.logOptions[0]?.origin ?? origin,
    },
  };
}

/** `node-exporter` of `quay.io/prometheus/node-exporter:v1.6.0`. */
function nameOfImage(image: string): string {
  const path = repository(image);
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

function endpointsOf(container: Container): readonly Endpoint[] {
  return [...container.attachments].map(([networkId, attachment]) => {
    const { ipv4, ipv6, mac } = attachment;
    const onDefault = networkId === DEFAULT_BRIDGE;
    return {
      id: `${container.id}@${networkId}`,
      namespaceId: container.id,
      networkId,
      workloadId: container.id,
      names: onDefault ? [] : namesOf(container, attachment.aliases),
      gatewayPriority: attachment.gatewayPriority,
      origin: onDefault && container.spec.attachments.length === 0 ? container.origin : attachment.network.origin,
      ...(ipv4 === undefined || onDefault ? {} : { ipv4: declared(ipv4.value, ipv4.origin) }),
      ...(ipv6 === undefined || onDefault ? {} : { ipv6: declared(ipv6.value, ipv6.origin) }),
      ...(mac === undefined ? {} : { mac: declared(mac.value, mac.origin) }),
    };
  });
}

/** The embedded DNS knows the container's name, its aliases and its hostname; the short id too, which nobody can know beforehand. */
function namesOf(container: Container, aliases: Container['spec']['command']): readonly EndpointName[] {
  const names: EndpointName[] = [];
  if (container.name !== undefined)
    names.push({ name: container.name, kind: 'container', origin: container.spec.name?.origin ?? container.origin });
  for (const alias of aliases) names.push({ name: alias.value, kind: 'alias', origin: alias.origin });
  const { hostname } = container.spec;
  if (hostname !== undefined && hostname.value !== '' && !names.some(({ name }) => name === hostname.value))
    names.push({ name: hostname.value, kind: 'hostname', origin: hostname.origin });
  return names;
}

function publicationsOf(container: Container, namespaceId: string): readonly Publication[] {
  return container.spec.ports.map(({ text, hostPortText, containerPortText, ...port }) => ({
    ...port,
    workloadId: container.id,
    namespaceId,
    origin: text.origin,
    knowledge: 'declared',
    ...(hostPortText === undefined ? {} : { hostPortOrigin: hostPortText.origin }),
    ...(containerPortText === undefined ? {} : { containerPortOrigin: containerPortText.origin }),
  }));
}
