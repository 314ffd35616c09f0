/** Requests to one URL over connections that are kept, each from the data plane's address. */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import type { SinkCounters } from '../counters.ts';
import type { DataPlane } from '../data-plane.ts';
import { codeOf, type Destination, dial } from './dial.ts';
import type { HttpAnswer, Outcome } from './outcome.ts';
import { outcomeOf } from './outcome.ts';
import { authorization } from './secret-file.ts';
import type { AuthSettings, TlsSettings } from './settings.ts';
import { watchStalls } from './stall-watch.ts';

export interface HttpParts {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: AuthSettings | undefined;
  readonly tls?: TlsSettings | undefined;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** How much of an answer is kept. */
  readonly answerBytes: number;
  readonly plane: DataPlane;
  readonly clock: Clock;
  readonly counters: SinkCounters;
}

export interface HttpMessage {
  readonly method?: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** An answer, or why there is none. */
export type HttpResult = HttpAnswer | { readonly unreachable: string };

export interface HttpClient {
  readonly to: string;
  /** Never rejects for what a network or a receiver does. */
  send(message: HttpMessage): Promise<HttpResult>;
  destroy(): void;
}

/** An idle connection is closed before usual receivers and load balancers do it (60 s), so that few requests meet a closed one. */
const idleMs = 30_000;

export function createHttpClient(parts: HttpParts): HttpClient {
  const { url } = parts;
  const destination = destinationOf(url, parts.tls);
  const agent = new PlaneAgent(destination, parts);
  const authorize = authorization(parts.auth, parts.clock);
  const underWay = new Set<ClientRequest>();
  let destroyed = false;
  const stalls = watchStalls({
    clock: parts.clock,
    probe: async () => void (await dial(destination, { plane: parts.plane, timeoutMs: parts.connectTimeoutMs })).destroy(),
    cut(reason) {
      for (const request of underWay) request.destroy(new Error(reason));
    },
  });

  const once = async ({ method = 'POST', headers, body }: HttpMessage): Promise<HttpResult & { readonly stale?: boolean }> => {
    let authorized: string | undefined;
    try {
      authorized = await authorize();
    } catch (error) {
      return { unreachable: `the file of the secret cannot be read (${codeOf(error)})` };
    }
    if (destroyed) return { unreachable: 'the sink is closed' };
    parts.counters.requests += 1;
    parts.counters.wireBytes += body.length;
    const request = httpRequest({
      agent,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'user-agent': 'fairlead',
        ...parts.headers,
        ...(authorized === undefined ? {} : { authorization: authorized }),
        ...headers,
        'content-length': body.length,
      },
    });
    underWay.add(request);
    stalls.started();
    try {
      return await exchange(request, body, parts);
    } finally {
      underWay.delete(request);
      stalls.ended();
    }
  };

  return {
    to: `${destination.host.includes(':') ? `[${destination.host}]` : destination.host}:${destination.port}`,
    async send(message) {
      const first = await once(message);
      // A kept connection that the receiver had closed meanwhile says nothing about the receiver.
      return first.stale ? once(message) : first;
    },
    destroy() {
      destroyed = true;
      stalls.close();
      for (const request of underWay) request.destroy(new Error('the sink is closed'));
      agent.destroy();
    },
  };
}

/** What follows from a result where the protocol above has nothing to add. */
export function httpOutcome(result: HttpResult, nowMs: number): Outcome {
  return 'unreachable' in result ? { kind: 'unreachable', reason: result.unreachable } : outcomeOf(result, nowMs);
}

function exchange(request: ClientRequest, body: Buffer, parts: HttpParts): Promise<HttpResult & { readonly stale?: boolean }> {
  return new Promise((resolve) => {
    const { timeoutMs, clock } = parts;
    let sentence: string | undefined;
    const cancel = clock.after(timeoutMs, () => {
      sentence = `no answer within ${timeoutMs} ms`;
      request.destroy(new Error(sentence));
    });
    const broken = (error: unknown, answered: boolean) => {
      cancel();
      const code = codeOf(error);
      const stale = request.reusedSocket && !answered && sentence === undefined && (code === 'ECONNRESET' || code === 'EPIPE');
      resolve({ unreachable: sentence ?? code, ...(stale ? { stale } : {}) });
    };
    request.once('error', (error) => broken(error, false));
    request.once('response', (response) => {
      request.removeAllListeners('error').on('error', () => {}); // from here on the response says it
      readAnswer(response, parts.answerBytes).then(
        (answer) => {
          cancel();
          resolve(answer);
        },
        (error: unknown) => broken(error, true),
      );
    });
    request.end(body);
  });
}

/** Reads to the end, so that the connection can be used again, and keeps no more than asked for. */
async function readAnswer(response: IncomingMessage, limit: number): Promise<HttpAnswer> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    // Without an encoding chunks are buffers.
    const bytes = chunk as Buffer;
    if (length < limit) kept.push(bytes.subarray(0, limit - length));
    length += bytes.length;
    if (length > limit + (1 << 20)) {
      response.destroy(); // somebody who sends without end is not waited for
      break;
    }
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(kept) };
}

function destinationOf(url: URL, tls: TlsSettings | undefined): Destination {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  if (url.protocol === 'http:') return { host, port: Number(url.port || 80) };
  return { host, port: Number(url.port || 443), tls: tls ?? {} };
}

/** Keeps connections as http's own does, and opens them as `dial` does. */
class PlaneAgent extends Agent {
  readonly #destination: Destination;
  readonly #options: { readonly plane: DataPlane; readonly timeoutMs: number };
  #destroyed = false;

  constructor(destination: Destination, { plane, connectTimeoutMs, maxConnections }: HttpParts) {
    super({ keepAlive: true, maxSockets: maxConnections, maxFreeSockets: maxConnections, timeout: idleMs, scheduling: 'lifo' });
    this.#destination = destination;
    this.#options = { plane, timeoutMs: connectTimeoutMs };
  }

  override destroy(): void {
    this.#destroyed = true;
    super.destroy();
  }

  override createConnection(_options: unknown, callback?: (error: Error | null, socket: Socket) => void): undefined {
    dial(this.#destination, this.#options).then(
      (socket) => {
        if (this.#destroyed) socket.destroy(); // nobody would close it: the request that it was for is gone
        callback?.(null, socket);
      },
      // The callback of Node takes an error alone; its type does not say so.
      (error: Error) => (callback as unknown as (error: Error) => void)?.(error),
    );
    return undefined;
  }
}
