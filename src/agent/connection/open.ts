/** Opens a connection to one server: dials, verifies, and starts the transport that is wanted. */
import { hostname } from 'node:os';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { WireLimits } from '../../protocol/wire.ts';
import { redirectTarget } from './answers.ts';
import type { Address, Dialed, Lookup } from './dial.ts';
import { dial } from './dial.ts';
import type { TlsOptions } from './tls.ts';
import type { Ended, Opened } from './transport.ts';

export interface OpenOptions {
  readonly url: string;
  readonly addresses?: readonly Address[] | undefined;
  readonly transport: 'websocket' | 'http';
  readonly headers: readonly (readonly [string, string])[];
  /** Text form; goes into the header of the HTTP transport. */
  readonly uid: string;
  /** Undefined where the URL is without TLS. */
  readonly tls: TlsOptions;
  readonly local: LocalAddresses;
  readonly connectTimeoutMs: number;
  readonly limits: WireLimits;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  readonly lookup?: Lookup | undefined;
}

/** A verified socket and what the transports need besides it. */
export interface Line extends OpenOptions {
  readonly host: string;
  readonly path: string;
  readonly redial: () => Promise<Dialed>;
}

const maxRedirects = 3;
const userAgent = `fairlead-agent (${hostname()})`;

/** Follows redirects to servers that are trusted as well. */
export async function openTransport(options: OpenOptions): Promise<Opened> {
  let { url, addresses } = options;
  for (let redirects = 0; ; redirects++) {
    const opened = await openOne({ ...options, url, addresses });
    if (opened.ok || opened.ended.kind !== 'redirected') return opened;
    const next = redirectTarget(url, opened.ended.location);
    if (next === undefined) return lost(`${opened.ended.sentence}, which is not followed`);
    if (redirects === maxRedirects) return lost(`${options.url} redirects more than ${maxRedirects} times`);
    url = next;
    addresses = undefined;
  }
}

function lost(sentence: string): Opened {
  return { ok: false, ended: { kind: 'lost', sentence } };
}

async function openOne(options: OpenOptions): Promise<Opened> {
  const url = new URL(options.url);
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  const redial = () =>
    dial({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      local: options.local,
      timeoutMs: options.connectTimeoutMs,
      signal: options.signal,
      ...(options.addresses === undefined ? {} : { addresses: options.addresses }),
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
      ...(secure ? { tls: options.tls } : {}),
    });
  const dialed = await redial();
  if (!dialed.ok) return { ok: false, ended: endedBy(dialed) };
  const headers = [['user-agent', userAgent] as const, ...options.headers];
  const line: Line = { ...options, headers, host: url.host, path: `${url.pathname}${url.search}`, redial };
  // Only the transport that is used is loaded.
  const { open } = options.transport === 'websocket' ? await import('./websocket.ts') : await import('./http.ts');
  return open(line, dialed);
}

export function endedBy(dialed: Dialed & { readonly ok: false }): Ended {
  switch (dialed.failure) {
    case 'untrusted':
      return { kind: 'untrusted', sentence: dialed.sentence };
    case 'plane':
      return { kind: 'plane', sentence: dialed.sentence };
    case 'cancelled':
      return { kind: 'closed' };
    case 'name':
    case 'network':
    case 'tls':
      return { kind: 'lost', sentence: dialed.sentence };
    default:
      return dialed.failure satisfies never;
  }
}
