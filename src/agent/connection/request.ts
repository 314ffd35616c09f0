/** One HTTP request over a socket that is already open and verified; the answer is bounded, and nothing is followed by itself. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import type { Socket } from 'node:net';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What the Host header says. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly limitBytes: number;
  readonly signal: AbortSignal;
}

export type HttpAnswer =
  | { readonly ok: true; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  | { readonly ok: false; readonly sentence: string };

/** The socket is closed afterwards. */
export function ask(socket: Socket, options: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const give = (answer: HttpAnswer) => {
      socket.destroy();
      resolve(answer);
    };
    const fail = (sentence: string) => give({ ok: false, sentence: `${options.host}${options.path}: ${sentence}` });
    const outgoing = request({
      createConnection: () => socket,
      method: options.method,
      path: options.path,
      headers: {
        host: options.host,
        connection: 'close',
        ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
        ...options.headers,
      },
      signal: deadline,
    });
    outgoing.on('error', (error) => fail(deadline.aborted ? `no answer within ${options.timeoutMs} ms` : error.message));
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > options.limitBytes) fail(`the answer is larger than ${options.limitBytes} bytes`);
        else chunks.push(chunk);
      });
      response.on('error', (error) => fail(`the answer broke off: ${error.message}`));
      response.on('end', () =>
        give({ ok: true, status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.end(options.body);
  });
}

/** Retry-After in milliseconds: seconds or a date (RFC 9110 section 10.2.3), a day at most; undefined when it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  // Date.parse takes much for a date that is none.
  if (!/^\s*\d{1,9}\s*$/.test(header) && !/GMT\s*$/.test(header)) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 86_400_000);
}
