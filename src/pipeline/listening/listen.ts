/** Opens a listener, and says in one sentence why it cannot be opened. */
import type { AddressInfo, Server } from 'node:net';
import type { ListenAddress } from '../../config/fields.ts';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EADDRINUSE: ['another process listens there', 'end that process (ss -lntup shows it), or choose another port in the settings'],
  EADDRNOTAVAIL: ['this machine has no such address', 'ip address shows those that it has; choose one of them in the settings'],
  EACCES: ['this user may not', 'choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE'],
  EAFNOSUPPORT: ['this machine has no IPv6', 'write 0.0.0.0:PORT for all IPv4 addresses'],
};

/** A source that is exchanged for one on the same port may still be closing. */
const patienceMs = 2_000;

export const addressText = ({ host, port }: ListenAddress): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

export function cannotListen(error: NodeJS.ErrnoException, what: string, address: ListenAddress): FairleadError {
  const [reason, hint] = reasons[error.code ?? ''] ?? [error.message, 'see the log'];
  return new FairleadError('FAIRLEAD_LISTEN', { what, address: addressText(address), reason, hint }, { cause: error });
}

/** Tries `bind` until it works, the port has been taken for too long, or something else is wrong. */
export async function patiently<T>(
  clock: Clock,
  what: string,
  address: ListenAddress,
  bind: (address: ListenAddress) => Promise<T>,
): Promise<T> {
  const deadline = clock.monotonicMs() + patienceMs;
  for (let wanted = address; ; ) {
    try {
      return await bind(wanted);
    } catch (cause) {
      // What bind rejects with is the error of a socket.
      const error = cause as NodeJS.ErrnoException;
      // Without IPv6, all addresses are all IPv4 addresses.
      if (error.code === 'EAFNOSUPPORT' && wanted.host === '::') wanted = { host: '0.0.0.0', port: wanted.port };
      else if (error.code !== 'EADDRINUSE' || clock.monotonicMs() > deadline) throw cannotListen(error, what, wanted);
      else await new Promise<void>((resolve) => clock.after(50, resolve));
    }
  }
}

/** `what` is the listener's name in a sentence. Resolves with where it listens. */
export function listenOn(server: Server, what: string, address: ListenAddress, clock: Clock): Promise<AddressInfo> {
  return patiently(clock, what, address, (wanted) => {
    const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
    const failed = (error: Error) => {
      server.off('listening', listening);
      reject(error);
    };
    const listening = () => {
      server.off('error', failed);
      // Errors of accepting (too many open files): the next connection is a new chance.
      server.on('error', () => {});
      // A TCP server that listens has an address with a port.
      resolve(server.address() as AddressInfo);
    };
    server.once('error', failed).once('listening', listening);
    server.listen({ host: wanted.host, port: wanted.port, backlog: 511 });
    return promise;
  });
}
