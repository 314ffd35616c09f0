/**
 * An OpAMP server that does what the test says, over WebSocket and HTTP on one port, with TLS or without: for what a well-behaved server
 * never does, and for servers of others. Production code does not import it.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AgentToServer } from '../../protocol/opamp.ts';
import { ServerToAgentSchema } from '../../protocol/opamp.ts';
import { decodeAgentToServer, encode } from '../../protocol/wire.ts';

export type Reply = Omit<MessageInitShape<typeof ServerToAgentSchema>, '$typeName'>;

export interface Heard {
  readonly message: AgentToServer;
  readonly transport: 'websocket' | 'http';
  readonly headers: IncomingMessage['headers'];
  readonly remoteAddress: string;
  /** Counts connections, from 1. */
  readonly connection: number;
  readonly atMs: number;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly heard: Heard[];
  readonly connections: number;
  /** What is answered; undefined: nothing. Starts as an empty answer with all capabilities. */
  answer: (heard: Heard) => Reply | undefined;
  /** Refuses upgrades and posts with this, before anything else. */
  refuse:
    | ((
        request: IncomingMessage,
      ) => { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | undefined)
    | undefined;
  /** Says something of its own accord to everybody who is connected by WebSocket. */
  push(reply: Reply): void;
  /** All connections end as by a cut cable: without a close frame. */
  cut(): void;
  readonly sockets: ReadonlySet<WebSocket>;
}

export const allServerCapabilities = 0x67n;

export async function startScriptedServer(
  options: { readonly tls?: { key: string; cert: string }; readonly port?: number; readonly host?: string } = {},
) {
  const heard: Heard[] = [];
  const sockets = new Set<WebSocket>();
  const raw = new Map<Socket, number>();
  const handle = (request: IncomingMessage, response: ServerResponse) => void post(request, response);
  const http: Server = options.tls === undefined ? createServer(handle) : createTlsServer(options.tls, handle);
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  let connections = 0;
  http.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    connections += 1;
    raw.set(socket, connections);
    socket.on('error', () => {});
    socket.on('close', () => raw.delete(socket));
  });
  const hear = (request: IncomingMessage, bytes: Buffer, transport: 'websocket' | 'http'): Reply | undefined => {
    const decoded = decodeAgentToServer(bytes, transport);
    if (!decoded.ok) throw new Error(decoded.sentence);
    const { socket, headers } = request;
    const one: Heard = {
      ...{ message: decoded.message, transport, headers, atMs: performance.now() },
      remoteAddress: (socket.remoteAddress ?? '').replace('::ffff:', ''),
      connection: raw.get(socket) ?? 0,
    };
    heard.push(one);
    const reply = server.answer(one);
    return reply === undefined ? undefined : { instanceUid: decoded.message.instanceUid, ...reply };
  };
  const bytesOf = (reply: Reply, framing: 'websocket' | 'http'): Uint8Array => {
    const encoded = encode(ServerToAgentSchema, create(ServerToAgentSchema, reply), framing, Number.POSITIVE_INFINITY);
    return encoded.ok ? encoded.bytes : new Uint8Array();
  };
  async function post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = server.refuse?.(request);
    if (refused !== undefined) return void response.writeHead(refused.status, refused.headers).end(refused.body);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const reply = hear(request, request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, 'http');
    if (reply !== undefined) response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(bytesOf(reply, 'http'));
  }
  http.on('upgrade', (request, socket, head) => {
    const refused = server.refuse?.(request);
    if (refused !== undefined) {
      const headers = Object.entries({ connection: 'close', ...refused.headers }).map(([key, value]) => `${key}: ${value}\r\n`);
      const body = refused.body ?? '';
      return void socket.end(
        `HTTP/1.1 ${refused.status} No\r\n${headers.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.add(webSocket);
      webSocket.on('close', () => sockets.delete(webSocket));
      webSocket.on('message', (data: Buffer) => {
        const reply = hear(request, data, 'websocket');
        if (reply !== undefined) webSocket.send(bytesOf(reply, 'websocket'));
      });
    });
  });
  http.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(http, 'listening');
  // A TCP server's address is an object.
  const { port } = http.address() as AddressInfo;
  const server: ScriptedServer = {
    ...{ port, heard, sockets, url: `${options.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/v1/opamp` },
    get connections() {
      return connections;
    },
    answer: () => ({ capabilities: allServerCapabilities }),
    refuse: undefined,
    push(reply) {
      const last = heard.at(-1)?.message.instanceUid ?? new Uint8Array(16);
      for (const socket of sockets) socket.send(bytesOf({ instanceUid: last, ...reply }, 'websocket'));
    },
    cut() {
      for (const socket of raw.keys()) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      http.closeAllConnections();
      for (const socket of raw.keys()) socket.destroy();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}
