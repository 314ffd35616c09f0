/** Who stands behind an obstacle, and under which name one container finds another. */
import type { Step } from '../../network/answer.ts';
import type { Link, Network, Publication, Workload } from '../../network/model.ts';
import { DEFAULT_BRIDGE } from '../../network/model.ts';
import type { RuleContext } from '../rule.ts';

/** The name under which `target` answers on a network that `from` is on too: its service's name before others. */
export function dialName(context: RuleContext, from: Workload, target: Workload): string | undefined {
  const networks = new Set((context.lookup.endpointsOf.get(from.namespaceId) ?? []).map((endpoint) => endpoint.networkId));
  const names = (context.lookup.endpointsOf.get(target.namespaceId) ?? [])
    .filter((endpoint) => networks.has(endpoint.networkId) && endpoint.networkId !== DEFAULT_BRIDGE)
    .flatMap((endpoint) => endpoint.names);
  return (
    names.find((name) => name.kind === 'service' && name.name === target.name) ??
    names.find(({ kind }) => kind === 'service') ??
    names[0]
  )?.name;
}

/** The workload that owns the network namespace: only it can be given networks, ports and host entries. */
export function ownerOf(context: RuleContext, workload: Workload): Workload {
  return context.lookup.workload.get(workload.namespaceId) ?? workload;
}

/** The workload that a link means by the name that it dials, as people read it: nearest first, on whatever network. */
export function meantBy(context: RuleContext, link: Link): Workload | undefined {
  const host = link.host?.toLowerCase();
  if (host === undefined) return undefined;
  const project = context.lookup.workload.get(link.workloadId)?.project;
  const named = context.model.endpoints
    .filter((endpoint) => endpoint.names.some(({ name }) => name.toLowerCase() === host))
    .map((endpoint) => endpoint.workloadId);
  const ids = new Set(named);
  const candidates = context.model.workloads.filter(
    (workload) =>
      ids.has(workload.id) ||
      workload.name.toLowerCase() === host ||
      workload.containerName?.toLowerCase() === host ||
      workload.hostname?.toLowerCase() === host,
  );
  return candidates.find((workload) => workload.project === project) ?? candidates[0];
}

/** Networks that have names: all but the default bridge. */
export function namedNetworks(context: RuleContext, workload: Workload): readonly Network[] {
  return (context.lookup.endpointsOf.get(workload.namespaceId) ?? [])
    .filter((endpoint) => endpoint.networkId !== DEFAULT_BRIDGE)
    .flatMap((endpoint) => context.lookup.network.get(endpoint.networkId) ?? []);
}

/** The published port that a step points to. */
export function publicationAt(context: RuleContext, step: Step): Publication | undefined {
  return context.model.publications.find((item) => step.origins.some((origin) => origin === item.origin || origin === item.hostPortOrigin));
}

/** The workload that a step points to: by a listener, or by its own place. */
export function workloadAt(context: RuleContext, step: Step, port: number): Workload | undefined {
  const listener = context.model.listeners.find(
    (item) => item.port === port && item.workloadId !== undefined && step.origins.includes(item.origin),
  );
  if (listener?.workloadId !== undefined) return context.lookup.workload.get(listener.workloadId);
  return context.model.workloads.find((workload) => step.origins.includes(workload.origin));
}

/** In one project, or side by side in one script: a change of the one is a change by the same people. */
export function belongTogether(one: Workload, other: Workload): boolean {
  if (one.project !== undefined || other.project !== undefined) return one.project === other.project;
  return one.origin.kind === 'file' && other.origin.kind === 'file' && one.origin.file === other.origin.file;
}
