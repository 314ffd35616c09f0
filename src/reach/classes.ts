/**
 * All pairs, at a cost that grows with classes of equal containers and not with pairs: two workloads that are attached
 * to the same networks in the same way are one source; two ports that are offered in the same way are one target.
 */
import type { Question, Source, Verdict } from '../network/answer.ts';
import { addressOf } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Listener, Model, Publication, Transport, Workload } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { endpointsNamed } from './names.ts';

export interface SourceClass {
  readonly members: readonly [Source, ...Source[]];
}

/** A port that somebody offers: a known listener, or the container's side of a published port. */
export interface Target {
  readonly workload: Workload;
  readonly port: number;
  readonly transport: Transport;
}

export interface TargetClass {
  readonly members: readonly [Target, ...Target[]];
}

export interface Matrix {
  readonly sources: readonly SourceClass[];
  readonly targets: readonly TargetClass[];
  /** The answer for any member of the source class to any member of the target class in another namespace. */
  cell(source: SourceClass, target: TargetClass): Verdict | undefined;
  /** Pairs that share a network namespace are answered one by one: localhost joins them. */
  readonly pairs: number;
}

/** `ask` is called once per pair of classes, when its cell is looked at. */
export function allPairs(model: Model, ask: (question: Question) => Verdict): Matrix {
  const sources = classify(sourcesOf(model), (source) => sourceSignature(model, source));
  const targets = classify(targetsOf(model), (target) => targetSignature(model, target));
  return {
    sources: sources.map((members) => ({ members })),
    targets: targets.map((members) => ({ members })),
    cell: (source, target) => cell(model, ask, source, target),
    pairs: sources.reduce((sum, members) => sum + members.length, 0) * targets.reduce((sum, members) => sum + members.length, 0),
  };
}

function classify<T>(items: readonly T[], signature: (item: T) => string): [T, ...T[]][] {
  // Map.groupBy makes no empty groups.
  return [...Map.groupBy(items, signature).values()] as [T, ...T[]][];
}

function sourcesOf(model: Model): readonly Source[] {
  const workloads = model.workloads.map((workload): Source => ({ kind: 'workload', workloadId: workload.id }));
  return [...workloads, { kind: 'host' }, { kind: 'remote' }];
}

function sourceSignature(model: Model, source: Source): string {
  if (source.kind !== 'workload') return source.kind;
  const { workload, namespace, endpointsOf } = lookup(model);
  const found = workload.get(source.workloadId);
  if (found === undefined) return source.workloadId;
  const attachments = (endpointsOf.get(found.namespaceId) ?? [])
    .map((endpoint) => `${endpoint.networkId}^${endpoint.gatewayPriority}`)
    .sort();
  const own = [
    ...found.legacyLinks.map(({ target, alias }) => `${target}:${alias}`),
    ...found.extraHosts.map(({ name, address }) => `${name}=${address}`),
  ];
  return JSON.stringify([namespace.get(found.namespaceId)?.kind, attachments, own, found.state]);
}

function targetsOf(model: Model): readonly Target[] {
  const targets = new Map<string, Target>();
  const add = (workload: Workload | undefined, port: number, transport: Transport): void => {
    if (workload !== undefined) targets.set(`${workload.id} ${port}/${transport}`, { workload, port, transport });
  };
  const { workload } = lookup(model);
  for (const listener of model.listeners) add(workload.get(listener.workloadId ?? ''), listener.port, listener.transport);
  for (const publication of model.publications) add(workload.get(publication.workloadId), publication.containerPort, publication.transport);
  return [...targets.values()];
}

function targetSignature(model: Model, target: Target): string {
  const { listenersIn, publicationsOf, endpointsOf, namespace } = lookup(model);
  const { workload, port, transport } = target;
  const onPort = <T extends { readonly transport: Transport }>(items: readonly T[] | undefined, portOf: (item: T) => number) =>
    (items ?? []).filter((item) => item.transport === transport && portOf(item) === port);
  const listeners = onPort(listenersIn.get(workload.namespaceId), (listener: Listener) => listener.port);
  const publications = onPort(publicationsOf.get(workload.namespaceId), (publication: Publication) => publication.containerPort);
  const clash = (publicationsOf.get(workload.namespaceId) ?? []).some((publication) => publication.hostPort === port);
  const attachments = (endpointsOf.get(workload.namespaceId) ?? [])
    .map((endpoint) => `${endpoint.networkId}^${endpoint.gatewayPriority}`)
    .sort();
  return JSON.stringify([
    namespace.get(workload.namespaceId)?.kind === 'host' ? `host:${port}` : attachments,
    listeners.map(({ address, knowledge, v6Only }) => `${address} ${knowledge} ${v6Only ?? ''}`).sort(),
    namespace.get(workload.namespaceId)?.listenersComplete,
    publications.map(({ hostIp, hostPort }) => `${hostIp ?? ''} ${hostPort === undefined}`).sort(),
    clash,
    workload.state,
    endpointsNamed(model, dialledName(workload)).length,
    transport,
  ]);
}

const dialledName = (workload: Workload): string => (workload.containerName ?? workload.name).toLowerCase();

function cell(model: Model, ask: (question: Question) => Verdict, source: SourceClass, target: TargetClass): Verdict | undefined {
  for (const from of source.members)
    for (const to of target.members) {
      if (namespaceOf(model, from) === to.workload.namespaceId) continue;
      return ask(pairQuestion(model, from, to));
    }
  return undefined;
}

function namespaceOf(model: Model, source: Source): string | undefined {
  if (source.kind === 'host') return HOST_NAMESPACE;
  return source.kind === 'workload' ? lookup(model).workload.get(source.workloadId)?.namespaceId : undefined;
}

/** How a user would dial it: containers by name, the host by the container's address, other machines by the published port. */
export function pairQuestion(model: Model, from: Source, to: Target): Question {
  const { workload, port, transport } = to;
  const inHostMode = workload.namespaceId === HOST_NAMESPACE;
  const intended = workload.id;
  if (namespaceOf(model, from) === workload.namespaceId) return { from, host: 'localhost', port, transport, intended };
  if (inHostMode) return { from, host: addressOf('host'), port, transport, intended };
  const endpoint = lookup(model).endpointsOf.get(workload.namespaceId)?.[0];
  if (from.kind === 'workload')
    return { from, host: reachableName(model, from.workloadId, workload) ?? dialledName(workload), port, transport, intended };
  if (from.kind === 'remote') {
    const publication = lookup(model)
      .publicationsOf.get(workload.namespaceId)
      ?.find((candidate) => candidate.containerPort === port && candidate.transport === transport);
    if (publication?.hostPort !== undefined) return { from, host: addressOf('host'), port: publication.hostPort, transport, intended };
  }
  return { from, host: endpoint === undefined ? dialledName(workload) : addressOf(endpoint.id), port, transport, intended };
}

/** On the default bridge, and from host mode, containers are dialled by address: names are not to be had there. */
function reachableName(model: Model, fromId: string, to: Workload): string | undefined {
  const { workload, endpointsOf } = lookup(model);
  const from = workload.get(fromId);
  if (from === undefined) return undefined;
  const theirs = endpointsOf.get(to.namespaceId) ?? [];
  if (from.namespaceId === HOST_NAMESPACE) return theirs[0] === undefined ? undefined : addressOf(theirs[0].id);
  const own = new Set((endpointsOf.get(from.namespaceId) ?? []).map((endpoint) => endpoint.networkId));
  const shared = theirs.find((endpoint) => own.has(endpoint.networkId));
  if (shared === undefined) return undefined;
  return shared.names[0]?.name ?? addressOf(shared.id);
}
