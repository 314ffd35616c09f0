import { lan } from './lan.ts';
import { defaultBridge, imageTag } from './names.ts';
import type { Listener } from './probe.ts';
import {
  type Attachment,
  defaultBridgeName,
  type FirewallRule,
  firewallArguments,
  type Publication,
  type Topology,
  type TopologyContainer,
  type TopologyNetwork,
} from './topology.ts';

/**
 * The topology as a shell script of docker commands. This, and not the topology itself, is what the product's own readers read, so that
 * the model under test is the one that users get. `docker create`, `network connect`, `start`: the order in which `realise` does it.
 */
export function toDockerCommands(topology: Topology): string {
  const lines = [
    ...topology.networks.map(networkCommand),
    ...topology.containers.flatMap(containerCommands),
    ...(topology.events ?? []).map((event) =>
      event.do === 'disconnect'
        ? `docker network disconnect ${event.network ?? ''} ${event.container}`
        : `docker ${event.do} ${event.container}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** The rules of the host's own firewall as commands; they are no docker commands and reach the model by `toFacts`. */
export function toFirewallCommands(topology: Topology): readonly string[] {
  return topology.host.firewall.map((rule) => `iptables -I ${firewallArguments(rule).join(' ')}`);
}

/** What docker commands do not say, and the model has to be told: who listens, and what the machines around are like. */
export interface Facts {
  readonly engine: { readonly version: string; readonly userlandProxy: boolean; readonly defaultBridge: typeof defaultBridge };
  readonly host: {
    readonly addresses: readonly string[];
    readonly listeners: readonly Listener[];
    readonly firewall: readonly FirewallRule[];
  };
  readonly remote: { readonly addresses: readonly string[]; readonly listeners: readonly Listener[] };
  /** By container. */
  readonly listeners: Readonly<Record<string, readonly Listener[]>>;
}

export function toFacts(topology: Topology, engine: { readonly version: string; readonly userlandProxy: boolean }): Facts {
  return {
    engine: { ...engine, defaultBridge },
    host: { addresses: Object.values(lan.host), ...topology.host },
    remote: { addresses: Object.values(lan.remote), ...topology.remote },
    listeners: Object.fromEntries(topology.containers.map((container) => [container.name, container.listeners])),
  };
}

function networkCommand(network: TopologyNetwork): string {
  const options: Readonly<Record<string, string>> = {
    ...(network.icc === false ? { 'com.docker.network.bridge.enable_icc': 'false' } : {}),
    ...(network.driver === 'macvlan' ? { parent: 'eth0' } : {}),
    ...network.options,
  };
  return [
    'docker network create',
    `--driver ${network.driver}`,
    `--subnet ${network.subnet}`,
    `--gateway ${network.gateway}`,
    ...(network.ipRange === undefined ? [] : [`--ip-range ${network.ipRange}`]),
    ...(network.subnet6 === undefined ? [] : [`--ipv6 --subnet ${network.subnet6}`]),
    ...(network.gateway6 === undefined ? [] : [`--gateway ${network.gateway6}`]),
    ...(network.internal ? ['--internal'] : []),
    ...Object.entries(options).map(([key, value]) => `--opt ${key}=${value}`),
    network.name,
  ].join(' ');
}

function containerCommands(container: TopologyContainer): readonly string[] {
  const { mode } = container;
  const attachments = mode.kind === 'networks' ? mode.attachments : [];
  const [first, ...others] = attachments;
  const create = [
    others.length === 0 ? 'docker run -d' : 'docker create',
    `--name ${container.name}`,
    ...(container.hostname === undefined ? [] : [`--hostname ${container.hostname}`]),
    ...networkFlags(container, first),
    ...(container.publish ?? []).map((publication) => `--publish ${publicationText(publication)}`),
    ...(container.expose ?? []).map((port) => `--expose ${port}`),
    ...(container.links ?? []).map((link) => `--link ${link}`),
    ...(container.extraHosts ?? []).map((entry) => `--add-host ${entry}`),
    ...(container.dns ?? []).map((server) => `--dns ${server}`),
    imageTag,
  ].join(' ');
  const connects = others.map((attachment) =>
    ['docker network connect', ...attachmentFlags(attachment, '--alias'), attachment.network, container.name].join(' '),
  );
  return others.length === 0 ? [create] : [create, ...connects, `docker start ${container.name}`];
}

function networkFlags(container: TopologyContainer, first: Attachment | undefined): readonly string[] {
  const { mode } = container;
  if (first !== undefined) return [`--network ${first.network}`, ...attachmentFlags(first, '--network-alias')];
  if (mode.kind === 'container') return [`--network container:${mode.of}`];
  return [`--network ${mode.kind === 'default' ? defaultBridgeName : mode.kind}`];
}

function attachmentFlags(attachment: Attachment, aliasFlag: string): readonly string[] {
  return [
    ...(attachment.ip === undefined ? [] : [`--ip ${attachment.ip}`]),
    ...(attachment.ip6 === undefined ? [] : [`--ip6 ${attachment.ip6}`]),
    ...(attachment.aliases ?? []).map((alias) => `${aliasFlag} ${alias}`),
    ...(attachment.gwPriority === undefined || aliasFlag !== '--alias' ? [] : [`--gw-priority ${attachment.gwPriority}`]),
  ];
}

export function publicationText(publication: Publication): string {
  const { hostIp } = publication;
  const ip = hostIp === undefined ? '' : `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:`;
  const transport = publication.transport === 'tcp' ? '' : `/${publication.transport}`;
  return `${ip}${publication.hostPort}:${publication.containerPort}${transport}`;
}
