/** A connection from the data plane's address to a receiver: name → addresses → the first that answers. */
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { localFor } from '../../core/local-addresses.ts';
import type { DataPlane } from '../data-plane.ts';
import type { TlsSettings } from './settings.ts';

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Without it nothing is encrypted. */
  readonly tls?: TlsSettings | undefined;
}

export interface DialOptions {
  readonly plane: DataPlane;
  readonly timeoutMs: number;
}

/** Rejects with a sentence of which step failed. Names are resolved and files read anew each time: both change while an agent runs. */
export async function dial(to: Destination, { plane, timeoutMs }: DialOptions): Promise<Socket> {
  const from = plane.resolve();
  if (!from.ok) throw new Error(from.sentence);
  const deadline = performance.now() + timeoutMs;
  const addresses = await within(addressesOf(to.host), timeoutMs, `the name ${to.host} was not resolved within ${timeoutMs} ms`);
  const tls = to.tls === undefined ? undefined : await tlsOptions(to.tls, to.host);
  let last: Error | undefined;
  for (const [index, { address, family }] of addresses.entries()) {
    const local = localFor(from.local, family === 6 ? 6 : 4);
    if (!local.ok) {
      last ??= new Error(local.sentence);
      continue;
    }
    const ms = Math.max(50, (deadline - performance.now()) / (addresses.length - index));
    const options = {
      host: address,
      port: to.port,
      noDelay: true,
      ...(local.address === undefined ? {} : { localAddress: local.address }),
    };
    try {
      return await opened(tls === undefined ? connectTcp(options) : connectTls({ ...options, ...tls }), ms, `${address}:${to.port}`);
    } catch (error) {
      last = error instanceof Error ? error : new Error(String(error));
    }
  }
  throw last ?? new Error(`${to.host} has no address`);
}

async function addressesOf(host: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  try {
    return await lookup(host, { all: true, order: 'verbatim' });
  } catch (error) {
    throw new Error(`the name ${host} cannot be resolved (${codeOf(error)})`, { cause: error });
  }
}

async function tlsOptions(settings: TlsSettings, host: string): Promise<ConnectionOptions> {
  const file = async (path: string | undefined) => {
    if (path === undefined) return undefined;
    return readFile(path).catch((error: unknown) => {
      throw new Error(`${path} cannot be read (${codeOf(error)})`, { cause: error });
    });
  };
  const [ca, cert, key] = await Promise.all([file(settings.caFile), file(settings.certFile), file(settings.keyFile)]);
  const name = settings.serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { servername: name }),
    minVersion: 'TLSv1.2',
  };
}

function opened(socket: Socket | TLSSocket, ms: number, where: string): Promise<Socket> {
  const ready = 'encrypted' in socket ? 'secureConnect' : 'connect';
  return new Promise((resolve, reject) => {
    const end = (reason: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(reason, { cause }));
    };
    const timer = setTimeout(() => end(`${where} did not answer within ${Math.round(ms)} ms`), ms);
    const failed = (error: Error) => end(`${where}: ${codeOf(error)}`, error);
    socket.once('error', failed);
    socket.once(ready, () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      resolve(socket);
    });
  });
}

async function within<T>(work: Promise<T>, ms: number, sentence: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(sentence)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // it may still fail when nobody waits for it any more
  }
}

/** The code where there is one: `ECONNREFUSED`, `CERT_HAS_EXPIRED`; it says more, in fewer words, than most messages. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' && error.code !== '' ? error.code : error.message;
}
