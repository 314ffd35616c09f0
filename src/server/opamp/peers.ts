/**
 * Who is at the other end of each open connection. The certificate is looked at when the connection is made and at every message;
 * here is what ends connections in between: the end of a certificate and a revocation. (Node itself keeps an open connection
 * after its certificate has expired.)
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import type { Authority, Verified } from '../ca/authority.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { peerOf } from './gate.ts';

export class Peer {
  readonly socket: Socket;
  readonly remote: string;
  /** Undefined: it presented none, or TLS is not spoken at all. */
  readonly der: Uint8Array | undefined;
  uid: string | undefined = undefined;
  notAfterMs = Number.POSITIVE_INFINITY;
  /** Ends the connection in the way of its protocol; set by who serves it. */
  end: ((reason: string) => void) | undefined = undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.remote = peerOf(socket);
    this.der = socket instanceof TLSSocket ? copyOf(socket.getPeerX509Certificate()?.raw) : undefined;
  }
}

/** Its own bytes: what the certificate object gives is a view that keeps more alive. */
const copyOf = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes && Uint8Array.from(bytes);

export interface Peers {
  readonly size: number;
  of(socket: Socket): Peer;
  /** Its handshake is done. */
  has(socket: Duplex): boolean;
  /** Whether the peer may speak now, and as whom. Without TLS nobody is identified: `undefined` stands for "as whom it says". */
  identify(peer: Peer): Verified | undefined;
  /** The open connections of one agent. */
  endAll(uid: string, reason: string): void;
  /** Ends what has to end now. Cheap enough for every second: a comparison for each connection. */
  sweep(): void;
  all(): Iterable<Peer>;
}

export interface PeersOptions {
  readonly tls: boolean;
  readonly authority: Pick<Authority, 'verify'>;
  readonly fleet: Pick<Fleet, 'get'>;
  readonly clock: Clock;
  readonly onCut: (peer: Peer, reason: string) => void;
}

/** From the close frame to the end of the socket, whatever the peer does. */
const lastWordMs = 500;

export function createPeers({ tls, authority, fleet, clock, onCut }: PeersOptions): Peers {
  const peers = new Map<Socket, Peer>();

  function cut(peer: Peer, reason: string): void {
    onCut(peer, reason);
    peer.notAfterMs = Number.POSITIVE_INFINITY;
    if (peer.end === undefined) return void peer.socket.destroy();
    peer.end(reason);
    clock.after(lastWordMs, () => peer.socket.destroy());
  }

  return {
    get size() {
      return peers.size;
    },
    of(socket) {
      const known = peers.get(socket);
      if (known !== undefined) return known;
      const peer = new Peer(socket);
      peers.set(socket, peer);
      socket.once('close', () => peers.delete(socket));
      return peer;
    },
    has: (socket) => socket instanceof Socket && peers.has(socket),
    identify(peer) {
      if (!tls) return undefined;
      const verified = authority.verify(peer.der);
      if (!verified.ok) return verified;
      peer.uid = verified.uid;
      peer.notAfterMs = verified.notAfterMs;
      if (fleet.get(verified.uid) !== undefined) return verified;
      const { uid, serial } = verified;
      return {
        ok: false,
        reason: 'unknown-agent',
        uid,
        serial,
        sentence: `certificate ${serial} is of ${uid}, which is not an agent of this server (any more)`,
      };
    },
    endAll(uid, reason) {
      for (const peer of peers.values()) if (peer.uid === uid) cut(peer, reason);
    },
    sweep() {
      const nowMs = clock.now();
      for (const peer of peers.values()) if (peer.notAfterMs <= nowMs) cut(peer, 'certificate expired');
    },
    all: () => peers.values(),
  };
}
