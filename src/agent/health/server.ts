/** /health, /health/live, /health/ready and /metrics. Small on purpose: it must answer when nothing else does. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { ListenAddress } from '../../config/fields.ts';
import { FairleadError } from '../../core/errors.ts';
import type { NotReady } from './readiness.ts';

export interface HealthServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
}

export interface HealthServerDeps {
  readonly registry: Registry;
  readonly notReady: () => readonly NotReady[];
  /** Shown beside the answer, for people. */
  readonly about: () => Readonly<Record<string, unknown>>;
}

/** Probes and a scraper or two: more at once is somebody else. */
const maxConnections = 32;
/** A request has to be there, and its answer be read, in this time. */
const requestTimeoutMs = 5_000;

/** Throws FAIRLEAD_AGENT_HEALTH_ADDRESS, with one sentence, when the address cannot be listened on. */
export async function startHealthServer(listen: ListenAddress, deps: HealthServerDeps): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000, maxHeaderSize: 8_192 },
    (request, response) => void answer(request, response, deps).catch(() => response.destroy()),
  );
  server.maxConnections = maxConnections;
  server.timeout = requestTimeoutMs;
  server.keepAliveTimeout = requestTimeoutMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(listen, cause)));
    server.listen({ host: listen.host, port: listen.port }, resolve);
  });
  server.removeAllListeners('error');
  // Errors of accepting (too many open files): the next connection is a new chance.
  server.on('error', () => {});
  // A listening TCP server has an address of this kind, not a path.
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, { registry, notReady, about }: HealthServerDeps): Promise<void> {
  // Nothing is read from a request: with a body, the connection ends after the answer.
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, { status: 'method not allowed' }, { allow: 'GET, HEAD' });
  switch (request.url?.split('?')[0]) {
    case '/health':
    case '/health/live':
      return send(response, 200, { status: 'live', ...about() });
    case '/health/ready': {
      const reasons = notReady();
      return send(response, reasons.length === 0 ? 200 : 503, { status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
    }
    case '/metrics': {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType, 'content-length': Buffer.byteLength(text) }).end(text);
      return;
    }
    default:
      return send(response, 404, { status: 'not found', paths: ['/health', '/health/live', '/health/ready', '/metrics'] });
  }
}

function send(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}

function listenError({ host, port }: ListenAddress, cause: NodeJS.ErrnoException): FairleadError {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const [reason, hint] = explanations[cause.code ?? ''] ?? [cause.message, 'choose another address or port in health.listen'];
  return new FairleadError('FAIRLEAD_AGENT_HEALTH_ADDRESS', { address, reason, hint }, { cause });
}

const explanations: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EADDRINUSE: [
    'another process listens there',
    'find it with "ss -ltnp", or choose another port in health.listen; with host networking, all agents of a host share its ports',
  ],
  EADDRNOTAVAIL: ['this host has no such address', 'see "ip address" for those that it has, or listen on 0.0.0.0'],
  EACCES: ['this user may not listen there', 'ports below 1024 need CAP_NET_BIND_SERVICE; choose one above'],
};
