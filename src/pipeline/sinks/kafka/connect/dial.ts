/** A TCP connection to a broker, from the data plane's address. Every way to fail is a result with a sentence. */
import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import { localFor } from '../../../../core/local-addresses.ts';
import type { DataPlane } from '../../../data-plane.ts';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly plane: DataPlane;
  /** For each address. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type Dialed = { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly sentence: string };

/**
 * A SYN that was dropped is sent again by the kernel after 1, 3, 7 … seconds. So that a broker behind a firewall that opens is found at once, a second
 * attempt is made anew this often; the first one stays, because on a slow path only it gets an answer.
 */
const freshAttemptMs = 1_000;

/** Resolves the name now, and tries its addresses in turn. */
export async function dial(options: DialOptions): Promise<Dialed> {
  const plane = options.plane.resolve();
  if (!plane.ok) return plane;
  const addresses = await addressesOf(options.host);
  if (typeof addresses === 'string') return { ok: false, sentence: addresses };
  let last: Dialed = { ok: false, sentence: `${options.host} has no address` };
  for (const { address, family } of addresses) {
    if (options.signal.aborted) return { ok: false, sentence: 'given up' };
    const bind = localFor(plane.local, family);
    last = bind.ok ? await open(options, address, family, bind.address) : bind;
    if (last.ok) return last;
  }
  return last;
}

async function addressesOf(host: string): Promise<readonly { readonly address: string; readonly family: 4 | 6 }[] | string> {
  const literal = isIP(host);
  if (literal !== 0) return [{ address: host, family: literal === 6 ? 6 : 4 }];
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTFOUND') return `${host} does not resolve: no such name, or it has no address`;
    if (code === 'EAI_AGAIN' || code === 'ETIMEOUT') return `${host} does not resolve: the name server does not answer`;
    return `${host} does not resolve: ${code}`;
  }
}

function open(options: DialOptions, address: string, family: 4 | 6, localAddress: string | undefined): Promise<Dialed> {
  const { port, signal, timeoutMs } = options;
  const shown = family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  return new Promise((resolve) => {
    const attempts: Socket[] = [];
    const give = (dialed: Dialed) => {
      clearInterval(fresh);
      clearTimeout(late);
      signal.removeEventListener('abort', aborted);
      for (const attempt of attempts) {
        attempt.removeAllListeners();
        if (dialed.ok && attempt === dialed.socket) continue;
        attempt.on('error', () => {}); // nobody's any more
        attempt.destroy();
      }
      resolve(dialed);
    };
    const fail = (sentence: string) => give({ ok: false, sentence });
    const attempt = () => {
      const socket = connectTcp({ host: address, port, family, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
      socket.once('connect', () => give({ ok: true, socket }));
      socket.once('error', (error) => fail(connectFailure(shown, codeOf(error), localAddress)));
      attempts.push(socket);
    };
    const again = () => {
      if (attempts.length > 1)
        attempts
          .pop()
          ?.removeAllListeners()
          .on('error', () => {})
          .destroy();
      attempt();
    };
    const aborted = () => fail('given up');
    const fresh = setInterval(again, freshAttemptMs).unref();
    const late = setTimeout(() => fail(`${shown} does not answer within ${timeoutMs} ms`), timeoutMs).unref();
    signal.addEventListener('abort', aborted);
    attempt();
  });
}

function connectFailure(name: string, code: string, localAddress: string | undefined): string {
  const from = localAddress === undefined ? '' : ` from ${localAddress}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `${name} refuses the connection: nothing listens there`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `there is no route${from} to ${name}`;
    case 'ETIMEDOUT':
      return `${name} does not answer`;
    case 'EADDRNOTAVAIL':
      return `${localAddress ?? 'the local address'} is not there any more, or has no port left for ${name}`;
    case 'EINVAL':
      return `${name} cannot be reached${from}`;
    default:
      return `${name}: ${code}`;
  }
}

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
