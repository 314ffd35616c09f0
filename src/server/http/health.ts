/** /health/live, /health/ready and /metrics of the server. */
import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';
import { refuse, sendJson } from './exchange.ts';

export interface HealthParts {
  readonly registry: Registry;
  readonly version: string;
  /** What keeps the server from its work, each a sentence; empty: it is ready. */
  readonly notReady: () => readonly string[];
}

export function healthServer({ registry, version, notReady }: HealthParts): Server {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192 }, async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, { status: 405, code: 'method', message: `${request.method} is not for this listener`, hint: 'use GET' });
    switch (request.url?.split('?', 1)[0]) {
      case '/health':
      case '/health/live':
        return sendJson(response, 200, { status: 'live', version });
      case '/health/ready': {
        const reasons = notReady();
        return sendJson(response, reasons.length === 0 ? 200 : 503, { status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
      }
      case '/metrics': {
        const text = await registry.metrics();
        return void response.writeHead(200, { 'content-type': registry.contentType, 'content-length': Buffer.byteLength(text) }).end(text);
      }
      default:
        return refuse(response, {
          status: 404,
          code: 'path',
          message: 'there is nothing here',
          hint: '/health/live, /health/ready and /metrics are',
        });
    }
  });
  server.maxConnections = 256;
  return server;
}
