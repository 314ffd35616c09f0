import { containerSpace, lan } from '../lan.ts';
import type { Listener } from '../probe.ts';
import type { Attachment, FirewallRule, Mode, Publication, Topology, TopologyContainer, TopologyNetwork } from '../topology.ts';
import { type Choices, choicesFrom } from './seeded.ts';

/** A topology and the one property of its engine that is chosen with it. */
export interface RandomCase {
  readonly seed: string;
  readonly userlandProxy: boolean;
  readonly topology: Topology;
}

/** The topology of a seed: valid for every engine version, so that whatever an engine refuses is a finding. */
export function generate(seed: string): RandomCase {
  const choices = choicesFrom(seed);
  const userlandProxy = choices.chance(0.6);
  const names = choices.shuffle(['alpha', 'beta', 'gamma', 'delta']).slice(0, choices.between(2, 4));
  const networks = names.map((name, index) => network(choices, name, index + 1));
  const containers: TopologyContainer[] = [];
  const count = choices.between(3, 7);
  for (let number = 1; number <= count; number++) containers.push(container(choices, number, networks, containers));
  return {
    seed,
    userlandProxy,
    topology: {
      networks,
      containers,
      host: { listeners: hostListeners(choices), firewall: choices.chance(0.2) ? [firewallRule(choices)] : [] },
      remote: { listeners: [{ address: '0.0.0.0', port: 6000, transport: 'tcp' }] },
    },
  };
}

function network(choices: Choices, name: string, number: number): TopologyNetwork {
  return {
    name,
    driver: 'bridge',
    subnet: `172.20.${number}.0/24`,
    gateway: `172.20.${number}.1`,
    ...(choices.chance(0.25) ? { internal: true } : {}),
    ...(choices.chance(0.2) ? { icc: false } : {}),
  };
}

function container(
  choices: Choices,
  number: number,
  networks: readonly TopologyNetwork[],
  earlier: readonly TopologyContainer[],
): TopologyContainer {
  const mode = chooseMode(choices, number, networks, earlier);
  const listeners = [...new Set([0, choices.between(0, 2)])].map((index) => listener(choices, number, index));
  const bridged = mode.kind === 'default' || mode.kind === 'networks';
  const publishable = bridged && choices.chance(0.55);
  return {
    name: `c${number}`,
    mode,
    listeners,
    ...(publishable ? { publish: publications(choices, number, listeners) } : {}),
    ...(bridged && choices.chance(0.3) ? { extraHosts: ['host.docker.internal:host-gateway'] } : {}),
  };
}

function chooseMode(choices: Choices, number: number, networks: readonly TopologyNetwork[], earlier: readonly TopologyContainer[]): Mode {
  const dice = choices.between(1, 100);
  const [owner] = choices.shuffle(earlier.filter((one) => one.mode.kind === 'networks' || one.mode.kind === 'default'));
  if (dice <= 12) return { kind: 'default' };
  if (dice <= 20) return { kind: 'host' };
  if (dice <= 26) return { kind: 'none' };
  if (dice <= 38 && owner !== undefined) return { kind: 'container', of: owner.name };
  const wanted = choices.shuffle(networks).slice(0, choices.chance(0.35) ? 2 : 1);
  const [first, ...others] = wanted.map((one) => attachment(choices, one, number));
  return first === undefined ? { kind: 'default' } : { kind: 'networks', attachments: [first, ...others] };
}

/** Fixed addresses, so that the commands alone tell a reader all of them. */
function attachment(choices: Choices, { name, subnet }: TopologyNetwork, number: number): Attachment {
  const ip = subnet.replace('.0/24', `.${10 + number}`);
  return { network: name, ip, ...(choices.chance(0.4) ? { aliases: [choices.pick(['api', 'store', 'cache'])] } : {}) };
}

/** Ports differ between containers: namespaces may be shared, and who answers must not be a matter of chance. */
function listener(choices: Choices, number: number, index: number): Listener {
  const address = choices.pick(['0.0.0.0', '0.0.0.0', '0.0.0.0', '127.0.0.1', '::']);
  const udp = address === '0.0.0.0' && choices.chance(0.15);
  return { address, port: 3000 + 10 * number + index, transport: udp ? 'udp' : 'tcp' };
}

function publications(choices: Choices, number: number, listeners: readonly Listener[]): readonly Publication[] {
  return listeners.map((one, index) => {
    const hostIp = choices.pick([undefined, undefined, undefined, undefined, '127.0.0.1', lan.host.v4]);
    const containerPort = choices.chance(0.1) ? 3900 : one.port; // now and then a port on which nobody listens
    return { hostPort: 18_000 + 10 * number + index, containerPort, transport: one.transport, ...(hostIp === undefined ? {} : { hostIp }) };
  });
}

function hostListeners(choices: Choices): readonly Listener[] {
  const all: readonly Listener[] = ['0.0.0.0', '127.0.0.1', '::'].map((address, index) => ({
    address,
    port: 7000 + index,
    transport: 'tcp',
  }));
  return all.filter(() => choices.chance(0.6));
}

/** A stateful firewall that does not admit containers, as ufw and firewalld are out of the box. */
function firewallRule(choices: Choices): FirewallRule {
  const rule = { chain: 'INPUT', source: containerSpace.v4, newOnly: true } as const;
  if (choices.chance(0.6)) return { ...rule, action: 'DROP' };
  return { ...rule, action: 'REJECT', rejectWith: choices.pick(['icmp-port-unreachable', 'icmp-host-prohibited']) };
}
