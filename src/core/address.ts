/** IP addresses and networks as values. IPv4 has 32 bits, IPv6 128; both are held as a bigint so that one arithmetic serves both. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

/** A network in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). `base` has its host bits cleared. */
export interface Cidr {
  readonly base: IpAddress;
  readonly prefix: number;
}

/** Reads an IPv4 or IPv6 literal, brackets and zone not included; undefined when it is none. */
export function parseAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let bits = 0n;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255) return undefined;
    bits = (bits << 8n) | BigInt(octet);
  }
  return { family: 4, bits };
}

/** RFC 4291 §2.2, including the mixed form `::ffff:192.0.2.1`. */
function parseIpv6(text: string): IpAddress | undefined {
  const mixed = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (mixed !== null) {
    const tail = parseIpv4(mixed[2] ?? '');
    if (tail === undefined) return undefined;
    return parseIpv6(`${mixed[1]}${(tail.bits >> 16n).toString(16)}:${(tail.bits & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  let bits = 0n;
  for (const group of [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    bits = (bits << 16n) | BigInt(`0x${group}`);
  }
  return { family: 6, bits };
}

/** The canonical text; IPv6 as RFC 5952 §4 asks. */
export function formatAddress(address: IpAddress): string {
  return address.family === 4 ? formatIpv4(address.bits) : formatIpv6(address.bits);
}

function formatIpv4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
}

function formatIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

const width = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** Reads `192.0.2.0/24`. Host bits may be set (`hostBits` says so); undefined when it is no CIDR. */
export function parseCidr(text: string): (Cidr & { readonly hostBits: boolean }) | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match === null ? undefined : parseAddress(match[1] ?? '');
  if (match === null || address === undefined) return undefined;
  const prefix = Number(match[2]);
  if (prefix > width(address.family)) return undefined;
  const free = BigInt(width(address.family) - prefix);
  const base = (address.bits >> free) << free;
  return { base: { family: address.family, bits: base }, prefix, hostBits: base !== address.bits };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.prefix}`;
}

export function contains(cidr: Cidr, address: IpAddress): boolean {
  const free = BigInt(width(cidr.base.family) - cidr.prefix);
  return cidr.base.family === address.family && cidr.base.bits >> free === address.bits >> free;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.prefix <= b.prefix ? contains(a, b.base) : contains(b, a.base);
}

/** The address `index` places behind the network's base; undefined outside of the network. */
export function addressAt(cidr: Cidr, index: number): IpAddress | undefined {
  const address = { family: cidr.base.family, bits: cidr.base.bits + BigInt(index) };
  return index >= 0 && contains(cidr, address) ? address : undefined;
}

export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.bits === b.bits;
}

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3) and ::1 (RFC 4291 §2.5.3). */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.bits >> 24n === 127n : address.bits === 1n;
}

/** 0.0.0.0 and ::, "any address of this host" when listened on. */
export function isUnspecified(address: IpAddress): boolean {
  return address.bits === 0n;
}
