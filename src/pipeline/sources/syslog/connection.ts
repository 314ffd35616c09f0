/** Syslog on one connection (RFC 6587, RFC 5425). */
import type { Socket } from 'node:net';
import type { ByteBudget } from '../../listening/byte-budget.ts';
import { peerJson } from '../../listening/peer.ts';
import type { Conversation } from '../../listening/stream-server.ts';
import { type Framing, SyslogFramer } from './framer.ts';

/** What all connections of a source share. */
export interface Reception {
  readonly framing: Framing;
  readonly maxMessage: number;
  /** For unfinished messages. */
  readonly partials: ByteBudget;
  take(bytes: Buffer, from: number, to: number, cut: boolean, peer: Buffer): boolean;
  ready(): Promise<void>;
  /** A connection was closed for want of room for its unfinished message. */
  tooMany(peer: string | undefined): void;
}

export function converse(socket: Socket, reception: Reception): Conversation {
  const peer = peerJson(socket.remoteAddress);
  const framer = new SyslogFramer(reception.framing, reception.maxMessage, (bytes, from, to, cut) =>
    reception.take(bytes, from, to, cut, peer),
  );
  let charged = 0;

  const charge = () => {
    const wanted = framer.reserved;
    if (wanted <= charged) reception.partials.give(charged - wanted);
    else if (!reception.partials.take(wanted - charged)) {
      reception.tooMany(socket.remoteAddress);
      socket.destroy();
      return; // its memory goes with the connection
    }
    charged = wanted;
  };
  const finish = async (chunk: Buffer, from: number) => {
    for (let at = from; at < chunk.length; at = framer.feed(chunk, at)) await reception.ready();
    charge();
  };
  const last = async () => {
    while (!framer.end()) await reception.ready();
  };
  return {
    take(chunk) {
      const at = framer.feed(chunk, 0);
      if (at < chunk.length) return finish(chunk, at);
      charge();
      return undefined;
    },
    closed() {
      reception.partials.give(charged);
      charged = 0;
      return framer.end() ? undefined : last();
    },
  };
}
