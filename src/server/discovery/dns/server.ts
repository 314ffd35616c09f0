/**
 * The DNS server: UDP and TCP on one port, authoritative for its domains and nothing else.
 *
 * UDP answers never exceed 1,232 bytes (512 without EDNS), and queries are limited by the network they seem to come from, because
 * their sender can be forged: of those above the limit every second one is answered with an empty answer that says "truncated",
 * which sends an honest client to TCP and gives a liar nothing.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { parseAddress } from '../../../core/address.ts';
import { keyedBuckets } from '../../../core/token-bucket.ts';
import type { Log } from '../../../observe/log.ts';
import { cannotListen } from '../../http/listen.ts';
import type { DiscoveryRegistry } from '../registry.ts';
import { bareReply, type DnsQuery, ourUdpPayload, type RcodeName, readQuery, writeResponse } from './message.ts';
import { resolve, type Zone } from './resolve.ts';

export interface DnsServerParts {
  readonly registry: DiscoveryRegistry;
  readonly log: Log;
  readonly host: string;
  /** 0: the system chooses one that is free for both transports. */
  readonly port: number;
  /** Default `fairlead`; further ones (`consul`) are answered alike. */
  readonly domains?: readonly string[];
  readonly ttlMs?: number;
  readonly negativeTtlMs?: number;
  readonly onlyPassing?: boolean;
  /** UDP queries a second from one /24 or /56. */
  readonly ratePerSecond?: number;
  readonly maxConnections?: number;
  readonly maxConnectionsPerClient?: number;
  readonly idleMs?: number;
  readonly random?: () => number;
}

export interface DnsServer extends AsyncDisposable {
  readonly port: number;
}

export type Transport = 'udp' | 'tcp';

export interface Answered {
  readonly bytes: Buffer;
  readonly rcode: RcodeName;
}

/** Undefined: nothing is sent. Never throws, whatever the bytes are. */
export function answer(zone: Zone, packet: Buffer, transport: Transport): Answered | undefined {
  const query = readQuery(packet);
  if (query === undefined) return undefined;
  const limit = transport === 'tcp' ? 65_535 : udpLimit(query);
  const reply =
    query.failure !== undefined || query.question === undefined ? bareReply(query.failure ?? 'FORMERR') : resolve(zone, query.question);
  return { bytes: writeResponse(query, reply, limit), rcode: reply.rcode };
}

/** RFC 6891 section 6.2.3: values below 512 mean 512. */
const udpLimit = ({ edns }: DnsQuery): number => Math.min(ourUdpPayload, Math.max(512, edns?.udpPayloadSize ?? 512));

/** The answer to a client that asks too much: come by TCP. */
function truncatedAnswer(packet: Buffer): Buffer | undefined {
  const query = readQuery(packet);
  if (query === undefined) return undefined;
  const bytes = writeResponse(query, bareReply('NOERROR'), 512);
  bytes[2] = (bytes[2] ?? 0) | 0x02; // TC
  return bytes;
}

/** Forged addresses are cheap, whole networks less so: those of one network share a limit. */
export function networkOf(address: string): string {
  const parsed = parseAddress(address.replace(/%.*$/, ''));
  if (parsed === undefined) return address;
  if (parsed.family === 4) return `4/${parsed.bits >> 8n}`;
  return parsed.bits >> 32n === 0xffffn ? `4/${(parsed.bits & 0xffffffffn) >> 8n}` : `6/${parsed.bits >> 72n}`;
}

