/** One check of a link: its name is resolved, then its addresses are tried in turn from the plane's local address. */
import { localFor } from '../../core/local-addresses.ts';
import type { Planes } from '../planes/planes.ts';
import type { LinkTarget } from '../settings/target.ts';
import { type Dial, dial } from './dial.ts';
import type { Resolve } from './resolve.ts';
import { clauseOf } from './sentence.ts';
import type { LinkKind } from './target-kind.ts';

export interface Check {
  readonly kind: LinkKind;
  readonly to: LinkTarget;
  readonly plane: 'control' | 'data';
  readonly timeout: number;
  readonly ca: string | undefined;
}

export type Checked =
  | { readonly ok: true; readonly address: string; readonly ms: number }
  | { readonly ok: false; readonly error: string; readonly ms: number };

export interface CheckTools {
  readonly planes: Planes;
  readonly resolve: Resolve;
  readonly monotonicMs: () => number;
  /** Ends a check that runs: it has failed then. */
  readonly signal: AbortSignal;
}

/** More addresses than this are not tried: a check is a look, not a scan. */
const maxAddresses = 4;

/** Never rejects; takes `timeout` and a moment at most. */
export async function check(what: Check, { planes, resolve, monotonicMs, signal }: CheckTools): Promise<Checked> {
  const begun = monotonicMs();
  const failed = (error: string): Checked => ({ ok: false, error, ms: monotonicMs() - begun });
  const plane = planes.resolve(what.plane);
  if (!plane.ok) return failed(plane.sentence);
  const { host, port, url } = what.to;
  let candidates: { readonly address: string; readonly localAddress: string | undefined }[];
  let refused = `${host} has no address`;
  try {
    const found = await within(resolve(host), what.timeout, signal, `the resolver did not answer for ${host} within ${what.timeout} ms`);
    candidates = found.slice(0, 16).flatMap(({ address, family }) => {
      const local = localFor(plane.local, family);
      if (local.ok) return [{ address, localAddress: local.address }];
      refused = local.sentence;
      return [];
    });
  } catch (cause) {
    return failed(clauseOf(cause, host));
  }
  let error = refused;
  const tried = candidates.slice(0, maxAddresses);
  for (const [index, { address, localAddress }] of tried.entries()) {
    const left = what.timeout - (monotonicMs() - begun);
    if (left <= 0 || signal.aborted) break;
    // A silent address must not use up the time of those behind it.
    const timeoutMs = Math.max(1, Math.floor(left / (tried.length - index)));
    const to: Dial = { kind: what.kind, address, port, host, url, localAddress, ca: what.ca, timeoutMs, signal };
    try {
      await dial(to);
      return { ok: true, address, ms: monotonicMs() - begun };
    } catch (cause) {
      error = clauseOf(cause, `${address.includes(':') ? `[${address}]` : address}:${port}`);
    }
  }
  return failed(error);
}

/** The task goes on when its time is over; what it says then is not heard. */
async function within<T>(task: Promise<T>, timeoutMs: number, signal: AbortSignal, sentence: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Error(sentence));
  const timer = setTimeout(stop, timeoutMs);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
