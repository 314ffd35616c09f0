/** Who asks, and how much of us they may take: for every HTTP handler of the discovery. */
import type { IncomingMessage } from 'node:http';
import { addressOf } from '../http/exchange.ts';

export type Role = 'agent' | 'reader' | 'operator' | 'admin';

/** What a token is good for; undefined: for nothing. Called with undefined when there is no token. */
export type Authorise = (token: string | undefined) => Role | undefined | Promise<Role | undefined>;

/** Everybody who may ask may read; only a reader may not register. */
export const mayWrite = (role: Role): boolean => role !== 'reader';

/**
 * As Consul takes it, then as Prometheus and vmagent send it, then as HTTP's basic authentication does (the password). Prometheus 2.42
 * leaves the scheme out for http_sd unless the configuration names it (`type: Bearer`), so a lone token is one too.
 */
export function tokenOf(request: IncomingMessage, argument: string | undefined): string | undefined {
  const own = request.headers['x-consul-token'];
  if (typeof own === 'string' && own !== '') return own;
  const [, scheme, value] = /^(?:(Bearer|Basic)\s+)?(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (value === undefined) return argument === '' ? undefined : argument;
  if (scheme?.toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1) || undefined;
}

/** Requests at the same time, blocked ones included, by address. */
export interface InFlight {
  /** False: too many. Otherwise `leave` has to be called once. */
  enter(address: string): boolean;
  leave(address: string): void;
}

export function inFlight(perAddress: number, total: number): InFlight {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const count = counts.get(address) ?? 0;
      if (count >= perAddress || all >= total) return false;
      counts.set(address, count + 1);
      all += 1;
      return true;
    },
    leave(address) {
      const count = counts.get(address) ?? 0;
      if (count <= 1) counts.delete(address);
      else counts.set(address, count - 1);
      all -= 1;
    },
  };
}

/** IPv4 clients of a socket that listens on IPv6 carry a prefix, which nobody wants to see. */
export const remoteOf = (request: IncomingMessage): string => addressOf(request.socket.remoteAddress);