export async function createDnsServer(parts: DnsServerParts): Promise<DnsServer> {
  const { registry, log } = parts;
  const zone = zoneOf(parts);
  const server = createServer({ noDelay: true });
  const udp = createSocket({ type: isIPv6(parts.host) ? 'udp6' : 'udp4' });
  const port = await bind(server, udp, parts.host, parts.port);
  const connections = new Set<Socket>();
  const perClient = new Map<string, number>();
  const rate = parts.ratePerSecond ?? 1_000;
  const buckets = keyedBuckets(rate, rate * 2);
  const { dnsQueries, dnsDropped } = registry.metrics;
  let slip = 0;

  const safely = (packet: Buffer, transport: Transport): Buffer | undefined => {
    try {
      const answered = answer(zone, packet, transport);
      if (answered === undefined) dnsDropped.inc({ reason: 'malformed' });
      else dnsQueries.inc({ transport, rcode: answered.rcode });
      return answered?.bytes;
    } catch (cause) {
      // Our bug, which must not take the server down for everybody.
      log.event('discovery.dns-failed', { transport }, cause);
      dnsDropped.inc({ reason: 'failed' });
      return undefined;
    }
  };

  udp.on('message', (packet, from) => {
    // Port 0 is nobody; an answer to it could only be an attack on somebody else's error handling.
    if (from.port === 0) return;
    const network = networkOf(from.address);
    const waitMs = buckets.take(network, registry.clock.monotonicMs());
    if (waitMs > 0) {
      dnsDropped.inc({ reason: 'rate' });
      slip += 1;
      if (slip % 1_000 === 1) log.event('discovery.dns-limited', { remote: from.address, rate });
    }
    const bytes = waitMs === 0 ? safely(packet, 'udp') : slip % 2 === 0 ? truncatedAnswer(packet) : undefined;
    // What became of it is the client's to find out: it asks again.
    if (bytes !== undefined) udp.send(bytes, from.port, from.address, () => undefined);
  });
  udp.on('error', (cause) => log.event('discovery.dns-failed', { transport: 'udp' }, cause));

  server.maxConnections = parts.maxConnections ?? 1_000;
  server.on('drop', () => dnsDropped.inc({ reason: 'connections' }));
  server.on('error', (cause) => log.event('discovery.dns-failed', { transport: 'tcp' }, cause));
  server.on('connection', (socket) => {
    const client = networkOf(socket.remoteAddress ?? '');
    const count = perClient.get(client) ?? 0;
    if (count >= (parts.maxConnectionsPerClient ?? 100)) {
      dnsDropped.inc({ reason: 'connections' });
      socket.destroy();
      return;
    }
    perClient.set(client, count + 1);
    connections.add(socket);
    socket.on('close', () => {
      connections.delete(socket);
      const left = (perClient.get(client) ?? 1) - 1;
      if (left === 0) perClient.delete(client);
      else perClient.set(client, left);
    });
    serveConnection(socket, parts.idleMs ?? 10_000, (packet) => safely(packet, 'tcp'));
  });
  log.event('discovery.dns-listening', { domain: (parts.domains ?? ['fairlead']).join(', '), address: parts.host, port });

  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await Promise.all([new Promise<void>((done) => server.close(() => done())), new Promise<void>((done) => udp.close(() => done()))]);
    },
  };
}

function zoneOf({ registry, host, ...parts }: DnsServerParts): Zone {
  const nodeAddress = registry.catalog.node(registry.localNode)?.address ?? '';
  return {
    catalog: registry.catalog,
    domains: (parts.domains ?? ['fairlead']).map((domain) => domain.toLowerCase().replace(/\.$/, '').split('.')),
    datacenter: registry.datacenter,
    ttlSeconds: Math.round((parts.ttlMs ?? 5_000) / 1_000),
    negativeTtlSeconds: Math.round((parts.negativeTtlMs ?? parts.ttlMs ?? 5_000) / 1_000),
    onlyPassing: parts.onlyPassing ?? false,
    serverAddress: nodeAddress === '' ? host : nodeAddress,
    random: parts.random ?? Math.random,
  };
}

/** Both transports on one port. Port 0 gives TCP a free one, which may be taken for UDP: then the next. */
async function bind(server: Server, udp: UdpSocket, host: string, wanted: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    await listening(server, () => server.listen(wanted, host)).catch((cause: unknown) => {
      udp.close();
      throw refused(cause, host, wanted);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : wanted;
    try {
      await listening(udp, () => udp.bind(port, host));
      return port;
    } catch (cause) {
      await new Promise<void>((done) => server.close(() => done()));
      if (wanted !== 0 || attempt === 20) {
        udp.close();
        throw refused(cause, host, wanted);
      }
    }
  }
}

const refused = (cause: unknown, host: string, port: number): unknown =>
  cause instanceof Error ? cannotListen(cause, 'the DNS server (discovery.dns)', { host, port }) : cause;

async function listening(socket: Server | UdpSocket, open: () => void): Promise<void> {
  const ready = once(socket, 'listening'); // rejects on 'error'
  open();
  await ready;
}

/** Whoever asks faster than he reads the answers is not listened to until he has read them. */
const mostUnsentBytes = 256 * 1024;

/** Length and message, again and again (RFC 1035 section 4.2.2); several questions may be under way (RFC 7766 section 6.2.1.1). */
function serveConnection(socket: Socket, idleMs: number, respond: (packet: Buffer) => Buffer | undefined): void {
  let pending: Buffer = Buffer.alloc(0);
  const work = () => {
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0);
      if (pending.length < length + 2) return;
      if (socket.writableLength > mostUnsentBytes) return void socket.pause();
      const bytes = respond(pending.subarray(2, length + 2));
      pending = pending.subarray(length + 2);
      if (bytes === undefined) return void socket.destroy();
      const prefix = Buffer.alloc(2);
      prefix.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([prefix, bytes]));
    }
  };
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => undefined); // 'close' follows
  socket.on('drain', () => {
    work();
    socket.resume();
  });
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    work();
  });
}
