/** What an HTTP answer other than success means for the agent: both transports begin with HTTP. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { retryAfterMs } from './request.ts';
import type { Ended } from './transport.ts';

/** `{code, sentence}` of our own servers, or RFC 9457. */
const refusal = z.union([
  z.object({ code: z.string().max(64), sentence: z.string().max(2_000) }),
  z.object({ code: z.string().max(64), title: z.string().max(2_000) }).transform(({ code, title }) => ({ code, sentence: title })),
]);

export function httpEnded(
  where: string,
  answer: { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string },
  nowMs: number,
): Ended {
  const { status, headers, body } = answer;
  const said = read(body);
  const sentence = said === undefined ? `${where} answers HTTP ${status}` : `${said.sentence} (HTTP ${status})`;
  if (status === 401 || status === 403) return { kind: 'refused', sentence, code: said?.code ?? `http-${status}` };
  if (status === 429 || status === 503) return { kind: 'unavailable', sentence, retryAfterMs: retryAfterMs(headers['retry-after'], nowMs) };
  if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined)
    return { kind: 'redirected', sentence: `${where} is now ${headers.location}`, location: headers.location };
  if (status === 404 || status === 426) return { kind: 'lost', sentence: `${where} is no OpAMP server: it answers HTTP ${status}` };
  return { kind: 'lost', sentence };
}

function read(body: string): { readonly code: string; readonly sentence: string } | undefined {
  try {
    return refusal.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/**
 * Where a redirect leads; undefined where it must not be followed: from TLS to none, or to something that is no OpAMP endpoint. The new
 * server is verified like any other, so that a redirect can lead only to servers that are trusted anyway.
 */
export function redirectTarget(from: string, location: string): string | undefined {
  const url = URL.parse(location, from);
  if (url === null || !['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol)) return undefined;
  const secure = (protocol: string) => protocol === 'wss:' || protocol === 'https:';
  return secure(new URL(from).protocol) && !secure(url.protocol) ? undefined : url.href;
}
