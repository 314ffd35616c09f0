/** A listener for TCP or TLS that stays in its bounds, and stops reading from everybody while there is no room. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { ListenAddress } from '../../config/fields.ts';
import type { SourceContext } from '../source.ts';
import type { Complaints } from './complaints.ts';
import { addressText, listenOn } from './listen.ts';
import type { TlsSettings } from './settings.ts';
import { followTls, readTls } from './tls.ts';

/** What speaks on one connection. */
export interface Conversation {
  /** Bytes that came. A promise: it has no room for more until that resolves. Must not keep the chunk longer than that. */
  take(chunk: Buffer): Promise<void> | undefined;
  /** The connection is gone, whatever the reason; what is unfinished will never be finished. Comes once, last. A promise: it is busy until then. */
  closed(): Promise<void> | undefined;
}

export interface StreamOptions {
  readonly what: string;
  readonly listen: ListenAddress;
  readonly tls?: TlsSettings | undefined;
  readonly maxConnections: number;
  /** A connection without a byte for so long is closed. */
  readonly idleTimeoutMs: number;
  /** Whether nobody is read from while one has no room; otherwise only that one waits. */
  readonly together: boolean;
  converse(socket: Socket): Conversation;
}

export interface StreamDoor {
  readonly address: AddressInfo;
  readonly connections: number;
  /** Hears nothing more; sockets are closed. Resolves when what was being taken is taken. */
  close(): Promise<void>;
}

/** TCP keepalive: a peer that vanished without a word is noticed in some minutes and gives its place back. */
const keepAliveMs = 60_000;
/** Peers that see our end of the connection have so long to send what they had begun. */
const farewellMs = 500;

export async function openStreams(options: StreamOptions, context: SourceContext, complaints: Complaints): Promise<StreamDoor> {
  const tls = options.tls === undefined ? undefined : await readTls(options.tls);
  const sockets = new Set<Socket>();
  const busy = new Set<Promise<void>>();
  const pace = options.together ? togetherPace(sockets) : apartPace;
  let closing = false;
  let gone = () => {};

  const track = (work: Promise<void> | undefined): Promise<void> | undefined => {
    if (work === undefined) return undefined;
    const tracked = work.finally(() => busy.delete(tracked));
    busy.add(tracked);
    return tracked;
  };
  const hear = (socket: Socket) => {
    socket.on('error', () => {}); // reset by the peer: 'close' follows
    if (closing) return void socket.destroy();
    const conversation = options.converse(socket);
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    socket.setTimeout(options.idleTimeoutMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      const wait = track(conversation.take(chunk));
      if (wait !== undefined) pace.wait(socket, wait);
    });
    socket.on('close', () => {
      sockets.delete(socket);
      track(conversation.closed());
      if (sockets.size === 0) gone();
    });
    pace.begin(socket);
  };

  const server: Server | TlsServer = tls === undefined ? createServer(hear) : createTlsServer({ ...tls, handshakeTimeout: 10_000 }, hear);
  server.maxConnections = options.maxConnections;
  server.on('drop', () => complaints.say('pipeline.source.connections-full', { limit: options.maxConnections }));
  server.on('tlsClientError', (error: Error) => complaints.say('pipeline.source.handshake-failed', { reason: error.message }));
  const address = await listenOn(server, options.what, options.listen, context.clock);
  const unfollow =
    options.tls === undefined || !('setSecureContext' in server) ? () => {} : followTls(options.tls, server, context.clock, context.log);
  context.log.event('pipeline.source.listening', {
    address: addressText({ host: address.address, port: address.port }),
    what: options.what,
  });

  return {
    address,
    get connections() {
      return sockets.size;
    },
    async close() {
      closing = true;
      unfollow();
      server.close();
      for (const socket of sockets) socket.end();
      if (sockets.size > 0) {
        await new Promise<void>((resolve) => {
          gone = resolve;
          context.clock.after(farewellMs, resolve);
        });
      }
      for (const socket of sockets) socket.pause();
      while (busy.size > 0) await Promise.all(busy);
      for (const socket of sockets) socket.destroy();
      while (busy.size > 0 || sockets.size > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
}

/** How reading stops while there is no room. */
interface Pace {
  begin(socket: Socket): void;
  wait(socket: Socket, until: Promise<void>): void;
}

const apartPace: Pace = {
  begin() {},
  wait(socket, until) {
    socket.pause();
    void until.then(() => socket.resume());
  },
};

/** One that has no room means that there is none: each of the others would bring a chunk more to wait with. */
function togetherPace(sockets: ReadonlySet<Socket>): Pace {
  let waiting = 0;
  return {
    begin(socket) {
      if (waiting > 0) socket.pause();
    },
    wait(_, until) {
      if (waiting === 0) for (const socket of sockets) socket.pause();
      waiting += 1;
      void until.then(() => {
        waiting -= 1;
        if (waiting === 0) for (const socket of sockets) socket.resume();
      });
    },
  };
}
