/** One try of one address: connects, and does what the kind of the link asks for. Nothing is left open. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { LinkKind } from './target-kind.ts';

export interface Dial {
  readonly kind: LinkKind;
  /** The literal that is dialled. */
  readonly address: string;
  readonly port: number;
  /** The name that the link has: server name of TLS, and Host of HTTP. */
  readonly host: string;
  readonly url: string | undefined;
  readonly localAddress: string | undefined;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Resolves when the link works over this address. Rejects with an error of Node, or one whose message is a clause. */
export function dial(to: Dial): Promise<void> {
  return to.kind === 'http' ? ask(to) : shake(to);
}

function shake({ kind, address, port, host, localAddress, ca, timeoutMs, signal }: Dial): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = { host: address, port, ...(localAddress === undefined ? {} : { localAddress }) };
    const socket: Socket =
      kind === 'tls'
        ? connectTls({ ...where, ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) })
        : connectTcp(where);
    const end = (cause?: Error) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // Errors that come after the verdict are of no interest, but without a listener they would end the process.
      socket.on('error', () => {});
      const bound = socket.localAddress;
      socket.destroy();
      if (cause !== undefined) return reject(cause);
      if (localAddress !== undefined && bound !== localAddress) return reject(new Error(`left from ${bound}, not from ${localAddress}`));
      resolve();
    };
    const stop = () => end(new Error('the check was called off'));
    const timer = setTimeout(() => end(new Error(`no answer from ${address}:${port} within ${timeoutMs} ms`)), timeoutMs);
    signal.addEventListener('abort', stop);
    socket.once(kind === 'tls' ? 'secureConnect' : 'connect', () => end());
    socket.once('error', end);
    socket.once('close', () => end(new Error(`${address}:${port} closed the connection`)));
  });
}

function ask({ address, port, host, url, localAddress, ca, timeoutMs, signal }: Dial): Promise<void> {
  return new Promise((resolve, reject) => {
    const { protocol, pathname, search, host: hostHeader, username, password } = new URL(url ?? '');
    const request = (protocol === 'https:' ? httpsRequest : httpRequest)({
      host: address,
      port,
      path: `${pathname}${search}`,
      // A connection of its own for each check: a kept one would hide that no new one can be made.
      agent: false,
      headers: { host: hostHeader, 'user-agent': 'fairlead-agent', connection: 'close' },
      ...(username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    const end = (cause?: Error) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      request.on('error', () => {});
      request.destroy();
      if (cause === undefined) resolve();
      else reject(cause);
    };
    const stop = () => end(new Error('the check was called off'));
    const timer = setTimeout(() => end(new Error(`no answer from ${address}:${port} within ${timeoutMs} ms`)), timeoutMs);
    signal.addEventListener('abort', stop);
    request.once('response', ({ statusCode = 0 }) =>
      end(statusCode < 500 ? undefined : new Error(`${address}:${port} answers ${statusCode}`)),
    );
    request.once('error', end);
    request.end();
  });
}
