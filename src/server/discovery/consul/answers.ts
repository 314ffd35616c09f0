/** What a route answers, and how it is sent as Consul sends it: JSON, or plain text for everything that went wrong. */
import type { ServerResponse } from 'node:http';

export type Answer =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'done' }
  | { readonly kind: 'text'; readonly status: number; readonly text: string };

export const json = (value: unknown): Answer => ({ kind: 'json', value });
export const done: Answer = { kind: 'done' };
export const text = (status: number, sentence: string): Answer => ({ kind: 'text', status, text: sentence });

export function send(response: ServerResponse, answer: Answer, pretty: boolean, headers: Readonly<Record<string, string>> = {}): number {
  if (answer.kind === 'json') {
    const body = JSON.stringify(answer.value, undefined, pretty ? 4 : undefined) + (pretty ? '\n' : '');
    return sendBody(response, 200, 'application/json', body, headers);
  }
  if (answer.kind === 'done') return sendBody(response, 200, 'application/json', '', headers);
  return sendBody(response, answer.status, 'text/plain; charset=utf-8', answer.text, headers);
}

export function sendBody(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): number {
  if (response.destroyed || response.headersSent) return status;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), vary: 'Accept-Encoding', ...headers });
  response.end(body);
  return status;
}
