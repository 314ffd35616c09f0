/** Interfaces of this network namespace: names from /proc, addresses from the runtime, the rest from /sys where that shows the same namespace. */
import type { NetworkInterfaceInfo } from 'node:os';
import type { HostInterface } from '../../protocol/host-report.ts';
import type { Tree } from './tree.ts';

export type RuntimeInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const maxInterfaces = 1_024;
const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

export async function readInterfaces(tree: Tree, runtime: RuntimeInterfaces): Promise<readonly HostInterface[]> {
  const listed = interfaceNames((await tree.read('/proc/self/net/dev')) ?? '');
  // Without /proc there is what the runtime knows: interfaces that are up and have an address.
  const names = listed.length > 0 ? listed : Object.keys(runtime);
  if (names.length > maxInterfaces) tree.gap('interfaces', `there are ${names.length}, and ${maxInterfaces} are reported`);
  const inSys = new Set(await tree.list('/sys/class/net'));
  // /sys shows the namespace of whoever mounted it: in a container with the host's /sys it is another one.
  const sysIsOurs = names.length > 0 && names.every((name) => inSys.has(name));
  if (!sysIsOurs) tree.gap('/sys/class/net', inSys.size === 0 ? 'there is no such folder' : 'it shows another network namespace');
  return Promise.all(names.slice(0, maxInterfaces).map((name) => readInterface(tree, name, runtime[name] ?? [], sysIsOurs)));
}

/** proc(5): two lines of headings, then `  eth0: 1234 …`. */
export function interfaceNames(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const at = line.lastIndexOf(':');
      return at === -1 ? [] : [line.slice(0, at).trim()];
    });
}

async function readInterface(tree: Tree, name: string, known: readonly NetworkInterfaceInfo[], useSys: boolean): Promise<HostInterface> {
  const attribute = async (file: string) => (useSys ? (await tree.readOptional(`/sys/class/net/${name}/${file}`))?.trim() : undefined);
  const [mtu, operstate, address, ifindex] = await Promise.all(['mtu', 'operstate', 'address', 'ifindex'].map(attribute));
  const loopback = known.some((one) => one.internal) || name === 'lo';
  const mac = (address ?? known[0]?.mac ?? '').toLowerCase();
  return {
    name,
    index: Number(ifindex) || scopeOf(known),
    ...(macPattern.test(mac) && mac !== '00:00:00:00:00:00' ? { mac } : {}),
    ...(mtu === undefined || !/^\d+$/.test(mtu) ? {} : { mtu: Number(mtu) }),
    state: stateOf(operstate, known.length > 0),
    loopback,
    addresses: known.slice(0, 256).flatMap((one) => {
      const prefixLength = Number(one.cidr?.split('/')[1]);
      return Number.isInteger(prefixLength) ? [{ address: one.address.split('%')[0] ?? one.address, prefixLength }] : [];
    }),
  };
}

/** The index is the scope of a link-local address too. */
function scopeOf(known: readonly NetworkInterfaceInfo[]): number {
  return known.map((one) => one.scopeid ?? 0).find((scope) => scope > 0) ?? 0;
}

/** operstate (RFC 2863) is `unknown` for loopback and tunnels, which work: an address that the runtime lists says that it is up. */
function stateOf(operstate: string | undefined, listed: boolean): HostInterface['state'] {
  if (operstate === 'up') return 'up';
  if (operstate === 'down' || operstate === 'lowerlayerdown' || operstate === 'notpresent') return 'down';
  return listed ? 'up' : 'unknown';
}
