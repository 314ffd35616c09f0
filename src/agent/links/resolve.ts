/** Names → addresses, the way that programs on this host do it (getaddrinfo: hosts file, search list, NSS), anew every time. */
import { lookup } from 'node:dns/promises';
import { parseAddress } from '../../core/address.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Rejects with the resolver's error. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/**
 * getaddrinfo cannot be called off, and each call holds one of the two threads that the runtime gives to it. So that a dead
 * resolver does not pile calls up, those for a name that is still being asked for wait for that answer.
 */
export function systemResolve(ask: typeof lookup = lookup): Resolve {
  const asked = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (host) => {
    const literal = parseAddress(host);
    if (literal !== undefined) return Promise.resolve([{ address: host, family: literal.family }]);
    const pending = asked.get(host);
    if (pending !== undefined) return pending;
    const answer = ask(host, { all: true, order: 'verbatim' })
      .then((found) => found.map(({ address, family }): ResolvedAddress => ({ address, family: family === 6 ? 6 : 4 })))
      .finally(() => asked.delete(host));
    asked.set(host, answer);
    return answer;
  };
}
