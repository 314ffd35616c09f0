/** Opens a listener, and says in one sentence why it cannot be opened. */
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenAddress } from '../../config/fields.ts';
import { FairleadError } from '../../core/errors.ts';

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EADDRINUSE: ['another process listens there', 'end that process (ss -ltnp shows it), or choose another port in the settings'],
  EADDRNOTAVAIL: ['this machine has no such address', 'ip address shows those that it has; choose one of them in the settings'],
  EACCES: ['this user may not', 'choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE'],
  EAFNOSUPPORT: ['this machine has no IPv6', 'write 0.0.0.0:PORT for all IPv4 addresses'],
};

/** `what` is the listener's name in a sentence: `the listener of agents (agents.listen)`. Resolves with where it listens. */
export function listen(server: Server, what: string, { host, port }: ListenAddress): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      // Without IPv6, all addresses are all IPv4 addresses.
      if (error.code === 'EAFNOSUPPORT' && host === '::') return resolve(listen(server, what, { host: '0.0.0.0', port }));
      reject(cannotListen(error, what, { host, port }));
    };
    server.once('error', failed);
    server.listen({ host, port, ipv6Only: false }, () => {
      server.off('error', failed);
      // A TCP server that listens has an address with a port.
      resolve(server.address() as AddressInfo);
    });
  });
}

export function cannotListen(error: NodeJS.ErrnoException, what: string, { host, port }: ListenAddress): FairleadError {
  const [reason, hint] = reasons[error.code ?? ''] ?? [error.message, 'see the log'];
  return new FairleadError('FAIRLEAD_LISTEN', { what, address: addressText({ host, port }), reason, hint }, { cause: error });
}

export const addressText = ({ host, port }: ListenAddress): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/**
 * A port of the system's choice for port 0, so that it is known before the listener opens (its URL is told to agents). Somebody else
 * may take it in between; then opening says so.
 */
export async function withPort(address: ListenAddress): Promise<ListenAddress> {
  if (address.port !== 0) return address;
  const probe = createServer();
  const { port } = await listen(probe, 'a listener', address);
  await new Promise<void>((resolve) => void probe.close(() => resolve()));
  return { host: address.host, port };
}

/** Whether a listener could be opened here now. */
export async function isFree(address: ListenAddress): Promise<boolean> {
  const probe = createServer();
  try {
    await listen(probe, 'a probe', address);
  } catch {
    return false;
  }
  await new Promise<void>((resolve) => void probe.close(() => resolve()));
  return true;
}

/** Stops accepting, lets requests that are under way finish for a while, then closes what is left. */
export async function close(server: HttpServer, graceMs = 2_000): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeIdleConnections();
  const late = new AbortController();
  await Promise.race([closed, sleep(graceMs, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
  server.closeAllConnections();
  await closed;
}
