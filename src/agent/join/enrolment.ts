/** The two requests by which an agent gets and renews its identity (protocol/enrolment.ts), and what their answers mean. */

import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { EnrolRequest, Identity, RenewRequest } from '../../protocol/enrolment.ts';
import { enrolmentRefusals, enrolPath, identity, pending, refusal, renewPath } from '../../protocol/enrolment.ts';
import type { Lookup } from '../connection/dial.ts';
import { dial } from '../connection/dial.ts';
import type { HttpAnswer } from '../connection/request.ts';
import { ask, retryAfterMs } from '../connection/request.ts';
import type { TrustSettings } from '../connection/trust.ts';
import { firstTrust } from '../connection/trust.ts';
import type { Credentials } from '../identity/identity.ts';

export interface EnrolmentServer {
  /** `https://host:port`; a path before `/v1/…` is kept. */
  readonly url: string;
  /** What the certificate must be for; undefined: the host of the URL. */
  readonly name: string | undefined;
  readonly local: LocalAddresses;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly lookup?: Lookup | undefined;
}

export type EnrolmentAnswer =
  | { readonly kind: 'identity'; readonly identity: Identity; readonly unseen?: string }
  | { readonly kind: 'pending'; readonly keyFingerprint: string; readonly retryAfterMs: number; readonly unseen?: string }
  /** The same request will not do: a person has to act. */
  | { readonly kind: 'refused'; readonly code: string; readonly sentence: string; readonly unseen?: string }
  | { readonly kind: 'failed'; readonly sentence: string; readonly untrusted: boolean; readonly retryAfterMs?: number };

/** Verifies the server first; the token is sent only to one that is trusted. */
export async function enrol(server: EnrolmentServer, trust: TrustSettings, request: EnrolRequest): Promise<EnrolmentAnswer> {
  const url = new URL(server.url);
  const trusted = await firstTrust(trust, dialOptions(server, url), server.name ?? hostOf(url));
  if (!trusted.ok) return { kind: 'failed', sentence: trusted.sentence, untrusted: trusted.untrusted };
  const answer = await post(server, url, enrolPath, request, { ca: trusted.ca });
  return trusted.unseen === undefined || answer.kind === 'failed' ? answer : { ...answer, unseen: trusted.unseen };
}

/** With the present certificate, which may have ended (the server says how long ago). */
export function renew(server: EnrolmentServer, credentials: Credentials, request: RenewRequest): Promise<EnrolmentAnswer> {
  return post(server, new URL(server.url), renewPath, request, { ca: credentials.bundlePem, credentials });
}

async function post(
  server: EnrolmentServer,
  url: URL,
  path: string,
  request: EnrolRequest | RenewRequest,
  tls: { readonly ca: string; readonly credentials?: Credentials },
): Promise<EnrolmentAnswer> {
  const dialed = await dial({ ...dialOptions(server, url), tls: { ...tls, name: server.name } });
  if (!dialed.ok) return { kind: 'failed', sentence: dialed.sentence, untrusted: dialed.failure === 'untrusted' };
  const answer = await ask(dialed.socket, {
    method: 'POST',
    path: `${url.pathname.replace(/\/$/, '')}${path}`,
    host: url.host,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(request),
    timeoutMs: server.timeoutMs,
    limitBytes: 256 * 1024,
    signal: server.signal,
  });
  return readAnswer(answer, server.nowMs());
}

function dialOptions(server: EnrolmentServer, url: URL) {
  const { local, timeoutMs, signal, lookup } = server;
  return {
    host: hostOf(url),
    port: url.port === '' ? 443 : Number(url.port),
    local,
    timeoutMs,
    signal,
    ...(lookup === undefined ? {} : { lookup }),
  };
}

export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Pure. An answer that is none of the known ones is a failure and is asked for again: it may come from something in between. */
export function readAnswer(answer: HttpAnswer, nowMs: number): EnrolmentAnswer {
  if (!answer.ok) return { kind: 'failed', sentence: answer.sentence, untrusted: false };
  const value = json(answer.body);
  if (answer.status === 200) {
    const read = identity.safeParse(value);
    if (read.success) return { kind: 'identity', identity: read.data };
  }
  if (answer.status === 202) {
    const read = pending.safeParse(value);
    if (read.success) return { kind: 'pending', keyFingerprint: read.data.keyFingerprint, retryAfterMs: read.data.retryAfterMs };
  }
  const asked = retryAfterMs(answer.headers['retry-after'], nowMs);
  const later = asked === undefined ? {} : { retryAfterMs: asked };
  const refused = refusal.safeParse(value);
  if (!refused.success)
    return {
      kind: 'failed',
      sentence: `the answer (HTTP ${answer.status}) is not that of an enrolment server`,
      untrusted: false,
      ...later,
    };
  const { code, title, hint } = refused.data;
  const sentence = hint === undefined ? title : `${title}; ${hint}`;
  return retries(code, answer.status) ? { kind: 'failed', sentence, untrusted: false, ...later } : { kind: 'refused', code, sentence };
}

/** Of a code that only a newer server knows, the status decides. */
function retries(code: string, status: number): boolean {
  const known = Object.entries(enrolmentRefusals).find(([name]) => name === code);
  return known === undefined ? status === 429 || status >= 500 : known[1].retry;
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
