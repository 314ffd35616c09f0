/** What the kernel threw away because a socket's buffer was full: the last column of /proc/net/udp (Linux, Documentation/networking/proc_net_tcp). */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { parseAddress } from '../../../core/address.ts';

/** Datagrams dropped so far for the sockets of this address; undefined where the kernel does not say. */
export async function kernelDrops(address: AddressInfo): Promise<number | undefined> {
  const path = address.family === 'IPv6' ? '/proc/net/udp6' : '/proc/net/udp';
  const text = await readFile(path, 'latin1').catch(() => undefined);
  return text === undefined ? undefined : dropsOf(text, address);
}

export function dropsOf(text: string, { address, port }: Pick<AddressInfo, 'address' | 'port'>): number {
  const wanted = `${hexOf(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === wanted) drops += Number(columns.at(-1) ?? 0);
  }
  return drops;
}

/** Words of 32 bits in the order of this machine (little-endian), as the kernel prints them. */
function hexOf(address: string): string {
  const parsed = parseAddress(address.replace(/%.*$/, ''));
  if (parsed === undefined) return '';
  const digits = parsed.bits.toString(16).padStart(parsed.family === 4 ? 8 : 32, '0');
  const words = digits.match(/.{8}/g) ?? [];
  return words
    .map((word) => (word.match(/../g) ?? []).reverse().join(''))
    .join('')
    .toUpperCase();
}
