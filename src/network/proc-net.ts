import { formatAddress } from '../core/address.ts';

/** A socket that accepts what comes to its port. */
export interface ProcSocket {
  /** As the model writes it: `0.0.0.0`, `::`, `127.0.0.1`; IPv4-mapped IPv6 addresses as IPv4. */
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
  /** Number in sockfs, by which /proc/PID/fd names it too. */
  readonly inode: string;
  /** Line of the table, from 1. */
  readonly line: number;
}

/** States of include/net/tcp_states.h: TCP_LISTEN, and for UDP TCP_CLOSE, which is a socket that is not connected. */
const accepting = { tcp: '0A', udp: '07' } as const;

/**
 * The accepting sockets of /proc/net/{tcp,tcp6,udp,udp6} (proc(5), Documentation/networking/proc_net_tcp.rst).
 *
 * Addresses are 32-bit words in the byte order of the machine. Whether a socket on `::` takes IPv4 too is not in the
 * table: all but those with IPV6_V6ONLY do.
 */
export function parseProcNet(text: string, family: 4 | 6, transport: 'tcp' | 'udp', endianness: 'LE' | 'BE' = 'LE'): readonly ProcSocket[] {
  const digits = family === 4 ? 8 : 32;
  const pattern = new RegExp(
    `^ *\\d+: ([0-9A-F]{${digits}}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ${accepting[transport]} \\S+ \\S+ \\S+ +\\d+ +\\d+ (\\d+)`,
  );
  const sockets: ProcSocket[] = [];
  let line = 0;
  for (const row of text.split('\n')) {
    line += 1;
    const match = pattern.exec(row);
    const port = Number.parseInt(match?.[2] ?? '0', 16);
    if (match === null || port === 0) continue; // a raw UDP socket that was not bound yet
    sockets.push({ address: readAddress(match[1] ?? '', family, endianness), port, transport, inode: match[3] ?? '', line });
  }
  return sockets;
}

function readAddress(hex: string, family: 4 | 6, endianness: 'LE' | 'BE'): string {
  const words = hex.match(/.{8}/g) ?? [];
  const ordered = words.map((word) => (endianness === 'LE' ? (word.match(/../g) ?? []).reverse().join('') : word)).join('');
  const bits = BigInt(`0x${ordered}`);
  const mapped = family === 6 && bits >> 32n === 0xffffn; // ::ffff:a.b.c.d, RFC 4291 §2.5.5.2
  return formatAddress(mapped ? { family: 4, bits: bits & 0xffff_ffffn } : { family, bits });
}
