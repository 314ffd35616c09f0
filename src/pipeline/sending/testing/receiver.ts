/** A small receiver for tests: says what it is told to, one answer after the other, and remembers what it got. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly body: Buffer;
  readonly from: string;
  readonly atMs: number;
  /** The status that was answered; 0 for none. */
  readonly status: number;
}

export interface Says {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** `reset`: the connection is cut off. `silence`: no answer ever comes. */
  readonly instead?: 'reset' | 'silence';
  readonly afterMs?: number;
}

export interface Receiver extends AsyncDisposable {
  readonly port: number;
  readonly got: readonly Got[];
  /** Those that were answered with 2xx. */
  readonly taken: readonly Got[];
  /** Most requests that were under way at once. */
  readonly mostAtOnce: number;
  readonly connections: number;
  /** For the next requests, in order; afterwards what `always` says. */
  next(...says: readonly Says[]): void;
  always(says: Says | ((got: Omit<Got, 'status'>) => Says)): void;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
  closeIdle(): void;
  /** Takes no new connection and says nothing on the present ones, which stay. */
  deafen(): void;
}

export async function startReceiver(ok: Says = { status: 200 }): Promise<Receiver> {
  const got: Got[] = [];
  const queue: Says[] = [];
  let otherwise: (got: Omit<Got, 'status'>) => Says = () => ok;
  let underWay = 0;
  let mostAtOnce = 0;
  let connections = 0;
  const sockets = new Set<Socket>();
  const make = () => {
    const server = createServer(async (request, response) => {
      underWay += 1;
      mostAtOnce = Math.max(mostAtOnce, underWay);
      response.once('close', () => {
        underWay -= 1;
      });
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request) chunks.push(chunk as Buffer);
      } catch {
        return; // the sink gave it up
      }
      const seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: unpacked(Buffer.concat(chunks), request.headers['content-encoding']),
        from: request.socket.remoteAddress ?? '',
        atMs: performance.now(),
      };
      const says = queue.shift() ?? otherwise(seen);
      got.push({ ...seen, status: says.instead === undefined ? (says.status ?? 200) : 0 });
      if (says.afterMs === undefined) answer(response, says);
      else setTimeout(() => answer(response, says), says.afterMs);
    });
    server.on('connection', (socket) => {
      connections += 1;
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    return server;
  };
  let server = make();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has such an address.
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  return {
    port,
    got,
    get taken() {
      return got.filter(({ status }) => status >= 200 && status < 300);
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    get connections() {
      return connections;
    },
    next: (...says) => void queue.push(...says),
    always(says) {
      otherwise = typeof says === 'function' ? says : () => says;
    },
    stop,
    async start() {
      server = make();
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    closeIdle: () => server.closeIdleConnections(),
    deafen: () => void server.close(),
    [Symbol.asyncDispose]: stop,
  };
}

function answer(response: ServerResponse, says: Says): void {
  if (says.instead === 'silence') return;
  if (says.instead === 'reset') return void response.socket?.resetAndDestroy();
  response.writeHead(says.status ?? 200, says.headers ?? {});
  response.end(says.body ?? '');
}

function unpacked(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'zstd' ? zstdDecompressSync(body) : body;
}
