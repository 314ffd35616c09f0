/** Servers by DNS: the addresses of a name, or the targets of SRV records. Asked of name servers, not of /etc/hosts: only they say a TTL. */
import { Resolver } from 'node:dns/promises';
import type { Clock } from '../../core/clock.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { Address } from '../connection/dial.ts';
import type { DnsSettings } from '../settings/server.ts';
import type { Candidate, Located, Locator } from './candidate.ts';
import { shuffled, urlOf } from './candidate.ts';
import { srvOrder } from './srv.ts';

export interface DnsOptions {
  readonly settings: DnsSettings;
  readonly clock: Clock;
  readonly random: () => number;
  /** Queries leave from the plane's addresses as well. */
  readonly local: () => LocalAddresses;
}

interface Answer {
  readonly candidates: readonly Candidate[];
  /** Monotonic; an answer is not used beyond its TTL. */
  readonly goodUntilMs: number;
}

export function dnsLocator({ settings, clock, random, local }: DnsOptions): Locator {
  const from = `DNS ${settings.name}`;
  let last: Answer | undefined;
  return {
    from,
    async locate(signal): Promise<Located> {
      if (last === undefined || clock.monotonicMs() >= last.goodUntilMs) {
        const asked = await query(settings, local(), random, signal);
        if (!asked.ok) return asked;
        last = { candidates: asked.candidates, goodUntilMs: clock.monotonicMs() + asked.ttlMs };
      }
      // Addresses have no order of their own; that of SRV records was drawn when they came.
      return { ok: true, found: settings.type === 'A' ? shuffled(last.candidates, random) : last.candidates };
    },
  };
}

type Asked =
  | { readonly ok: true; readonly candidates: readonly Candidate[]; readonly ttlMs: number }
  | { readonly ok: false; readonly sentence: string };

async function query(settings: DnsSettings, local: LocalAddresses, random: () => number, signal: AbortSignal): Promise<Asked> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (settings.resolvers.length > 0) resolver.setServers(settings.resolvers);
  if (local.kind === 'bound') resolver.setLocalAddress(local.v4 ?? '0.0.0.0', local.v6 ?? '::0');
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    return settings.type === 'SRV' ? await services(resolver, settings, random) : await addresses(resolver, settings);
  } catch (error) {
    return { ok: false, sentence: failure(settings, error) };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Node does not tell the TTL of SRV records: they are asked for at every reconnect, which is never later than their TTL. */
async function services(resolver: Resolver, settings: DnsSettings, random: () => number): Promise<Asked> {
  const records = srvOrder(await resolver.resolveSrv(settings.name), random);
  const candidates: Candidate[] = [];
  for (const { name, port } of records) {
    const url = urlOf(settings.secure, name, port, settings.path);
    const { found } = await bothFamilies(resolver, name).catch(() => ({ found: [] }));
    // Without an address here the name may still be one that only the system knows.
    candidates.push({ url, from: `DNS ${settings.name}`, ...(found.length === 0 ? {} : { addresses: found }) });
  }
  return { ok: true, candidates, ttlMs: 0 };
}

/** Each address is a server of its own; the name is what its certificate must carry. */
async function addresses(resolver: Resolver, settings: DnsSettings): Promise<Asked> {
  const { found, ttlMs } = await bothFamilies(resolver, settings.name);
  const url = urlOf(settings.secure, settings.name, settings.port, settings.path);
  const candidates = found.map((address) => ({ url, addresses: [address], from: `DNS ${settings.name}` }));
  return { ok: true, candidates, ttlMs };
}

/** One family alone is enough; a failure counts only when neither has an answer. */
async function bothFamilies(resolver: Resolver, name: string): Promise<{ readonly found: readonly Address[]; readonly ttlMs: number }> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(name, { ttl: true }), resolver.resolve6(name, { ttl: true })]);
  const records = [
    ...(v4.status === 'fulfilled' ? v4.value.map((record) => ({ ...record, family: 4 as const })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((record) => ({ ...record, family: 6 as const })) : []),
  ];
  if (records.length === 0 && v4.status === 'rejected') throw v4.reason;
  const ttl = Math.min(...records.map((record) => record.ttl));
  return { found: records.map(({ address, family }) => ({ address, family })), ttlMs: records.length === 0 ? 0 : ttl * 1_000 };
}

function failure({ name, type, resolvers }: DnsSettings, error: unknown): string {
  const asked = resolvers.length === 0 ? "the system's name servers" : resolvers.join(', ');
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOTFOUND':
      return `${name} does not exist, say ${asked}`;
    case 'ENODATA':
      return `${name} has no ${type === 'A' ? 'address' : 'SRV record'}, say ${asked}`;
    case 'ECONNREFUSED':
      return `no name server listens at ${asked}`;
    case 'ETIMEOUT':
      return `${asked} does not answer`;
    default:
      return `${asked} cannot say where ${name} is (${code})`;
  }
}
