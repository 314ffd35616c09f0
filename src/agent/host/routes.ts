/** The main routing tables of this namespace, from /proc. Other tables and rules are not shown there. */
import { formatAddress, formatCidr } from '../../core/address.ts';
import type { HostRoute } from '../../protocol/host-report.ts';
import type { Tree } from './tree.ts';

const maxRoutes = 4_096;

/** include/uapi/linux/route.h and ipv6_route.h. */
const flags = { up: 0x1, reject: 0x200, anycast: 0x0010_0000, local: 0x8000_0000 } as const;

export async function readRoutes(tree: Tree): Promise<readonly HostRoute[]> {
  const four = parseIpv4Routes((await tree.read('/proc/self/net/route')) ?? '');
  // Missing where the kernel has no IPv6.
  const six = parseIpv6Routes((await tree.readOptional('/proc/self/net/ipv6_route')) ?? '');
  const all = [...four, ...six];
  if (all.length > maxRoutes) tree.gap('routes', `there are ${all.length}, and ${maxRoutes} are reported`);
  return all.slice(0, maxRoutes);
}

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask …`; addresses are 32-bit words in the byte order of the machine (here: little-endian). */
export function parseIpv4Routes(text: string): readonly HostRoute[] {
  return text.split('\n').flatMap((line): HostRoute[] => {
    const [name, destination, gateway, flagText, , , metric, mask] = line.trim().split(/\s+/);
    if (name === undefined || mask === undefined || !/^[0-9A-F]{8}$/.test(`${destination}`)) return [];
    const set = Number.parseInt(flagText ?? '0', 16);
    if ((set & flags.up) === 0 || (set & flags.reject) !== 0) return [];
    const prefix = [...word(mask).toString(2)].filter((bit) => bit === '1').length;
    const base = { family: 4, bits: word(destination ?? '0') } as const;
    return [
      {
        family: 4,
        destination: prefix === 0 ? 'default' : formatCidr({ base, prefix }),
        ...(gateway === '00000000' ? {} : { gateway: formatAddress({ family: 4, bits: word(gateway ?? '0') }) }),
        interface: name,
        metric: Number(metric),
      },
    ];
  });
}

function word(hex: string): bigint {
  return BigInt(`0x${(hex.match(/../g) ?? []).reverse().join('')}`);
}

/** `destination prefix source prefix next-hop metric refcnt use flags interface`, all hexadecimal, in network order. */
export function parseIpv6Routes(text: string): readonly HostRoute[] {
  return text.split('\n').flatMap((line): HostRoute[] => {
    const [destination, prefixText, , , hop, metric, , , flagText, name] = line.trim().split(/\s+/);
    if (name === undefined || !/^[0-9a-f]{32}$/.test(destination ?? '')) return [];
    const set = Number.parseInt(flagText ?? '0', 16);
    const bits = BigInt(`0x${destination}`);
    // Addresses of our own, anycast and multicast lead nowhere else.
    if ((set & flags.up) === 0 || (set & (flags.reject | flags.anycast | flags.local)) !== 0 || name === 'lo' || bits >> 120n === 0xffn)
      return [];
    const prefix = Number.parseInt(prefixText ?? '0', 16);
    const gateway = BigInt(`0x${hop}`);
    return [
      {
        family: 6,
        destination: prefix === 0 ? 'default' : formatCidr({ base: { family: 6, bits }, prefix }),
        ...(gateway === 0n ? {} : { gateway: formatAddress({ family: 6, bits: gateway }) }),
        interface: name,
        metric: Number.parseInt(metric ?? '0', 16),
      },
    ];
  });
}
