/** All the ways in which this agent finds its server, asked at every reconnect. */
import type { Clock } from '../../core/clock.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { Log } from '../../observe/log.ts';
import type { Lookup } from '../connection/dial.ts';
import type { ServerSettings } from '../settings/server.ts';
import type { Candidate, Locator } from './candidate.ts';
import { shuffled } from './candidate.ts';
import { catalogueLocator } from './catalogue.ts';
import { dnsLocator } from './dns.ts';

export interface LocateOptions {
  readonly settings: ServerSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly local: () => LocalAddresses;
  readonly timeoutMs: number;
  readonly lookup?: Lookup | undefined;
}

/** What enrolment and offers of a server add to the settings. */
export interface Learned {
  readonly offered: string | undefined;
  readonly servers: readonly string[];
}

export interface Finding {
  readonly candidates: readonly Candidate[];
  /** Why there are none, or fewer than there could be; one clause for each way that failed. */
  readonly reasons: readonly string[];
}

export type Locate = (learned: Learned, signal: AbortSignal) => Promise<Finding>;

export function createLocate(options: LocateOptions): Locate {
  const { settings, random, log } = options;
  const locators = locatorsOf(options);
  /** Of each way, what it found last: a registry that is away must not part the agent from a server that is there. */
  const known = new Map<Locator, readonly Candidate[]>();
  return async (learned, signal) => {
    const reasons: string[] = [];
    const found: Candidate[] = [];
    for (const locator of locators) {
      const located = await locator.locate(signal);
      if (located.ok) {
        known.set(locator, located.found);
        log.event('agent.locate.found', { count: located.found.length, how: locator.from });
        if (located.found.length === 0) reasons.push(`${locator.from} names no healthy server`);
      } else if (!signal.aborted) {
        log.event('agent.locate.failed', { how: locator.from, reason: located.sentence });
        reasons.push(located.sentence);
      }
      found.push(...(known.get(locator) ?? []));
    }
    return {
      candidates: unique([...wished(learned), ...listed(settings, random), ...found, ...enrolled(settings, learned, random)]),
      reasons,
    };
  };
}

function locatorsOf({ settings, clock, random, local, timeoutMs, lookup }: LocateOptions): readonly Locator[] {
  const common = { random, local, timeoutMs, lookup, caFile: settings.caFile };
  return [
    ...(settings.dns === undefined ? [] : [dnsLocator({ settings: settings.dns, clock, random, local })]),
    ...(settings.consul === undefined ? [] : [catalogueLocator({ ...common, kind: 'Consul', settings: settings.consul })]),
    ...(settings.registry === undefined ? [] : [catalogueLocator({ ...common, kind: 'registry', settings: settings.registry })]),
  ];
}

/** The server's own wish comes first; when it does not work, the others are tried as ever. */
function wished({ offered }: Learned): readonly Candidate[] {
  return offered === undefined ? [] : [{ url: offered, from: 'the last offer of a server' }];
}

function listed({ endpoints, order }: ServerSettings, random: () => number): readonly Candidate[] {
  const candidates = endpoints.map((url) => ({ url, from: 'server.endpoints' }));
  return order === 'random' ? shuffled(candidates, random) : candidates;
}

/** What enrolment named counts where the settings name nothing else. */
function enrolled(settings: ServerSettings, learned: Learned, random: () => number): readonly Candidate[] {
  const own =
    settings.endpoints.length > 0 || settings.dns !== undefined || settings.consul !== undefined || settings.registry !== undefined;
  return own ? [] : shuffled(learned.servers, random).map((url) => ({ url, from: 'enrolment' }));
}

function unique(candidates: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set<string>();
  return candidates.filter((candidate) => {
    const key = JSON.stringify([candidate.url, candidate.addresses]);
    return !seen.has(key) && seen.add(key);
  });
}
