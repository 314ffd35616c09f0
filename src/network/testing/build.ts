/** Small models for tests, from a few words per container. Production code does not import it. */
import { parseAddress } from '../../core/address.ts';
import type { Origin } from '../../core/origin.ts';
import { bareWorkload } from '../bare-workload.ts';
import { plainBridge } from '../bridge.ts';
import type { EngineVersion, Environment } from '../environment.ts';
import { defaultEnvironment } from '../environment.ts';
import { declared } from '../fact.ts';
import type { Endpoint, Listener, Model, Namespace, Network, Publication, Transport, Workload } from '../model.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE } from '../model.ts';

const here: Origin = { kind: 'default', text: 'the test' };

export interface ContainerSketch {
  /** Networks, each `name` or `name=address`; the default bridge is `bridge`. */
  readonly networks?: readonly string[];
  readonly mode?: 'host' | 'none' | `container:${string}`;
  /** `8080`, `127.0.0.1:8080`, `[::]:8080`, `0.0.0.0:53/udp`. */
  readonly listens?: readonly string[];
  /** `8081:8080`, `127.0.0.1:8081:8080/udp`. */
  readonly publishes?: readonly string[];
  readonly more?: Partial<Workload>;
  /** True by default: what is not listed does not listen. */
  readonly complete?: boolean;
}

export interface ModelSketch {
  readonly networks?: Readonly<Record<string, Partial<Network>>>;
  readonly containers: Readonly<Record<string, ContainerSketch>>;
  readonly hostListens?: readonly string[];
  readonly environment?: Partial<Environment>;
}

/** An environment in which everything is known: native Linux, the given engine, an open host firewall. */
export function knownEnvironment(engine: EngineVersion, more: Partial<Environment> = {}): Environment {
  return {
    ...defaultEnvironment,
    engine: declared(engine, here),
    platform: declared('linux', here),
    hostFirewall: declared('open', here),
    ...more,
  };
}

export function buildModel(sketch: ModelSketch): Model {
  const containers = Object.entries(sketch.containers);
  const networkNames = new Set([
    ...Object.keys(sketch.networks ?? {}),
    ...containers.flatMap(([, c]) => (c.networks ?? []).map((entry) => entry.split('=')[0] ?? '')),
  ]);
  const namespaces: Namespace[] = [{ id: HOST_NAMESPACE, kind: 'host', listenersComplete: sketch.hostListens !== undefined }];
  for (const [name, container] of containers)
    if (container.mode === undefined || container.mode === 'none')
      namespaces.push({ id: name, kind: container.mode === 'none' ? 'none' : 'container', listenersComplete: container.complete ?? true });
  return {
    environment: { ...knownEnvironment('28'), ...sketch.environment },
    namespaces,
    workloads: containers.map(([name, container]) => workload(name, container)),
    networks: [...networkNames].map((name) => network(name, sketch.networks?.[name])),
    endpoints: containers.flatMap(([name, container]) => endpoints(name, container)),
    listeners: [
      ...(sketch.hostListens ?? []).map((text) => listener(HOST_NAMESPACE, undefined, text)),
      ...containers.flatMap(([name, container]) =>
        (container.listens ?? []).map((text) => listener(namespaceOf(name, container), name, text)),
      ),
    ],
    publications: containers.flatMap(([name, container]) => (container.publishes ?? []).map((text) => publication(name, container, text))),
    links: [],
    registrations: [],
    problems: [],
  };
}

function namespaceOf(name: string, container: ContainerSketch): string {
  if (container.mode === 'host') return HOST_NAMESPACE;
  return container.mode?.startsWith('container:') === true ? container.mode.slice('container:'.length) : name;
}

function workload(name: string, container: ContainerSketch): Workload {
  return bareWorkload({
    id: name,
    name,
    containerName: name,
    declaredBy: 'docker-run',
    origin: here,
    namespaceId: namespaceOf(name, container),
    ...container.more,
  });
}

function network(name: string, more: Partial<Network> | undefined): Network {
  const subnets: Network['subnets'] =
    name === DEFAULT_BRIDGE ? [{ cidr: '172.17.0.0/16', gateway: '172.17.0.1', auxiliary: [], knowledge: 'assumed', origin: here }] : [];
  return plainBridge(name, here, { subnets, ...more });
}

function endpoints(name: string, container: ContainerSketch): readonly Endpoint[] {
  return (container.networks ?? []).map((entry) => {
    const [networkId = '', address] = entry.split('=');
    const names = networkId === DEFAULT_BRIDGE ? [] : [{ name, kind: 'container' as const, origin: here }];
    const ip = address === undefined ? {} : { ipv4: { knowledge: 'declared' as const, value: address, origin: here } };
    return { id: `${name}@${networkId}`, namespaceId: name, networkId, workloadId: name, names, gatewayPriority: 0, origin: here, ...ip };
  });
}

function splitPort(text: string): { readonly address: string; readonly port: number; readonly transport: Transport } {
  const match = /^(?:\[?([^\]]*?)\]?:)?(\d+)(?:\/(tcp|udp))?$/.exec(text);
  const address = match?.[1] ?? '0.0.0.0';
  if (match === null || parseAddress(address) === undefined) throw new RangeError(`not a listener: ${text}`);
  return { address, port: Number(match[2]), transport: match[3] === 'udp' ? 'udp' : 'tcp' };
}

function listener(namespaceId: string, workloadId: string | undefined, text: string): Listener {
  return { namespaceId, ...(workloadId === undefined ? {} : { workloadId }), ...splitPort(text), knowledge: 'declared', origin: here };
}

function publication(name: string, container: ContainerSketch, text: string): Publication {
  const match = /^(?:(.+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) throw new RangeError(`not a publication: ${text}`);
  return {
    workloadId: name,
    namespaceId: namespaceOf(name, container),
    ...(match[1] === undefined ? {} : { hostIp: match[1] }),
    hostPort: Number(match[2]),
    containerPort: Number(match[3]),
    transport: match[4] === 'udp' ? 'udp' : 'tcp',
    mode: 'ingress',
    origin: here,
    knowledge: 'declared',
  };
}
