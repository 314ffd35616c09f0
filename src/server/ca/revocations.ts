/**
 * Who counts no more, in memory for every check and in the store for every server: `ca/revoked/<uid>` for agents of which no
 * certificate counts, `ca/generation/<uid>` for agents whose older certificates do not.
 *
 * A generation and not a list of serials: it needs no memory of what was issued, and no comparison of clocks.
 */
import * as z from 'zod';
import type { Entry, Store, StoreEvent } from '../store/store.ts';
import type { Standing } from './peer.ts';

const revokedPrefix = 'ca/revoked/';
const generationPrefix = 'ca/generation/';

const revokedRecord = z.object({ reason: z.string(), atMs: z.int() });
const generationRecord = z.object({ generation: z.int(), reason: z.string(), atMs: z.int() });

export interface Revocations extends Omit<Standing, 'trusted'> {
  readonly size: number;
  revoke(uid: string, reason: string, nowMs: number): Promise<void>;
  supersede(uid: string, reason: string, nowMs: number): Promise<number>;
  reset(entries: readonly Entry[]): void;
  apply(events: readonly StoreEvent[]): void;
  /** Forgets what was decided before `beforeMs` about agents that `keep` does not name: no certificate of theirs can count any more. */
  prune(beforeMs: number, keep: (uid: string) => boolean): Promise<void>;
}

/** `told` is called once for each agent whose certificates end, whichever server ended them. */
export function createRevocations(store: Store, told: (uid: string, reason: string) => void): Revocations {
  const revoked = new Map<string, { readonly reason: string; readonly atMs: number }>();
  const generations = new Map<string, { readonly generation: number; readonly atMs: number }>();

  const learnRevoked = (uid: string, record: { readonly reason: string; readonly atMs: number }) => {
    if (revoked.has(uid)) return;
    revoked.set(uid, record);
    told(uid, record.reason);
  };
  const learnGeneration = (uid: string, record: z.infer<typeof generationRecord>) => {
    if (record.generation <= (generations.get(uid)?.generation ?? 0)) return;
    generations.set(uid, { generation: record.generation, atMs: record.atMs });
    told(uid, record.reason);
  };
  const learn = (entry: Entry) => {
    if (entry.key.startsWith(revokedPrefix))
      learnRevoked(entry.key.slice(revokedPrefix.length), revokedRecord.parse(JSON.parse(entry.value)));
    if (!entry.key.startsWith(generationPrefix)) return;
    learnGeneration(entry.key.slice(generationPrefix.length), generationRecord.parse(JSON.parse(entry.value)));
  };
  const forget = (key: string) => {
    if (key.startsWith(revokedPrefix)) revoked.delete(key.slice(revokedPrefix.length));
    if (key.startsWith(generationPrefix)) generations.delete(key.slice(generationPrefix.length));
  };

  return {
    get size() {
      return revoked.size;
    },
    revoked: (uid) => revoked.get(uid),
    generation: (uid) => generations.get(uid)?.generation ?? 0,
    async revoke(uid, reason, nowMs) {
      const key = `${revokedPrefix}${uid}`;
      const record = { reason, atMs: nowMs };
      // The condition keeps the first reason and moment; who revokes twice wants the same thing.
      await store.commit({ conditions: [{ key, modRevision: 0 }], changes: [{ kind: 'put', key, value: JSON.stringify(record) }] });
      learnRevoked(uid, record);
    },
    async supersede(uid, reason, nowMs) {
      const key = `${generationPrefix}${uid}`;
      for (;;) {
        const entry = await store.get(key);
        const generation = (entry === undefined ? 0 : generationRecord.parse(JSON.parse(entry.value)).generation) + 1;
        const record = { generation, reason, atMs: nowMs };
        const result = await store.commit({
          conditions: [{ key, modRevision: entry?.modRevision ?? 0 }],
          changes: [{ kind: 'put', key, value: JSON.stringify(record) }],
        });
        if (!result.ok) continue;
        learnGeneration(uid, record);
        return generation;
      }
    },
    reset(entries) {
      const keys = new Set(entries.map(({ key }) => key));
      for (const uid of revoked.keys()) if (!keys.has(`${revokedPrefix}${uid}`)) revoked.delete(uid);
      for (const uid of generations.keys()) if (!keys.has(`${generationPrefix}${uid}`)) generations.delete(uid);
      for (const entry of entries) learn(entry);
    },
    apply(events) {
      for (const { key, entry } of events) {
        if (entry !== undefined) learn(entry);
        else forget(key);
      }
    },
    async prune(beforeMs, keep) {
      const past = (map: ReadonlyMap<string, { readonly atMs: number }>) =>
        [...map].filter(([uid, { atMs }]) => atMs < beforeMs && !keep(uid)).map(([uid]) => uid);
      const keys = [
        ...past(revoked).map((uid) => `${revokedPrefix}${uid}`),
        ...past(generations).map((uid) => `${generationPrefix}${uid}`),
      ];
      for (let from = 0; from < keys.length; from += 500) {
        const part = keys.slice(from, from + 500);
        await store.commit({ changes: part.map((key) => ({ kind: 'delete', key })) });
        for (const key of part) forget(key);
      }
    },
  };
}
