/**
 * DNS messages (RFC 1035 section 4, EDNS in RFC 6891): queries in, responses out.
 *
 * A query is looked at by hand before dns-packet sees it: a header that promises 65,535 records would make it reserve memory for
 * all of them, and its names are UTF-8, while the question must go back as it came, byte by byte (clients mix cases in it as a
 * nonce). Responses are written here because dns-packet does not compress names: a full answer would be twice as large.
 */
import { decode } from 'dns-packet';

export const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, HINFO: 13, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const;
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;
export type RcodeName = keyof typeof rcodes;

export interface Question {
  /** Lower case, without the root. Bytes beyond ASCII are kept as Latin-1 characters: they equal nothing that we serve. */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  /** Name, type and class as they came. */
  readonly bytes: Buffer;
}

export interface Edns {
  readonly udpPayloadSize: number;
  readonly version: number;
}

export interface DnsQuery {
  readonly id: number;
  /** Opcode and RD, which a response repeats. */
  readonly flags: number;
  readonly question?: Question;
  readonly edns?: Edns;
  /** Set when the query cannot be answered, whatever it asks. */
  readonly failure?: RcodeName;
}

const headerBytes = 12;
/** OPT, TSIG, SIG(0) and one to spare; nobody sends more. */
const mostAdditionals = 4;

/** Undefined: not a query at all; the only right answer is none, or two servers could talk to each other forever. */
export function readQuery(packet: Buffer): DnsQuery | undefined {
  if (packet.length < headerBytes) return undefined;
  const bits = packet.readUInt16BE(2);
  if ((bits & 0x8000) !== 0) return undefined;
  const base = { id: packet.readUInt16BE(0), flags: bits & 0x7900 };
  if ((bits & 0x7800) !== 0) return { ...base, failure: 'NOTIMP' };
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => packet.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0 || (additionals ?? 0) > mostAdditionals) return { ...base, failure: 'FORMERR' };
  const question = readQuestion(packet);
  if (question === undefined) return { ...base, failure: 'FORMERR' };
  const edns = additionals === 0 ? undefined : readEdns(packet);
  if (edns === 'malformed') return { ...base, question, failure: 'FORMERR' };
  if (edns === undefined) return { ...base, question };
  return edns.version > 0 ? { ...base, question, edns, failure: 'BADVERS' } : { ...base, question, edns };
}

