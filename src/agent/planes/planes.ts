/**
 * A plane's setting → the local addresses that its sockets are bound to. Asked again at every connect: addresses come and go
 * while an agent runs (DHCP, a failover address, an interface that is brought up late).
 *
 * A bound socket leaves by the interface that the routing table names for its source and destination. SO_BINDTODEVICE, which
 * would force the interface, is not available to Node: keep planes apart with source routes (`ip rule from ADDRESS`), or
 * with addresses whose networks differ.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress } from '../../core/address.ts';
import { FairleadError } from '../../core/errors.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { PlaneSettings } from '../settings/planes.ts';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export type ResolvedPlane = { readonly ok: true; readonly local: LocalAddresses } | { readonly ok: false; readonly sentence: string };

export type PlaneName = 'control' | 'data';

/** Pure: `interfaces` is what the host has now. The sentence names what exists, so that the typo is seen at once. */
export function resolvePlane(name: PlaneName, plane: PlaneSettings, interfaces: Interfaces): ResolvedPlane {
  if (plane.localAddress !== undefined) return byAddress(name, plane.localAddress, interfaces);
  if (plane.interface !== undefined) return byInterface(name, plane.interface, interfaces);
  return { ok: true, local: { kind: 'any' } };
}

function byAddress(name: PlaneName, written: string, interfaces: Interfaces): ResolvedPlane {
  const wanted = canonical(written);
  const loopback = parseAddress(wanted);
  const there = Object.values(interfaces).some((list) => list?.some((one) => canonical(one.address) === wanted));
  // All of 127.0.0.0/8 is local on Linux, although only 127.0.0.1 is listed.
  const implied = loopback?.family === 4 && loopback.bits >> 24n === 127n;
  if (!there && !implied)
    return { ok: false, sentence: `planes.${name}.localAddress ${written} is not an address of this host; it has ${listed(interfaces)}` };
  const what = `planes.${name}.localAddress ${wanted}`;
  return { ok: true, local: loopback?.family === 6 ? { kind: 'bound', what, v6: wanted } : { kind: 'bound', what, v4: wanted } };
}

function byInterface(name: PlaneName, wanted: string, interfaces: Interfaces): ResolvedPlane {
  const addresses = interfaces[wanted];
  if (addresses === undefined)
    return { ok: false, sentence: `planes.${name}.interface ${wanted} is not an interface of this host; it has ${listed(interfaces)}` };
  const v4 = addresses.find((one) => one.family === 'IPv4')?.address;
  // A link-local address needs a zone and reaches its own link only.
  const v6 = addresses.find((one) => one.family === 'IPv6' && !/^fe[89ab]/i.test(one.address))?.address;
  if (v4 === undefined && v6 === undefined)
    return {
      ok: false,
      sentence: `planes.${name}.interface ${wanted} has no address that leads anywhere; this host has ${listed(interfaces)}`,
    };
  const what = `planes.${name}.interface ${wanted}`;
  return { ok: true, local: { kind: 'bound', what, ...(v4 === undefined ? {} : { v4 }), ...(v6 === undefined ? {} : { v6 }) } };
}

function canonical(text: string): string {
  const address = parseAddress(text.split('%')[0] ?? text);
  return address === undefined ? text : formatAddress(address);
}

/** `eth0 (192.0.2.10, 2001:db8::10) and lo (127.0.0.1)`. */
function listed(interfaces: Interfaces): string {
  const names = Object.entries(interfaces).map(([name, list]) => `${name} (${(list ?? []).map((one) => one.address).join(', ')})`);
  if (names.length === 0) return 'none at all';
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

export interface Planes {
  /** The plane as it is now. */
  resolve(name: PlaneName): ResolvedPlane;
}

/** Throws FAIRLEAD_AGENT_PLANE when a plane's address is not there at the start: an agent on the wrong network is worse than none. */
export function createPlanes(
  settings: { readonly control: PlaneSettings; readonly data: PlaneSettings },
  interfaces: () => Interfaces = networkInterfaces,
): Planes {
  const resolve = (name: PlaneName) => resolvePlane(name, settings[name], interfaces());
  for (const name of ['control', 'data'] as const) {
    const resolved = resolve(name);
    if (!resolved.ok) throw new FairleadError('FAIRLEAD_AGENT_PLANE', { problem: resolved.sentence });
  }
  return { resolve };
}
