/** Saying no over HTTP, with the sentence that the agent shows to people. */

import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly sentence: string;
  readonly retryAfterMs?: number;
  readonly allow?: string;
}

function headersAndBody(refusal: Refusal): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const { status, code, sentence, retryAfterMs, allow } = refusal;
  const body = JSON.stringify({ status, code, title: sentence, sentence });
  return {
    body,
    headers: {
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      // A client that was refused has nothing to keep the connection for, and a body that was not read would be taken for a request.
      connection: 'close',
      ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
      ...(allow === undefined ? {} : { allow }),
    },
  };
}

export function refuseRequest(response: ServerResponse, refusal: Refusal): void {
  const { headers, body } = headersAndBody(refusal);
  response.writeHead(refusal.status, headers).end(body);
}

/** A client that does not close its side is not waited for. */
const lastWordMs = 2_000;

/** Before there is a response object: an upgrade, a request that cannot be parsed. */
export function refuseSocket(socket: Duplex, refusal: Refusal): void {
  const { headers, body } = headersAndBody(refusal);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n${head.join('')}\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), lastWordMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
