/** Queries as bytes and answers as values, by dns-packet: a codec that nobody here wrote. */
import { type Answer, type DecodedPacket, decode, encode, type Packet, type RecordType } from 'dns-packet';
import type { Catalog } from '../catalog/catalog.ts';
import type { Zone } from './resolve.ts';
import { answer, type Transport } from './server.ts';

export interface Asking {
  readonly type?: RecordType | 'ANY';
  readonly edns?: { readonly udpPayloadSize?: number; readonly ednsVersion?: number };
  readonly transport?: Transport;
}

export function queryBytes(name: string, { type = 'A', edns }: Asking = {}): Buffer {
  const question = { name, type, class: 'IN' };
  const opt = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1_232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
    ...edns,
  };
  // The types of dns-packet do not know ANY, which it encodes.
  return encode({ type: 'query', id: 4711, flags: 0x0100, questions: [question], additionals: edns === undefined ? [] : [opt] } as Packet);
}

/** dns-packet gives the response code too, which its types do not say. */
export type Decoded = DecodedPacket & { readonly rcode: string };

export function ask(zone: Zone, name: string, asking: Asking = {}): Decoded {
  const answered = answer(zone, queryBytes(name, asking), asking.transport ?? 'udp');
  if (answered === undefined) throw new Error(`no answer for ${name}`);
  // See Decoded.
  return decode(answered.bytes) as Decoded;
}

/** Sorted, because answers come in random order. */
export const dataOf = (records: readonly Answer[] | undefined): readonly unknown[] =>
  (records ?? [])
    .map((record) => ('data' in record ? record.data : undefined))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

export const zoneOf = (catalog: Catalog | Zone['catalog'], fields: Partial<Zone> = {}): Zone => ({
  catalog,
  domains: [['fairlead'], ['consul']],
  datacenter: 'dc1',
  ttlSeconds: 5,
  negativeTtlSeconds: 3,
  onlyPassing: false,
  serverAddress: '192.0.2.53',
  random: Math.random,
  ...fields,
});
