/**
 * A LAN of network namespaces for a server and its agents: each host has a namespace of its own, joined by a bridge in another one,
 * where links can be cut. Nothing of it is in the machine's own network.
 */
import { must, run } from '../command.ts';
import { type LabRun, markOf } from '../run-state.ts';

export interface Host {
  readonly name: string;
  /** One interface each: eth0, eth1 …; the first is the way to everybody else. */
  readonly addresses: readonly string[];
}

export interface Network {
  /** Where everybody is reached from: the bridge's own namespace. */
  readonly middle: string;
  namespaceOf(host: string): string;
  /** Arguments of nsenter that run a program on a host, and the mark that ends it with the run. */
  within(host: string, program: string, args: readonly string[]): readonly [command: string, args: readonly string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The cable is pulled: no carrier, nothing passes, nobody is told. */
  unplug(host: string): Promise<void>;
  plug(host: string): Promise<void>;
  /** A firewall drops everything from and to the host, silently. */
  drop(host: string): Promise<void>;
  undrop(host: string): Promise<void>;
}

export const middle = 'middle';
export const middleAddress = '10.98.0.254';

export const rolesOf = (hosts: readonly Host[]): readonly string[] => [middle, ...hosts.map(({ name }) => name)];

/** 10.98.0.0/24 is everybody's; further addresses of a host lie where they say (/24). */
export async function makeNetwork(labRun: LabRun, hosts: readonly Host[]): Promise<Network> {
  const namespaceOf = (host: string) => `fl${labRun.id}-${host}`;
  const ports = hosts.flatMap(({ name, addresses }, index) =>
    addresses.map((address, nth) => ({ name, address, device: `eth${nth}`, port: `p${index}x${nth}` })),
  );
  const [key = '', value = ''] = markOf(labRun).split('=');
  const environment = { ...process.env, [key]: value };
  const inside = (host: string, program: string, args: readonly string[]) =>
    ['nsenter', [`--net=/run/netns/${namespaceOf(host)}`, program, ...args]] as const;
  const firewall = async (host: string, action: '-A' | '-D') => {
    for (const [chain, direction] of [
      ['INPUT', '-i'],
      ['OUTPUT', '-o'],
    ] as const)
      await must(...inside(host, '/usr/sbin/iptables', ['-w', action, chain, '!', direction, 'lo', '-j', 'DROP']));
  };

  await batch(rolesOf(hosts).map((host) => `netns add ${namespaceOf(host)}`));
  await batch(
    ports.map(
      ({ name, device, port }) => `link add ${device} netns ${namespaceOf(name)} type veth peer name ${port} netns ${namespaceOf(middle)}`,
    ),
  );
  await batch(
    [
      'link set lo up',
      'link add br0 type bridge',
      `addr add ${middleAddress}/24 dev br0`,
      'link set br0 up',
      ...ports.flatMap(({ port }) => [`link set ${port} master br0`, `link set ${port} up`]),
    ],
    namespaceOf(middle),
  );
  for (const host of hosts)
    await batch(
      ['link set lo up', ...host.addresses.flatMap((address, nth) => [`addr add ${address}/24 dev eth${nth}`, `link set eth${nth} up`])],
      namespaceOf(host.name),
    );

  const cable = async (host: string, state: 'up' | 'down') =>
    batch(
      ports.filter(({ name }) => name === host).map(({ port }) => `link set ${port} ${state}`),
      namespaceOf(middle),
    );
  return {
    middle: namespaceOf(middle),
    namespaceOf,
    within: inside,
    environment,
    unplug: (host) => cable(host, 'down'),
    plug: (host) => cable(host, 'up'),
    drop: (host) => firewall(host, '-A'),
    undrop: (host) => firewall(host, '-D'),
  };
}

async function batch(commands: readonly string[], namespace?: string): Promise<void> {
  await must('/sbin/ip', [...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** What `ss` shows of established TCP connections on a host: `local peer` lines. */
export async function connectionsOf(network: Network, host: string): Promise<readonly string[]> {
  const { stdout } = await run(...network.within(host, 'ss', ['-Htn', 'state', 'established']));
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).slice(2, 4).join(' '));
}