function readQuestion(packet: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = packet[at]; length !== 0; length = packet[at]) {
    // A pointer in the first name of a message could only point at the header.
    if (length === undefined || length > 63 || at + length + 1 >= packet.length || at + length - headerBytes > 253) return undefined;
    labels.push(packet.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  at += 1;
  if (at + 4 > packet.length) return undefined;
  const bytes = packet.subarray(headerBytes, at + 4);
  return { labels, type: packet.readUInt16BE(at), class: packet.readUInt16BE(at + 2), bytes };
}

function readEdns(packet: Buffer): Edns | 'malformed' | undefined {
  try {
    const options = (decode(packet).additionals ?? []).filter((record) => record.type === 'OPT');
    const [only] = options;
    // RFC 6891 section 6.1.1: more than one OPT is a format error, and its owner is the root.
    if (options.length > 1 || (only !== undefined && only.name !== '.')) return 'malformed';
    return only?.type === 'OPT' ? { udpPayloadSize: only.udpPayloadSize, version: only.ednsVersion } : undefined;
  } catch {
    return 'malformed';
  }
}

export type Rdata =
  | { readonly type: 'A' | 'AAAA'; readonly address: Uint8Array }
  | { readonly type: 'NS' | 'CNAME'; readonly target: readonly string[] }
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
  | { readonly type: 'HINFO'; readonly cpu: string; readonly os: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: readonly string[] }
  | {
      readonly type: 'SOA';
      readonly mname: readonly string[];
      readonly rname: readonly string[];
      readonly serial: number;
      readonly minimum: number;
    };

export interface DnsRecord {
  /** Labels without the root. */
  readonly name: readonly string[];
  readonly ttl: number;
  readonly data: Rdata;
}

export interface Reply {
  readonly rcode: RcodeName;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

export const bareReply = (rcode: RcodeName): Reply => ({ rcode, authoritative: false, answers: [], authorities: [], additionals: [] });

/** What we take over UDP: fits every path that carries IPv6 (DNS flag day 2020). */
export const ourUdpPayload = 1_232;

/** Largest record that we write, so that the buffer needs no checks inside of one: a TXT of at most 64 texts of 255. */
const spareBytes = 20_000;
const scratch = Buffer.alloc(65_535 + spareBytes);

/**
 * At most `limitBytes` long. Additional records that do not fit are left out silently; with an answer or authority left out, TC says
 * so (RFC 2181 section 9). Those that fit stay: clients that know no TCP get some of the instances, in random order.
 */
export function writeResponse(query: DnsQuery, reply: Reply, limitBytes: number): Buffer {
  const writer = createWriter(query.question);
  const optBytes = query.edns === undefined ? 0 : 11;
  const room = limitBytes - optBytes;
  const section = (records: readonly DnsRecord[]): number => {
    let count = 0;
    while (count < records.length && writer.record(records[count] ?? never(), room)) count += 1;
    return count;
  };
  const answers = section(reply.answers);
  const authorities = answers === reply.answers.length ? section(reply.authorities) : 0;
  const truncated = answers < reply.answers.length || authorities < reply.authorities.length;
  const additionals = truncated ? 0 : section(reply.additionals);
  const code = rcodes[reply.rcode];
  if (query.edns !== undefined) writer.opt(code >> 4);
  const flags = 0x8000 | query.flags | (reply.authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0) | (code & 0x0f);
  return writer.finish(query, flags, [answers, authorities, additionals + (query.edns === undefined ? 0 : 1)]);
}

const never = (): never => {
  throw new RangeError('an index below the length has an element');
};

function createWriter(question: Question | undefined) {
  /** Where a name stands already, by its lower-case text; pointers reach 14 bits. */
  const places = new Map<string, number>();
  let at = headerBytes;
  if (question !== undefined) {
    at += question.bytes.copy(scratch, at);
    let place = headerBytes;
    for (const [index, label] of question.labels.entries()) {
      places.set(question.labels.slice(index).join('.'), place);
      place += label.length + 1;
    }
  }
  const name = (labels: readonly string[], compress: boolean) => {
    for (const [index, label] of labels.entries()) {
      const key = labels.slice(index).join('.').toLowerCase();
      const known = places.get(key);
      if (known !== undefined && compress) {
        at = scratch.writeUInt16BE(0xc000 | known, at);
        return;
      }
      if (known === undefined && at < 0x4000) places.set(key, at);
      scratch[at] = label.length;
      at += 1 + scratch.write(label, at + 1, 'latin1');
    }
    scratch[at++] = 0;
  };
  const text = (value: string) => {
    const length = Math.min(255, Buffer.byteLength(value));
    scratch[at] = length;
    scratch.write(value, at + 1, length);
    at += 1 + length;
  };
  const rdata = (data: Rdata) => {
    switch (data.type) {
      case 'A':
      case 'AAAA':
        scratch.set(data.address, at);
        at += data.address.length;
        return;
      case 'NS':
      case 'CNAME':
        return name(data.target, true);
      case 'TXT':
        return data.texts.forEach(text);
      case 'HINFO':
        text(data.cpu);
        return text(data.os);
      case 'SRV':
        for (const number of [data.priority, data.weight, data.port]) at = scratch.writeUInt16BE(number, at);
        return name(data.target, false); // RFC 2782: no compression in this one
      case 'SOA':
        name(data.mname, true);
        name(data.rname, true);
        // Nobody transfers this zone: refresh, retry and expire are there because the format wants them.
        for (const number of [data.serial, 3_600, 600, 86_400, data.minimum]) at = scratch.writeUInt32BE(number >>> 0, at);
        return;
      default:
        return data satisfies never;
    }
  };
  return {
    /** False, and nothing was written, when the message would become longer than `limit`. */
    record(record: DnsRecord, limit: number): boolean {
      const start = at;
      name(record.name, true);
      at = scratch.writeUInt16BE(types[record.data.type], at);
      at = scratch.writeUInt16BE(1, at);
      at = scratch.writeUInt32BE(record.ttl, at);
      const lengthAt = at;
      at += 2;
      rdata(record.data);
      scratch.writeUInt16BE(at - lengthAt - 2, lengthAt);
      if (at <= limit) return true;
      at = start;
      for (const [key, place] of places) if (place >= start) places.delete(key);
      return false;
    },
    opt(extendedRcode: number): void {
      scratch.set([0, 0, types.OPT, ourUdpPayload >> 8, ourUdpPayload & 0xff, extendedRcode, 0, 0, 0, 0, 0], at);
      at += 11;
    },
    finish(query: DnsQuery, flags: number, counts: readonly [number, number, number]): Buffer {
      scratch.writeUInt16BE(query.id, 0);
      scratch.writeUInt16BE(flags, 2);
      scratch.writeUInt16BE(question === undefined ? 0 : 1, 4);
      for (const [index, count] of counts.entries()) scratch.writeUInt16BE(count, 6 + index * 2);
      return Buffer.from(scratch.subarray(0, at));
    },
  };
}
