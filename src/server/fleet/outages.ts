/**
 * What agents report of their own outages, `outages/<uid>/<start>-<id>`, newest kept. An agent forgets an outage only after
 * we answered, so it is stored before we do.
 */
import type { Change, Store } from '../store/store.ts';

/** What this needs of an outage; the rest is kept as it came (protocol/outages.ts has checked it). */
export interface StoredOutage {
  readonly id: string;
  readonly fromMs: number;
  /** Of two reports of one outage the higher one holds, whichever came last. */
  readonly revision: number;
}

/** For each agent. An outage a minute for half a day; older ones tell nothing that these do not. */
export const maxOutages = 500;

export interface OutageJournal {
  /** Durable when it resolves. The same outage again (its answer was lost, or it has ended since) takes the place of the first. */
  record(uid: string, outages: readonly StoredOutage[]): Promise<void>;
  /** The newest first. */
  list(uid: string, limit?: number): Promise<readonly StoredOutage[]>;
}

const prefixOf = (uid: string): string => `outages/${uid}/`;
const keyOf = (uid: string, { id, fromMs }: StoredOutage): string =>
  `${prefixOf(uid)}${String(Math.max(0, Math.floor(fromMs))).padStart(15, '0')}-${id}`;

export function createOutageJournal(store: Store): OutageJournal {
  async function stored(uid: string): Promise<ReadonlyMap<string, StoredOutage>> {
    const { entries } = await store.list(prefixOf(uid), { limit: maxOutages });
    // Written by `record` alone.
    return new Map(entries.map(({ key, value }) => [key, JSON.parse(value) as StoredOutage]));
  }
  return {
    async record(uid, outages) {
      const changes = merge(await stored(uid), new Map(outages.map((outage) => [keyOf(uid, outage), outage])));
      for (let at = 0; at < changes.length; at += 500) await store.commit({ changes: changes.slice(at, at + 500) });
    },
    async list(uid, limit = maxOutages) {
      return [...(await stored(uid)).values()].slice(-limit).reverse();
    },
  };
}

/** What has to be written so that the newest `maxOutages` of both are kept. */
export function merge(known: ReadonlyMap<string, StoredOutage>, added: ReadonlyMap<string, StoredOutage>): readonly Change[] {
  const keys = [...new Set([...known.keys(), ...added.keys()])].sort();
  const dropped = new Set(keys.slice(0, Math.max(0, keys.length - maxOutages)));
  const puts = [...added].filter(([key, { revision }]) => !dropped.has(key) && revision > (known.get(key)?.revision ?? 0));
  return [
    ...puts.map(([key, outage]): Change => ({ kind: 'put', key, value: JSON.stringify(outage) })),
    ...[...dropped].filter((key) => known.has(key)).map((key): Change => ({ kind: 'delete', key })),
  ];
}

/** With the agent goes its journal. */
export async function forgetOutages(store: Store, uid: string): Promise<void> {
  for (let more = true; more; ) {
    const page = await store.list(prefixOf(uid), { limit: 500 });
    if (page.entries.length === 0) return;
    await store.commit({ changes: page.entries.map(({ key }) => ({ kind: 'delete', key })) });
    more = page.more;
  }
}
