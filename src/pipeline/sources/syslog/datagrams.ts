/** Syslog by UDP (RFC 5426): nothing can be asked of a sender, so what finds no room is dropped, and counted. */
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { Counter, type Registry } from 'prom-client';
import type { ListenAddress } from '../../../config/fields.ts';
import { addressText, patiently } from '../../listening/listen.ts';
import { peerTexts } from '../../listening/peer.ts';
import type { SourceContext } from '../../source.ts';
import { kernelDrops } from './udp-drops.ts';

/** Takes one message; false when there is no room. */
export type TakeDatagram = (bytes: Buffer, peer: Buffer) => boolean;

export interface DatagramDoor {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Datagrams that wait here while there is no room, beside those that wait in the kernel. */
const maxQueued = 4 << 20;
const lookEveryMs = 10_000;
/** What a datagram costs beside its bytes. */
const overhead = 200;

export async function openDatagrams(
  options: { readonly what: string; readonly listen: ListenAddress; readonly receiveBuffer: number },
  context: SourceContext,
  room: { readonly take: TakeDatagram; ready(): Promise<void> },
): Promise<DatagramDoor> {
  const socket = await patiently(context.clock, options.what, options.listen, (address) => bind(address, options.receiveBuffer));
  const peers = peerTexts();
  const queue: { readonly bytes: Buffer; readonly peer: Buffer }[] = [];
  let queued = 0;
  let draining: Promise<void> | undefined;
  let dropped = 0;

  const drain = async () => {
    while (queue.length > 0) {
      const next = queue[0];
      if (next !== undefined && !room.take(next.bytes, next.peer)) {
        await room.ready();
        continue;
      }
      queue.shift();
      queued -= (next?.bytes.length ?? 0) + overhead;
    }
    draining = undefined;
  };
  socket.on('message', (bytes, { address }) => {
    const peer = peers(address);
    if (draining === undefined && room.take(bytes, peer)) return;
    if (queued + bytes.length + overhead > maxQueued) {
      dropped += 1;
      context.counters.errors += 1;
      context.counters.lostBytes += bytes.length;
      return;
    }
    queue.push({ bytes, peer });
    queued += bytes.length + overhead;
    draining ??= drain();
  });
  socket.on('error', () => {}); // ICMP answers to nothing that we sent
  const address = socket.address();
  context.log.event('pipeline.source.listening', {
    address: addressText({ host: address.address, port: address.port }),
    what: options.what,
  });
  const stop = watchDrops(socket, context, () => {
    const since = dropped;
    dropped = 0;
    return since;
  });
  return {
    address,
    async close() {
      // What was received already is read in the next turns of the event loop.
      for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      await new Promise<void>((resolve) => socket.close(resolve));
      await stop();
      while (draining !== undefined) await draining;
    },
  };
}

function bind(address: ListenAddress, receiveBuffer: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = createSocket({ type: address.host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: receiveBuffer });
  socket.once('error', (error) => {
    socket.close();
    reject(error);
  });
  socket.bind({ address: address.host, port: address.port }, () => {
    socket.removeAllListeners('error');
    resolve(socket);
  });
  return promise;
}

/** Looks now and then at what was lost, counts it and says it. */
function watchDrops(socket: Socket, context: SourceContext, takeDropped: () => number): () => Promise<void> {
  const { registry, clock, counters, log, name } = context;
  const metric = droppedMetric(registry);
  const address = socket.address();
  const buffer = socket.getRecvBufferSize();
  let known = kernelDrops(address);
  let cancel = () => {};
  let closed = false;
  const look = async () => {
    const before = await known;
    const now = await kernelDrops(address);
    known = Promise.resolve(now ?? before);
    const kernel = now === undefined || before === undefined ? 0 : Math.max(0, now - before);
    const here = takeDropped();
    counters.errors += kernel; // those dropped here were counted when it happened
    metric.inc({ source: name, where: 'kernel' }, kernel);
    metric.inc({ source: name, where: 'agent' }, here);
    if (here + kernel > 0) log.event('pipeline.source.datagrams-dropped', { here, kernel, buffer });
  };
  const again = () => {
    cancel = clock.after(lookEveryMs, () => void look().then(() => closed || again()));
  };
  again();
  return async () => {
    closed = true;
    cancel();
    const here = takeDropped();
    if (here > 0) metric.inc({ source: name, where: 'agent' }, here);
  };
}

function droppedMetric(registry: Registry): Counter<'source' | 'where'> {
  const metric = 'fairlead_source_datagrams_dropped_total';
  // Registered here and nowhere else, with these labels.
  const known = registry.getSingleMetric(metric) as Counter<'source' | 'where'> | undefined;
  return (
    known ??
    new Counter({
      name: metric,
      help: 'Datagrams that were lost before they were read (where="kernel") or for want of room (where="agent").',
      labelNames: ['source', 'where'],
      registers: [registry],
    })
  );
}
