import { HOST_NAMESPACE, type Listener, type Namespace, type Publication } from '../../network/model.ts';
import type { ModelPart } from '../reader.ts';
import type { EngineHost } from './engine-host.ts';
import type { InspectedContainer } from './inspected.ts';
import { isOfContainer, type Pid, type Proc, readSockets, type SocketTable, socketInodes } from './proc.ts';

export interface ObservedListeners {
  readonly listeners: readonly Listener[];
  /** The namespaces of the part, those that were read with `listenersComplete`. */
  readonly namespaces: readonly Namespace[];
}

/** The embedded DNS of user-defined networks: dockerd listens there inside of each container's namespace. */
const EMBEDDED_DNS = '127.0.0.11';

/** What listens in each namespace of `part` whose /proc can be read. */
export function observeListeners(
  proc: Proc,
  part: ModelPart,
  containers: readonly InspectedContainer[],
  host: EngineHost | undefined,
): ObservedListeners {
  const all = new Map(part.namespaces.map((namespace) => [namespace.id, namespace]));
  if (host !== undefined && !all.has(HOST_NAMESPACE))
    all.set(HOST_NAMESPACE, { id: HOST_NAMESPACE, kind: 'host', listenersComplete: false });
  const members = Map.groupBy(livingMembers(proc, part, containers), (member) => member.namespaceId);
  const listeners: Listener[] = [];
  const namespaces = [...all.values()].map((namespace) => {
    const inside = members.get(namespace.id) ?? [];
    const owner = inside.find((member) => member.name === namespace.id) ?? inside[0];
    const pid: Pid | undefined = namespace.kind === 'host' ? (host?.pid ?? owner?.pid) : owner?.pid;
    const tables = pid === undefined ? undefined : readSockets(proc, pid);
    if (tables === undefined) return namespace;
    const found = toListeners(tables, namespace, ownersOf(proc, namespace, inside));
    listeners.push(...(namespace.kind === 'host' ? withoutProxies(found, part.publications) : found));
    return { ...namespace, listenersComplete: true };
  });
  return { listeners, namespaces };
}

interface Member {
  readonly name: string;
  readonly namespaceId: string;
  readonly pid: number;
}

function livingMembers(proc: Proc, part: ModelPart, containers: readonly InspectedContainer[]): readonly Member[] {
  const namespaceOf = new Map(part.workloads.map((workload) => [workload.id, workload.namespaceId]));
  return containers.flatMap(({ name, id, pid }) => {
    const namespaceId = namespaceOf.get(name);
    if (namespaceId === undefined || pid === undefined || !isOfContainer(proc, pid, id)) return [];
    return [{ name, namespaceId, pid }];
  });
}

/** Whose socket it is. In a namespace of one container there is nobody else; elsewhere the open files tell. */
type OwnerOf = (inode: string) => string | undefined;

function ownersOf(proc: Proc, namespace: Namespace, members: readonly Member[]): OwnerOf {
  const only = members[0];
  if (namespace.kind !== 'host' && members.length === 1) return () => only?.name;
  const owners = new Map(members.flatMap((member) => [...socketInodes(proc, member.pid)].map((inode) => [inode, member.name] as const)));
  return (inode) => owners.get(inode);
}

function toListeners(tables: readonly SocketTable[], namespace: Namespace, ownerOf: OwnerOf): readonly Listener[] {
  const found = new Map<string, Listener>();
  for (const { file, sockets } of tables) {
    for (const { address, port, transport, inode, line } of sockets) {
      const key = `${transport} ${address} ${port}`;
      // SO_REUSEPORT shows one row per process.
      if (found.has(key) || (address === EMBEDDED_DNS && namespace.kind !== 'host')) continue;
      const workloadId = ownerOf(inode);
      const object = namespace.kind === 'host' ? 'the host' : `container ${namespace.id}`;
      found.set(key, {
        namespaceId: namespace.id,
        ...(workloadId === undefined ? {} : { workloadId }),
        address,
        // A socket on :: that also took IPv4 could not have been bound beside one on 0.0.0.0 (EADDRINUSE).
        ...(address === '::' && found.has(`${transport} 0.0.0.0 ${port}`) ? { v6Only: true } : {}),
        port,
        transport,
        knowledge: 'observed',
        origin: { kind: 'observed', source: file, object, path: `line ${line}` },
      });
    }
  }
  return [...found.values()];
}

/** docker-proxy (and dockerd, which keeps the port when there is no proxy) listens on the host for each published port: no service of the host. */
function withoutProxies(listeners: readonly Listener[], publications: readonly Publication[]): readonly Listener[] {
  const proxied = new Set<string>();
  for (const { hostIp, hostPort, transport, knowledge } of publications) {
    if (knowledge !== 'observed' || hostPort === undefined) continue;
    for (const address of hostIp === undefined ? ['0.0.0.0', '::'] : [hostIp]) proxied.add(`${transport} ${address} ${hostPort}`);
  }
  return listeners.filter(({ transport, address, port }) => !proxied.has(`${transport} ${address} ${port}`));
}
