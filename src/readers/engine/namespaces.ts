import { HOST_NAMESPACE, type Namespace } from '../../network/model.ts';
import type { InspectedContainer } from './inspected.ts';
import { fieldAt, gap, warn } from './json-place.ts';

export interface NamespaceTable {
  readonly namespaces: readonly Namespace[];
  /** Of a container's name. */
  readonly idOf: ReadonlyMap<string, string>;
}

/** Which network namespace each container runs in; `container:x` is followed to the one that owns it. */
export function resolveNamespaces(containers: readonly InspectedContainer[]): NamespaceTable {
  const find = findContainer(containers);
  const idOf = new Map<string, string>();
  const namespaces = new Map<string, Namespace>();
  for (const container of containers) {
    const owner = followOwner(container, find);
    const namespace = namespaceOf(container, owner);
    idOf.set(container.name, namespace.id);
    namespaces.set(namespace.id, namespaces.get(namespace.id) ?? namespace);
    if (owner !== undefined && owner !== container) warnIfStale(container, owner);
  }
  return { namespaces: [...namespaces.values()], idOf };
}

function namespaceOf(container: InspectedContainer, owner: InspectedContainer | undefined): Namespace {
  if (owner === undefined) {
    const target = container.mode.slice('container:'.length);
    gap(
      fieldAt(container.place, 'HostConfig', 'NetworkMode'),
      'inspect-namespace-missing',
      `container ${container.name} shares the network of container ${target.slice(0, 12)}, which is not in this input`,
      `add the output of: docker inspect ${target.slice(0, 12)}`,
    );
    return { id: `container ${target.slice(0, 12)}`, kind: 'container', listenersComplete: false };
  }
  if (owner.mode === 'host') return { id: HOST_NAMESPACE, kind: 'host', listenersComplete: false };
  return { id: owner.name, kind: owner.mode === 'none' ? 'none' : 'container', listenersComplete: false };
}

type Find = (target: string) => InspectedContainer | undefined;

/** The engine writes the full id; people write a name or the start of the id. */
function findContainer(containers: readonly InspectedContainer[]): Find {
  const known = new Map<string, InspectedContainer>();
  for (const container of containers) {
    known.set(container.name, container);
    known.set(container.id, container);
    known.set(container.id.slice(0, 12), container);
  }
  known.delete('');
  return (target) => known.get(target) ?? known.get(target.slice(0, 12));
}

function followOwner(container: InspectedContainer, find: Find): InspectedContainer | undefined {
  const seen = new Set<InspectedContainer>();
  let owner: InspectedContainer | undefined = container;
  while (owner?.mode.startsWith('container:')) {
    if (seen.has(owner)) return undefined; // the engine cannot make a circle, a text can
    seen.add(owner);
    owner = find(owner.mode.slice('container:'.length));
  }
  return owner;
}

/** A container that joined before its owner's last start holds the namespace of the owner's former life: measured, names fail and ports refuse. */
function warnIfStale(container: InspectedContainer, owner: InspectedContainer): void {
  if (!container.running || !owner.running || container.startedAt === undefined || owner.startedAt === undefined) return;
  if (container.startedAt >= owner.startedAt) return;
  warn(
    fieldAt(container.place, 'State', 'StartedAt'),
    'inspect-stale-namespace',
    `container ${container.name} shares the network of ${owner.name}, which was started again after it: it is left in a dead network`,
    `restart ${container.name}`,
  );
}
