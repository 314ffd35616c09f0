/** A listener for HTTP that stays in its bounds: connections, header size, time to send a request, and a token. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../../config/fields.ts';
import type { SourceContext } from '../source.ts';
import { openBearer } from './bearer.ts';
import { Complaints, Refusals } from './complaints.ts';
import { addressText, listenOn } from './listen.ts';
import { Progress } from './progress.ts';
import type { TlsSettings } from './settings.ts';
import { followTls, readTls } from './tls.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface HttpOptions {
  /** In a sentence: `the source edge (http)`. */
  readonly what: string;
  readonly listen: ListenAddress;
  readonly tls?: TlsSettings | undefined;
  readonly tokenFile?: string | undefined;
  readonly maxConnections: number;
  readonly requestTimeoutMs: number;
  /**
   * Undefined: the client went away. `taken` is to be called when the request has been pushed, before its receipt is waited for: closing
   * waits only until then.
   */
  handle(request: IncomingMessage, taken: () => void): Promise<Answer | undefined>;
  /** How a refusal of the listener itself looks. */
  refuse(request: IncomingMessage, status: number, reason: string): Answer;
}

export interface HttpDoor {
  readonly address: AddressInfo;
  readonly refusals: Refusals;
  readonly complaints: Complaints;
  /** Resolves when all requests that were being read have been pushed or cut off; answers may still follow. */
  close(): Promise<void>;
}

/** Requests that are still being received when a source closes have so long to arrive. */
const closeGraceMs = 1_000;

export async function openHttp(options: HttpOptions, context: SourceContext): Promise<HttpDoor> {
  const { log, clock, counters } = context;
  const tls = options.tls === undefined ? undefined : await readTls(options.tls);
  const bearer = options.tokenFile === undefined ? undefined : await openBearer(options.tokenFile, clock);
  const complaints = new Complaints(log, clock);
  const refusals = new Refusals(log, clock);
  const progress = new Progress();
  const reading = new Set<IncomingMessage>();
  let closing = false;

  const answerTo = async (request: IncomingMessage, taken: () => void): Promise<Answer | undefined> => {
    if (closing) return options.refuse(request, 503, 'the source is closing');
    if (bearer !== undefined && !bearer.admits(request.headers.authorization)) {
      complaints.say('pipeline.source.unauthorized', { peer: request.socket.remoteAddress });
      return { ...options.refuse(request, 401, 'a bearer token is needed'), headers: { 'www-authenticate': 'Bearer' } };
    }
    return options.handle(request, taken);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const end = progress.begin();
    reading.add(request);
    const taken = () => {
      reading.delete(request);
      end();
    };
    try {
      const answer = await answerTo(request, taken);
      if (answer !== undefined) send(response, answer, closing);
    } catch (error) {
      counters.errors += 1;
      complaints.say('pipeline.source.failed', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      send(response, options.refuse(request, 500, 'internal error'), true);
    } finally {
      taken();
    }
  };

  const limits = {
    requestTimeout: options.requestTimeoutMs,
    headersTimeout: Math.min(10_000, options.requestTimeoutMs),
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16_384,
    keepAliveTimeout: 65_000, // longer than the minute that clients and balancers keep a connection
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => void serve(request, response);
  const server: Server =
    tls === undefined ? createServer(limits, onRequest) : createTlsServer({ ...limits, ...tls, handshakeTimeout: 10_000 }, onRequest);
  server.maxConnections = options.maxConnections;
  server.on('drop', () => complaints.say('pipeline.source.connections-full', { limit: options.maxConnections }));
  server.on('tlsClientError', (error) => complaints.say('pipeline.source.handshake-failed', { reason: error.message }));
  const address = await listenOn(server, options.what, options.listen, clock);
  const unfollow = options.tls === undefined ? () => {} : followTls(options.tls, server as never, clock, log);
  log.event('pipeline.source.listening', { address: addressText({ host: address.address, port: address.port }), what: options.what });

  return {
    address,
    refusals,
    complaints,
    async close() {
      closing = true;
      unfollow();
      bearer?.close();
      refusals.close();
      server.close();
      const cancel = clock.after(closeGraceMs, () => {
        for (const request of reading) request.destroy();
      });
      await progress.idle();
      cancel();
    },
  };
}

function send(response: ServerResponse, { status, headers, body }: Answer, last: boolean): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    'content-length': body === undefined ? 0 : Buffer.byteLength(body),
    ...(last ? { connection: 'close' } : {}),
  });
  response.end(body);
}

/** What became of a request, or undefined when it took too long. */
export async function within(
  context: Pick<SourceContext, 'clock'>,
  timeoutMs: number,
  delivered: Promise<boolean>,
): Promise<boolean | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const cancel = context.clock.after(timeoutMs, () => resolve(undefined));
  const result = await Promise.race([delivered, promise]);
  cancel();
  return result;
}
