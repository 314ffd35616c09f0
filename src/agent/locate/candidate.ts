/** A server that may be tried: where it is, and who said so. */
import type { Address } from '../connection/dial.ts';

export interface Candidate {
  /** `wss://host:port/v1/opamp`: what tells one server from another. */
  readonly url: string;
  /** Resolved already; left out, the host of the URL is looked up at the connect. */
  readonly addresses?: readonly Address[];
  /** For sentences: `server.endpoints`, `DNS _opamp._tcp.example.org`. */
  readonly from: string;
}

/** `found` may be empty: a service without passing instances is an answer, and not a failure to get one. */
export type Located = { readonly ok: true; readonly found: readonly Candidate[] } | { readonly ok: false; readonly sentence: string };

export interface Locator {
  readonly from: string;
  locate(signal: AbortSignal): Promise<Located>;
}

export function urlOf(secure: boolean, host: string, port: number, path: string): string {
  return `${secure ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** Fisher and Yates; `random` gives 0 ≤ x < 1. */
export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list];
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    // Both indices are within the list.
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}
