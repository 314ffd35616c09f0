/** Two inputs may use one id for different workloads (`container-1` of two scripts, two projects of one name): the later is renamed. */
import type { ModelPart } from './reader.ts';

export function renameCollisions(parts: readonly ModelPart[]): readonly ModelPart[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    const names = new Map<string, string>();
    for (const { id } of part.workloads) if (taken.has(id)) names.set(id, free(id, taken));
    const renamed = names.size === 0 ? part : rename(part, names);
    for (const { id } of renamed.workloads) taken.add(id);
    return renamed;
  });
}

function free(id: string, taken: ReadonlySet<string>): string {
  let number = 2;
  while (taken.has(`${id}~${number}`)) number += 1;
  return `${id}~${number}`;
}

function rename(part: ModelPart, names: ReadonlyMap<string, string>): ModelPart {
  const to = (id: string): string => names.get(id) ?? id;
  const owned = <T extends { readonly workloadId?: string }>(item: T): T =>
    item.workloadId === undefined ? item : { ...item, workloadId: to(item.workloadId) };
  const placed = <T extends { readonly namespaceId: string; readonly workloadId?: string }>(item: T): T => ({
    ...owned(item),
    namespaceId: to(item.namespaceId),
  });
  return {
    ...part,
    namespaces: part.namespaces.map((namespace) => ({ ...namespace, id: to(namespace.id) })),
    workloads: part.workloads.map((workload) => ({
      ...workload,
      id: to(workload.id),
      namespaceId: to(workload.namespaceId),
      dependsOn: workload.dependsOn.map(owned),
    })),
    endpoints: part.endpoints.map((endpoint) => ({
      ...placed(endpoint),
      id: names.has(endpoint.workloadId) ? `${endpoint.id}@${to(endpoint.workloadId)}` : endpoint.id,
    })),
    listeners: part.listeners.map(placed),
    publications: part.publications.map(placed),
    links: part.links.map(owned),
    registrations: part.registrations.map(owned),
  };
}
