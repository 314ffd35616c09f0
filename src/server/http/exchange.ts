/** What all of our HTTP listeners do alike: read a bounded body, answer JSON, refuse with a sentence. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Handles one request. It must answer every request it takes; a rejection is answered 500 and is our bug. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly status: 400 | 413; readonly problem: string };

/** The whole body; refused as soon as it is larger than `limitBytes`, whatever Content-Length said. Never rejects. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const tooLarge: Body = { ok: false, status: 413, problem: `the body is larger than ${limitBytes} bytes` };
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return resolve(tooLarge);
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) return void chunks.push(chunk);
      request.pause();
      resolve(tooLarge);
    });
    request.on('end', () => resolve({ ok: true, bytes: Buffer.concat(chunks) }));
    request.on('error', () => resolve({ ok: false, status: 400, problem: 'the body broke off' }));
    request.on('close', () => resolve({ ok: false, status: 400, problem: 'the body broke off' }));
  });
}

export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** The body of every refusal (RFC 9457, application/problem+json). `code` is stable and kebab-case. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryAfterMs?: number;
}

export function refuse(response: ServerResponse, refused: Refused): void {
  const { status, code, message, hint, retryAfterMs } = refused;
  sendJson(
    response,
    status,
    { status, title: message, code, ...(hint === undefined ? {} : { hint }) },
    {
      'content-type': 'application/problem+json',
      // What is left of a body that was not read would be taken for the next request.
      ...(status === 413 ? { connection: 'close' } : {}),
      ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    },
  );
}

/** Who is at the other end of a socket: an IPv4 address that came in on a socket for both families is written as IPv4. */
export const addressOf = (remote: string | undefined): string => (remote ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '');
