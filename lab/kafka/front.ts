/**
 * What librdkafka's mock brokers lack, as a relay in front of each of them: TLS, the server's side of SASL, quotas, answers that get lost, and a broker's view of sequence
 * numbers. Written from the protocol guide and RFC 5802, with nothing of the sink's code, so that both must agree on the protocol.
 */
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { addSasl, apis, dropped, Frames, movePorts, patchThrottle } from './front-frames.ts';
import { Ledger } from './front-ledger.ts';
import { type SaslAccount, SaslServer } from './front-sasl.ts';
import type { MockCluster } from './mock.ts';

export interface FrontOptions {
  readonly tls?: TlsOptions;
  readonly sasl?: SaslAccount;
  /** Sequence numbers are checked as a broker does, and what was appended already is not appended again. */
  readonly ledger?: boolean;
}

export interface Front extends AsyncDisposable {
  readonly bootstrap: string;
  readonly ledger: Ledger;
  /** Local addresses that connections came from. */
  readonly from: Set<string>;
  /** Connections so far. */
  readonly accepted: () => number;
  /** throttle_time_ms of the answers to Produce from now on. */
  throttle(ms: number): void;
  /** The next answers to Produce are lost together with their connection, after the records were appended. */
  loseAnswers(count: number): void;
  /** Nothing is passed on any more, in neither direction, and no connection ends: a cable that was pulled. */
  freeze(broker: number): void;
  thaw(broker: number): void;
}

interface Asked {
  readonly api: number;
  readonly version: number;
  readonly correlation: number;
  /** Entries of the answer that the broker behind knows nothing of. */
  refused: Buffer;
  reply?: Buffer;
  /** Takes back what the ledger noted and the broker did not append, by its answer; undefined: none came. */
  undo?: (answer: Buffer | undefined) => void;
}

interface Door {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  port: number;
  frozen: boolean;
}

export async function startFront(mock: MockCluster, options: FrontOptions = {}): Promise<Front> {
  const state = { throttleMs: 0, lose: 0, accepted: 0 };
  const ledger = new Ledger();
  const from = new Set<string>();
  const ports = new Map<number, number>();
  const doors: Door[] = [];
  for (const broker of mock.brokers) {
    const sockets = new Set<Socket>();
    const accept = (client: Socket) => {
      state.accepted += 1;
      from.add(client.remoteAddress ?? '');
      const upstream = tcpConnect({ host: broker.host, port: broker.port, noDelay: true });
      for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
      if (door.frozen) for (const socket of [client, upstream]) socket.pause();
      relay(client, upstream);
    };
    const server = options.tls === undefined ? createServer({ noDelay: true }, accept) : createTlsServer(options.tls, accept);
    const door: Door = { server, sockets, port: 0, frozen: false };
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    door.port = typeof address === 'object' && address !== null ? address.port : 0;
    ports.set(broker.port, door.port);
    doors.push(door);
  }

  function relay(client: Socket, upstream: Socket): void {
    // Answers leave in the order of the requests, whoever makes them.
    const queue: Asked[] = [];
    const sasl = options.sasl === undefined ? undefined : new SaslServer(options.sasl);
    const flush = () => {
      for (let head = queue[0]; head?.reply !== undefined; head = queue[0]) {
        queue.shift();
        client.write(head.reply);
      }
    };
    // With a ledger one Produce at a time: whether a batch fits depends on what became of the one before it.
    const held: Buffer[] = [];
    let underWay: Asked | undefined;
    const pass = (frame: Buffer): void => {
      if (underWay !== undefined) return void held.push(frame);
      const asked: Asked = {
        api: frame.readInt16BE(4),
        version: frame.readInt16BE(6),
        correlation: frame.readInt32BE(8),
        refused: dropped,
      };
      queue.push(asked);
      const own = sasl?.answer(asked.api, frame);
      if (own === 'end') return void client.destroy();
      if (own !== undefined) asked.reply = own;
      else if (asked.api === apis.produce && options.ledger === true) judge(asked, frame);
      else upstream.write(frame);
      flush();
    };
    const judge = (asked: Asked, frame: Buffer) => {
      const { forward, refused, undo } = ledger.check(frame);
      if (forward === undefined) asked.reply = patchThrottle(refused, state.throttleMs);
      else {
        asked.refused = refused;
        asked.undo = undo;
        underWay = asked;
        upstream.write(forward);
      }
    };
    const toBroker = new Frames(pass);
    const toClient = new Frames((frame) => {
      const asked = queue.find(({ correlation }) => correlation === frame.readInt32BE(4));
      if (asked === undefined) return;
      if (asked === underWay) {
        asked.undo?.(frame);
        underWay = undefined;
      }
      if (asked.api === apis.produce && state.lose > 0) {
        state.lose -= 1;
        return void client.destroy();
      }
      asked.reply = asked.api === apis.produce ? patchThrottle(ledger.merge(frame, asked.refused), state.throttleMs) : frame;
      if (asked.api === apis.metadata) movePorts(frame, asked.version, ports);
      if (asked.api === apis.apiVersions && sasl !== undefined) asked.reply = addSasl(frame);
      flush();
      for (const next of held.splice(0)) pass(next);
    });
    // The mock cuts the connection instead of appending.
    upstream.on('close', () => underWay?.undo?.(undefined));
    client.on('data', (chunk: Buffer) => toBroker.add(chunk));
    upstream.on('data', (chunk: Buffer) => toClient.add(chunk));
  }

  const door = (broker: number): Door => {
    const found = doors[broker - 1];
    if (found === undefined) throw new Error(`no broker ${broker}`);
    return found;
  };
  return {
    bootstrap: doors.map(({ port }) => `127.0.0.1:${port}`).join(','),
    ledger,
    from,
    accepted: () => state.accepted,
    throttle(ms) {
      state.throttleMs = ms;
    },
    loseAnswers(count) {
      state.lose = count;
    },
    freeze(broker) {
      door(broker).frozen = true;
      for (const socket of door(broker).sockets) socket.pause();
    },
    thaw(broker) {
      door(broker).frozen = false;
      for (const socket of door(broker).sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      for (const { server, sockets } of doors) {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
