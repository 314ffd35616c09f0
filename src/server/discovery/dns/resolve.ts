/**
 * A question and the catalog → what to answer. Pure.
 *
 * An instance that is critical or in maintenance is never in an answer. A service that is registered but has no healthy instance
 * exists without records (NODATA); one that nobody registered does not exist (NXDOMAIN): the two are different mistakes to look for.
 */
import { type IpAddress, parseAddress } from '../../../core/address.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { addressOf, type Instance, instanceHealth, isServed, type Node } from '../catalog/model.ts';
import { bareReply, type DnsRecord, type Question, type Rdata, type Reply, types } from './message.ts';
import { type Asked, asked, below } from './names.ts';

export interface Zone {
  readonly catalog: Pick<Catalog, 'instancesNamed' | 'nodeNamed' | 'isNodeSuffix' | 'indexOf'>;
  /** `[['fairlead']]`; the first is the one that answers name. */
  readonly domains: readonly (readonly string[])[];
  readonly datacenter: string;
  readonly ttlSeconds: number;
  readonly negativeTtlSeconds: number;
  readonly onlyPassing: boolean;
  /** Where this server's DNS is reached: the name server of the zone. */
  readonly serverAddress: string;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What a name has; records are only made of the type that was asked for. */
type Existing = { readonly answers: readonly DnsRecord[]; readonly additionals?: readonly DnsRecord[] };

const anyClass = 255;
/** AXFR, IXFR and the other questions about a zone rather than a name (RFC 5936, RFC 1035 section 3.2.3). */
const isTransfer = (type: number): boolean => type >= 249 && type <= 254;

export function resolve(zone: Zone, question: Question): Reply {
  const sub = below(question.labels, zone.domains);
  // No recursion: a resolver that sends us other names is set up wrongly, and should hear so.
  if (sub === undefined || (question.class !== 1 && question.class !== anyClass) || isTransfer(question.type)) return bareReply('REFUSED');
  const domain = question.labels.slice(sub.length);
  const found = lookUp({ ...zone, domain }, question, asked(sub, zone.datacenter));
  if (found !== undefined && question.type === types.ANY) return authoritative([minimalAny(zone, question)]);
  if (found !== undefined && found.answers.length > 0) return authoritative(found.answers, found.additionals);
  return {
    ...authoritative([]),
    rcode: found === undefined ? 'NXDOMAIN' : 'NOERROR',
    authorities: [soa({ ...zone, domain }, zone.negativeTtlSeconds)],
  };
}

const authoritative = (answers: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): Reply => ({
  rcode: 'NOERROR',
  authoritative: true,
  answers,
  authorities: [],
  additionals,
});

/** RFC 8482 section 4.2: somebody who asks for everything mostly wants a large answer sent to somebody else. */
const minimalAny = (zone: Zone, question: Question): DnsRecord => ({
  name: question.labels,
  ttl: zone.ttlSeconds,
  data: { type: 'HINFO', cpu: 'RFC8482', os: '' },
});

type Here = Zone & { readonly domain: readonly string[] };

function lookUp(zone: Here, question: Question, what: Asked): Existing | undefined {
  const record = (data: Rdata): DnsRecord => ({ name: question.labels, ttl: zone.ttlSeconds, data });
  switch (what.kind) {
    case 'nothing':
      return undefined;
    case 'inner':
      return { answers: [] };
    case 'apex':
      return apex(zone, question.type);
    case 'nameserver':
      return { answers: ofFamily([zone.serverAddress], question.type).map(record) };
    case 'address':
      return { answers: matching([dataOf(what.address)], question.type).map(record) };
    case 'node': {
      const node = zone.catalog.nodeNamed(what.node);
      if (node !== undefined) return { answers: nodeData(node, question.type).map(record) };
      return zone.catalog.isNodeSuffix(what.node) ? { answers: [] } : undefined;
    }
    case 'service':
      return service(zone, question, what);
    default:
      return what satisfies never;
  }
}

const nameserver = (zone: Here): readonly string[] => ['ns', ...zone.domain];

function soa(zone: Here, ttl: number): DnsRecord {
  const serial = zone.catalog.indexOf('services') % 2 ** 32;
  const data: Rdata = {
    type: 'SOA',
    mname: nameserver(zone),
    rname: ['hostmaster', ...zone.domain],
    serial,
    minimum: zone.negativeTtlSeconds,
  };
  return { name: zone.domain, ttl, data };
}

function apex(zone: Here, type: number): Existing {
  if (type === types.SOA) return { answers: [soa(zone, zone.ttlSeconds)] };
  if (type !== types.NS) return { answers: [] };
  const own = { name: nameserver(zone), ttl: zone.ttlSeconds };
  const glue = [types.A, types.AAAA]
    .flatMap((family) => ofFamily([zone.serverAddress], family))
    .map((data): DnsRecord => ({ ...own, data }));
  return { answers: [{ name: zone.domain, ttl: zone.ttlSeconds, data: { type: 'NS', target: nameserver(zone) } }], additionals: glue };
}

const bytesOf = ({ family, bits }: IpAddress): Uint8Array => Buffer.from(bits.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
const dataOf = (address: Uint8Array): Rdata => ({ type: address.length === 4 ? 'A' : 'AAAA', address });
const matching = (data: readonly Rdata[], type: number): readonly Rdata[] => data.filter((one) => types[one.type] === type);

const addressData = (addresses: readonly string[]): readonly Rdata[] =>
  [...new Set(addresses)].map(parseAddress).flatMap((address) => (address === undefined ? [] : [dataOf(bytesOf(address))]));
const ofFamily = (addresses: readonly string[], type: number): readonly Rdata[] => matching(addressData(addresses), type);

const hostLabels = (host: string): readonly string[] => host.replace(/\.$/, '').split('.');
const isHostName = (labels: readonly string[]): boolean =>
  labels.join('.').length <= 200 && labels.every((label) => /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label));

function nodeData(node: Node, type: number): readonly Rdata[] {
  if (type === types.TXT)
    return Object.entries(node.meta).map(
      ([key, value]): Rdata => ({ type: 'TXT', texts: [key.startsWith('rfc1035-') ? value : `${key}=${value}`] }),
    );
  if (type !== types.A && type !== types.AAAA && type !== types.CNAME) return [];
  return parseAddress(node.address) === undefined ? alias([node.address]) : ofFamily([node.address], type);
}

/** One name has at most one alias (RFC 2181 section 10.1), and nothing besides it. */
function alias(hosts: readonly string[]): readonly Rdata[] {
  const target = hosts.map(hostLabels).find(isHostName);
  return target === undefined ? [] : [{ type: 'CNAME', target }];
}

function service(zone: Here, question: Question, what: Asked & { readonly kind: 'service' }): Existing | undefined {
  const hasTag = ({ service: { tags } }: Instance) => what.tag === undefined || tags.some((tag) => tag.toLowerCase() === what.tag);
  const registered = zone.catalog.instancesNamed(what.service).filter(hasTag);
  if (registered.length === 0) return undefined;
  const served = shuffled(
    registered.filter((instance) => isServed(instance, zone.onlyPassing)),
    zone.random,
  );
  const record = (data: Rdata): DnsRecord => ({ name: question.labels, ttl: zone.ttlSeconds, data });
  if (question.type === types.SRV) return srv(zone, question, served);
  if (question.type !== types.A && question.type !== types.AAAA && question.type !== types.CNAME) return { answers: [] };
  const addresses = addressData(served.map(addressOf));
  if (addresses.length > 0) return { answers: matching(addresses, question.type).map(record) };
  return { answers: alias(served.map(addressOf)).map(record) };
}

function srv(zone: Here, question: Question, served: readonly Instance[]): Existing {
  const answers = new Map<string, DnsRecord>();
  const additionals = new Map<string, DnsRecord>();
  for (const instance of served) {
    const { service, node } = instance;
    if (service.port === 0) continue;
    const [data] = addressData([addressOf(instance)]);
    const target = targetOf(zone, instance, data);
    if (target === undefined) continue;
    const weight = instanceHealth(instance) === 'warning' ? service.weights.warning : service.weights.passing;
    const key = `${target.join('.')}:${service.port}`;
    answers.set(key, {
      name: question.labels,
      ttl: zone.ttlSeconds,
      data: { type: 'SRV', priority: 1, weight, port: service.port, target },
    });
    if (data !== undefined) additionals.set(`${node.name} ${target.join('.')}`, { name: target, ttl: zone.ttlSeconds, data });
  }
  return { answers: [...answers.values()], additionals: [...additionals.values()] };
}

/** The node's name when the service is reached there; else the address as a name; a host name of somebody else stays what it is. */
function targetOf(zone: Here, { node, service }: Instance, data: Rdata | undefined): readonly string[] | undefined {
  const tail = [zone.datacenter.toLowerCase(), 'dc', ...zone.domain];
  if (data?.type === 'A' || data?.type === 'AAAA') {
    const labels = node.name.split('.');
    const own = service.address === '' || service.address === node.address;
    return own && isHostName(labels) ? [...labels, 'node', ...tail] : [Buffer.from(data.address).toString('hex'), 'addr', ...tail];
  }
  const labels = hostLabels(addressOf({ node, service }));
  return isHostName(labels) ? labels : undefined;
}

/** Fisher and Yates: every order is as likely as any other, so that clients that take the first spread evenly. */
function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const list = [...items];
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [list[at], list[other]];
    // Both indexes lie within the list.
    list[at] = b as T;
    list[other] = a as T;
  }
  return list;
}
