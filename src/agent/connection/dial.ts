/**
 * A socket to a server, bound to the plane's address, with the server verified: the one place where the agent's control plane
 * opens a connection. Every way to fail is a result with a sentence.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatAddress, parseAddress } from '../../core/address.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import { localFor } from '../../core/local-addresses.ts';
import type { TlsOptions } from './tls.ts';
import { secure } from './tls.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

export type Lookup = (host: string) => Promise<readonly Address[]>;

export interface DialOptions {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Known already (DNS discovery); left out, `host` is looked up. */
  readonly addresses?: readonly Address[];
  /** Left out: plain TCP. */
  readonly tls?: TlsOptions;
  readonly local: LocalAddresses;
  /** For each address: connect and handshake together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly lookup?: Lookup;
}

/** `untrusted`: somebody answered and is not our server. `plane`: we cannot speak from where we must. */
export type DialFailure = 'name' | 'plane' | 'network' | 'tls' | 'untrusted' | 'cancelled';

export type Dialed =
  | { readonly ok: true; readonly socket: Socket | TLSSocket; readonly localAddress: string; readonly remoteAddress: string }
  | { readonly ok: false; readonly failure: DialFailure; readonly sentence: string };

/** Tries all addresses of the host in turn; the failure is that of the last one that the plane can reach. */
export async function dial(options: DialOptions): Promise<Dialed> {
  const found = await addressesOf(options);
  if (!Array.isArray(found)) return found as Dialed & { ok: false };
  let last: Dialed = { ok: false, failure: 'name', sentence: `${options.host} has no address` };
  for (const address of found) {
    const dialed: Dialed = options.signal.aborted ? cancelled : await dialOne(options, address);
    if (dialed.ok || dialed.failure === 'cancelled' || dialed.failure === 'untrusted') return dialed;
    if (dialed.failure !== 'plane' || last.failure === 'name') last = dialed;
  }
  return last;
}

const cancelled: Dialed = { ok: false, failure: 'cancelled', sentence: 'given up' };

async function addressesOf({ host, addresses, lookup }: DialOptions): Promise<readonly Address[] | Dialed> {
  if (addresses !== undefined && addresses.length > 0) return addresses;
  const literal = parseAddress(host);
  if (literal !== undefined) return [{ address: host, family: literal.family }];
  try {
    return await (lookup ?? lookupAll)(host);
  } catch (error) {
    return { ok: false, failure: 'name', sentence: nameFailure(host, codeOf(error)) };
  }
}

/** As the system resolves names, /etc/hosts included; nothing is kept between two connects. */
async function lookupAll(host: string): Promise<readonly Address[]> {
  const found = await systemLookup(host, { all: true, order: 'verbatim' });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

function nameFailure(host: string, code: string): string {
  switch (code) {
    case 'ENOTFOUND':
      return `${host} does not resolve: no such name, or it has no address`;
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return `${host} does not resolve: the name server does not answer`;
    default:
      return `${host} does not resolve: ${code}`;
  }
}

async function dialOne(options: DialOptions, { address, family }: Address): Promise<Dialed> {
  const bind = localFor(options.local, family);
  if (!bind.ok) return { ok: false, failure: 'plane', sentence: bind.sentence };
  const shown = family === 6 ? `[${address}]:${options.port}` : `${address}:${options.port}`;
  const name = options.host === address ? shown : `${options.host}:${options.port} (${shown})`;
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const opened = await open(options, address, family, bind.address, name, deadline);
  if (!opened.ok || options.tls === undefined) return opened;
  const secured = await secure(opened.socket as Socket, options.tls, { host: options.host, name, signal: deadline });
  if (secured.ok) return { ...opened, socket: secured.socket };
  opened.socket.destroy();
  if (options.signal.aborted) return cancelled;
  return { ok: false, failure: secured.untrusted ? 'untrusted' : 'tls', sentence: secured.sentence };
}

function open(
  options: DialOptions,
  host: string,
  family: 4 | 6,
  localAddress: string | undefined,
  name: string,
  deadline: AbortSignal,
): Promise<Dialed> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port: options.port, family, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
    const give = (dialed: Dialed) => {
      deadline.removeEventListener('abort', late);
      socket.off('error', failed);
      if (!dialed.ok) {
        // What fails after this is nobody's any more.
        socket.on('error', () => {});
        socket.destroy();
      }
      resolve(dialed);
    };
    const fail = (failure: DialFailure, sentence: string) => give({ ok: false, failure, sentence });
    const failed = (error: Error) => fail(...connectFailure(name, codeOf(error), localAddress));
    const late = () =>
      options.signal.aborted ? give(cancelled) : fail('network', `${name} does not answer within ${options.timeoutMs} ms`);
    socket.on('error', failed);
    deadline.addEventListener('abort', late);
    socket.once('connect', () => {
      const used = plain(socket.localAddress);
      // The kernel honours bind(); this is for whatever stands between us and it.
      if (localAddress !== undefined && used !== plain(localAddress))
        return fail('plane', `the socket to ${name} uses ${used} and not ${localAddress}`);
      give({ ok: true, socket, localAddress: used, remoteAddress: host });
    });
    if (deadline.aborted) late();
  });
}

function connectFailure(name: string, code: string, localAddress: string | undefined): [DialFailure, string] {
  const from = localAddress === undefined ? '' : ` from ${localAddress}`;
  switch (code) {
    case 'ECONNREFUSED':
      return ['network', `${name} refuses the connection: nothing listens there`];
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return ['network', `there is no route${from} to ${name}`];
    case 'ETIMEDOUT':
      return ['network', `${name} does not answer`];
    case 'EADDRNOTAVAIL':
      return ['plane', `${localAddress ?? 'the local address'} is not there any more, or has no port left for ${name}`];
    case 'EINVAL':
      return ['plane', `${name} cannot be reached${from}`];
    default:
      return ['network', `${name}: ${code}`];
  }
}

function plain(address: string | undefined): string {
  const literal = parseAddress((address ?? '').replace(/^::ffff:(?=\d+\.)/, ''));
  return literal === undefined ? (address ?? '') : formatAddress(literal);
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
