/** What a model says, without where it says so: for telling which facts a fix changed. */
import type { Model } from '../../network/model.ts';

/** Owner (`workload shop/web`, `network shop_default`) → its facts as sorted text. */
export type Facts = ReadonlyMap<string, string>;

export function factsOf(model: Model): Facts {
  const rows = new Map<string, string[]>();
  const add = (owner: string, kind: string, fact: unknown): void => {
    const text = `${kind} ${withoutOrigins(fact)}`;
    const known = rows.get(owner);
    if (known === undefined) rows.set(owner, [text]);
    else known.push(text);
  };
  for (const item of model.workloads) add(workload(item.id), 'workload', item);
  for (const item of model.namespaces) add(workload(item.id), 'namespace', item);
  for (const item of model.networks) add(network(item.id), 'network', item);
  for (const item of model.endpoints) add(workload(item.workloadId), 'endpoint', item);
  for (const item of model.listeners) add(workload(item.workloadId ?? item.namespaceId), 'listener', item);
  for (const item of model.publications) add(workload(item.workloadId), 'publication', item);
  for (const item of model.links) add(workload(item.workloadId), 'link', { ...item, id: '' });
  for (const item of model.registrations) add(workload(item.workloadId ?? item.registry), 'registration', { ...item, id: '' });
  return new Map([...rows].map(([owner, texts]) => [owner, texts.sort().join('\n')]));
}

export const workload = (id: string): string => `workload ${id}`;
export const network = (id: string): string => `network ${id}`;

/** Owners whose facts differ. */
export function changedOwners(before: Facts, after: Facts): ReadonlySet<string> {
  return new Set([...before.keys(), ...after.keys()].filter((owner) => before.get(owner) !== after.get(owner)));
}

function withoutOrigins(fact: unknown): string {
  return JSON.stringify(fact, (_, value: unknown) => (isOrigin(value) ? '' : value));
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return (
    (value.kind === 'file' && 'span' in value) ||
    (value.kind === 'observed' && 'object' in value) ||
    (value.kind === 'default' && 'text' in value)
  );
}
