import { type EngineVersion, type Environment, engineVersions, type HostFirewall } from '../src/network/environment.ts';
import { observed } from '../src/network/fact.ts';
import { DEFAULT_BRIDGE, HOST_NAMESPACE, type Listener, type Namespace, type Network } from '../src/network/model.ts';
import { emptyPart, type ModelPart } from '../src/readers/reader.ts';
import { containerSpace, lan } from './lan.ts';
import { defaultBridge } from './names.ts';
import type { PredictionContext } from './predict.ts';
import type { Listener as LabListener } from './probe.ts';
import type { FirewallRule, Topology, TopologyContainer } from './topology.ts';

const origin = { kind: 'observed', source: 'lab', object: 'topology', path: '' } as const;

/** Id of the remote host's namespace. */
const REMOTE = 'remote';

/** Engine and host, as a user states them by flags; undefined when the host's firewall is one that no flag can state. */
export function environmentOf({ topology, version, userlandProxy }: PredictionContext): Partial<Environment> | undefined {
  const engine = engineVersions.find((one) => one === version || one === version.split('.')[0]);
  const hostFirewall = hostFirewallOf(topology.host.firewall);
  if (engine === undefined || hostFirewall === undefined) return undefined;
  return {
    engine: observed<EngineVersion>(engine, origin),
    platform: observed('linux' as const, origin),
    rootless: observed(false, origin),
    userlandProxy: observed(userlandProxy, origin),
    iptables: observed(true, origin),
    ip6tables: observed(engineVersions.indexOf(engine) >= engineVersions.indexOf('27'), origin), // the engine's default
    hostFirewall: observed(hostFirewall, origin),
    hostMtu: observed(1500, origin),
    hostAddresses: Object.values(lan.host),
  };
}

function hostFirewallOf(rules: readonly FirewallRule[]): HostFirewall | undefined {
  const [rule, ...others] = rules;
  if (rule === undefined) return 'open';
  const general = rule.chain === 'INPUT' && rule.source === containerSpace.v4 && rule.newOnly && rule.destinationPort === undefined;
  if (!general || others.length > 0) return undefined;
  if (rule.action === 'DROP') return 'drop';
  return rule.rejectWith === 'icmp-host-prohibited' ? 'reject-prohibited' : 'reject';
}

/** What docker commands do not say: who listens, that nobody else does, the default bridge's subnet, and the machine next door. */
export function factsPart({ topology, daemonArgs }: PredictionContext): ModelPart {
  return {
    ...emptyPart,
    namespaces: [
      { id: HOST_NAMESPACE, kind: 'host', listenersComplete: true },
      { id: REMOTE, kind: 'machine', listenersComplete: true, addresses: Object.values(lan.remote) },
      ...topology.containers.flatMap((one) => namespaceOf(one)),
    ],
    networks: [bridgeNetwork(!daemonArgs.includes('--icc=false'))],
    listeners: [
      ...topology.host.listeners.map((one) => listenerOf(HOST_NAMESPACE, one)),
      ...topology.remote.listeners.map((one) => listenerOf(REMOTE, one)),
      ...topology.containers.flatMap((one) => one.listeners.map((each) => listenerOf(namespaceIdOf(topology, one), each, one.name))),
    ],
  };
}

/** Containers that own a namespace; the others are in the one that they joined. */
function namespaceOf({ name, mode }: TopologyContainer): readonly Namespace[] {
  if (mode.kind === 'container' || mode.kind === 'host') return [];
  return [{ id: name, kind: mode.kind === 'none' ? 'none' : 'container', listenersComplete: true }];
}

function namespaceIdOf(topology: Topology, container: TopologyContainer): string {
  const { mode } = container;
  if (mode.kind === 'host') return HOST_NAMESPACE;
  if (mode.kind !== 'container') return container.name;
  const owner = topology.containers.find((one) => one.name === mode.of);
  return owner === undefined ? mode.of : namespaceIdOf(topology, owner);
}

function listenerOf(namespaceId: string, { address, port, transport }: LabListener, workloadId?: string): Listener {
  return { namespaceId, address, port, transport, knowledge: 'observed', origin, ...(workloadId === undefined ? {} : { workloadId }) };
}

function bridgeNetwork(icc: boolean): Network {
  return {
    id: DEFAULT_BRIDGE,
    key: DEFAULT_BRIDGE,
    origin,
    driver: 'bridge',
    external: false,
    icc: { value: icc, origin },
    gatewayMode4: { value: 'nat', origin },
    gatewayMode6: { value: 'nat', origin },
    masquerade: true,
    ipv4: true,
    ipv6: false,
    attachable: true,
    subnets: [{ cidr: defaultBridge.subnet, gateway: defaultBridge.gateway, auxiliary: [], knowledge: 'observed', origin }],
    options: [],
  };
}
