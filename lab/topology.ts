import { lan } from './lan.ts';
import type { Listener, Probe, Transport } from './probe.ts';

/** A network to create. Subnets lie in `containerSpace` (lan.ts); those of the LAN are for macvlan. */
export interface TopologyNetwork {
  readonly name: string;
  readonly driver: 'bridge' | 'macvlan';
  /** Given explicitly, so that containers can have fixed addresses that a reader of the commands knows too. */
  readonly subnet: string;
  readonly gateway: string;
  readonly ipRange?: string;
  readonly subnet6?: string;
  readonly gateway6?: string;
  readonly internal?: boolean;
  /** `com.docker.network.bridge.enable_icc`. */
  readonly icc?: boolean;
  /** More driver options, e.g. `com.docker.network.bridge.gateway_mode_ipv4: routed`. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface Attachment {
  readonly network: string;
  readonly ip?: string;
  readonly ip6?: string;
  readonly aliases?: readonly string[];
  readonly gwPriority?: number;
}

/** `default` is the bridge that every engine has. */
export type Mode =
  | { readonly kind: 'default' }
  | { readonly kind: 'networks'; readonly attachments: readonly [Attachment, ...Attachment[]] }
  | { readonly kind: 'host' }
  | { readonly kind: 'none' }
  | { readonly kind: 'container'; readonly of: string };

export interface Publication {
  readonly hostIp?: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly transport: Transport;
}

export interface TopologyContainer {
  readonly name: string;
  readonly mode: Mode;
  readonly listeners: readonly Listener[];
  readonly publish?: readonly Publication[];
  readonly expose?: readonly number[];
  /** As `--link` takes them: `name:alias`. */
  readonly links?: readonly string[];
  /** As `--add-host` takes them: `name:address`, or `name:host-gateway`. */
  readonly extraHosts?: readonly string[];
  readonly hostname?: string;
  readonly dns?: readonly string[];
}

/** A rule that somebody else than the engine put in front of the host's chain. */
export interface FirewallRule {
  readonly chain: 'INPUT' | 'FORWARD' | 'DOCKER-USER';
  readonly source?: string;
  readonly destinationPort?: number;
  readonly transport?: Transport;
  /** Only the first packet of a connection, as stateful firewalls (ufw, firewalld) do: answers pass. */
  readonly newOnly?: boolean;
  readonly action: 'DROP' | 'REJECT';
  /** `--reject-with`; iptables' own default is icmp-port-unreachable. */
  readonly rejectWith?: 'icmp-port-unreachable' | 'icmp-host-prohibited' | 'icmp-admin-prohibited' | 'icmp-host-unreachable' | 'tcp-reset';
}

/** What happens after everything runs. */
export interface TopologyEvent {
  readonly do: 'stop' | 'pause' | 'restart' | 'disconnect';
  readonly container: string;
  readonly network?: string;
}

/** Everything that decides who reaches whom; plain data, so that it can be generated, shrunk, printed and compared. */
export interface Topology {
  readonly networks: readonly TopologyNetwork[];
  /** In the order in which they are started; a container comes after those that it links to or joins. */
  readonly containers: readonly TopologyContainer[];
  readonly host: { readonly listeners: readonly Listener[]; readonly firewall: readonly FirewallRule[] };
  readonly remote: { readonly listeners: readonly Listener[] };
  readonly events?: readonly TopologyEvent[];
}

/** Who dials: a container by name, or one of the machines of the LAN. */
export type Client = { readonly container: string } | { readonly place: 'host' | 'remote' | 'near' };

/** What is dialled, before addresses are known. */
export type Target =
  | { readonly kind: 'literal'; readonly host: string }
  | { readonly kind: 'container'; readonly container: string; readonly network: string; readonly family?: 4 | 6 }
  | { readonly kind: 'gateway'; readonly network: string; readonly family?: 4 | 6 }
  | { readonly kind: 'place'; readonly place: 'host' | 'remote'; readonly family?: 4 | 6 };

export interface Question {
  readonly from: Client;
  readonly to: Target;
  readonly port: number;
  readonly transport: Probe['transport'];
}

export const emptyTopology: Topology = { networks: [], containers: [], host: { listeners: [], firewall: [] }, remote: { listeners: [] } };

export const defaultBridgeName = 'bridge';

/** What people call the client or target; for tables and messages. */
export function describeClient(client: Client): string {
  return 'container' in client ? client.container : client.place;
}

export function describeTarget(target: Target): string {
  switch (target.kind) {
    case 'literal':
      return target.host;
    case 'container':
      return `address of ${target.container} on ${target.network}${target.family === 6 ? ' (IPv6)' : ''}`;
    case 'gateway':
      return `gateway of ${target.network}${target.family === 6 ? ' (IPv6)' : ''}`;
    case 'place':
      return `${target.place} ${target.family === 6 ? lan[target.place].v6 : lan[target.place].v4}`;
    default:
      return target satisfies never;
  }
}

export function describeQuestion(question: Question): string {
  return `${describeClient(question.from)} → ${describeTarget(question.to)}:${question.port}/${question.transport}`;
}

/** iptables arguments behind `-I`. */
export function firewallArguments(rule: FirewallRule): readonly string[] {
  const transport = rule.transport ?? (rule.destinationPort === undefined && rule.rejectWith !== 'tcp-reset' ? undefined : 'tcp');
  return [
    rule.chain,
    ...(rule.source === undefined ? [] : ['-s', rule.source]),
    ...(transport === undefined ? [] : ['-p', transport]),
    ...(rule.destinationPort === undefined ? [] : ['--dport', String(rule.destinationPort)]),
    ...(rule.newOnly ? ['-m', 'conntrack', '--ctstate', 'NEW'] : []),
    '-j',
    rule.action,
    ...(rule.rejectWith === undefined ? [] : ['--reject-with', rule.rejectWith]),
  ];
}
