/** Requests that wait for an operator. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Change, Condition, Store } from '../store/store.ts';
import type { EnrolmentSettings } from './settings.ts';
import { entriesOf } from './tokens.ts';

export const pendingPrefix = 'enrolment/pending/';

export const pendingRecord = z.object({
  id: z.string(),
  tokenId: z.string(),
  /** Of the CSR's public key: the agent shows the same, so that people can compare. */
  keyFingerprint: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  remote: z.string(),
  requestedAtMs: z.int(),
  state: z.enum(['waiting', 'approved', 'denied']),
  decidedAtMs: z.int().optional(),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
});
export type PendingRecord = z.infer<typeof pendingRecord>;

export type Decided = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

/** For operators. */
export interface PendingEnrolments {
  /** Those that wait, the oldest first. */
  list(): Promise<readonly PendingRecord[]>;
  approve(id: string, by: string): Promise<Decided>;
  deny(id: string, by: string, reason: string): Promise<Decided>;
}

export interface OwnPending extends PendingEnrolments {
  /** The request of this token and key; undefined: none, or outdated. */
  find(tokenId: string, keyFingerprint: string): Promise<PendingRecord | undefined>;
  /** Stores a request; undefined: too many wait already. */
  request(request: Omit<PendingRecord, 'id' | 'state' | 'requestedAtMs'>): Promise<PendingRecord | undefined>;
  /** What goes into the commit that enrols the agent: the approval is used up with it. */
  use(record: PendingRecord): Promise<{ readonly condition: Condition; readonly change: Change } | undefined>;
  outdated(record: PendingRecord): boolean;
}

/** The same for the same token and key: asking again finds the request. */
export function pendingId(tokenId: string, keyFingerprint: string): string {
  return createHash('sha256').update(`${tokenId} ${keyFingerprint}`).digest('hex').slice(0, 16);
}

export function createPending(store: Store, clock: Clock, log: Log, settings: EnrolmentSettings): OwnPending {
  const keyOf = (id: string) => `${pendingPrefix}${id}`;
  const outdated = (record: PendingRecord) => clock.now() >= (record.decidedAtMs ?? record.requestedAtMs) + settings.pendingLifetime;
  const get = async (id: string) => {
    const entry = await store.get(keyOf(id));
    return entry === undefined ? undefined : { record: pendingRecord.parse(JSON.parse(entry.value)), modRevision: entry.modRevision };
  };
  const list = async () => {
    const waiting: PendingRecord[] = [];
    for await (const entry of entriesOf(store, pendingPrefix)) {
      const record = pendingRecord.parse(JSON.parse(entry.value));
      if (record.state === 'waiting' && !outdated(record)) waiting.push(record);
    }
    return waiting.sort((a, b) => a.requestedAtMs - b.requestedAtMs);
  };
  const decide = async (id: string, decision: Pick<PendingRecord, 'state' | 'decidedBy' | 'reason'>): Promise<Decided> => {
    const found = await get(id);
    if (found === undefined || outdated(found.record)) return { ok: false, sentence: `no request ${id} waits for approval` };
    if (found.record.state !== 'waiting')
      return { ok: false, sentence: `request ${id} is ${found.record.state} by ${found.record.decidedBy} already` };
    const value = JSON.stringify({ ...found.record, ...decision, decidedAtMs: clock.now() });
    const result = await store.commit({
      conditions: [{ key: keyOf(id), modRevision: found.modRevision }],
      changes: [{ kind: 'put', key: keyOf(id), value }],
    });
    return result.ok ? { ok: true } : { ok: false, sentence: `request ${id} was decided by somebody else just now` };
  };

  return {
    list,
    outdated,
    async approve(id, by) {
      const decided = await decide(id, { state: 'approved', decidedBy: by });
      if (decided.ok) log.event('enrolment.approved', { pendingId: id, by });
      return decided;
    },
    async deny(id, by, reason) {
      const decided = await decide(id, { state: 'denied', decidedBy: by, reason });
      if (decided.ok) log.event('enrolment.denied', { pendingId: id, by, reason });
      return decided;
    },
    async find(tokenId, keyFingerprint) {
      const found = await get(pendingId(tokenId, keyFingerprint));
      return found === undefined || outdated(found.record) ? undefined : found.record;
    },
    async request(request) {
      if ((await list()).length >= settings.pendingLimit) return undefined;
      const record: PendingRecord = {
        ...request,
        id: pendingId(request.tokenId, request.keyFingerprint),
        state: 'waiting',
        requestedAtMs: clock.now(),
      };
      await store.commit({ changes: [{ kind: 'put', key: keyOf(record.id), value: JSON.stringify(record) }] });
      const { id, name, remote, keyFingerprint } = record;
      log.event('enrolment.pending', { pendingId: id, name, remote, keyFingerprint });
      return record;
    },
    async use(record) {
      const found = await get(record.id);
      if (found?.record.state !== 'approved') return undefined;
      const key = keyOf(record.id);
      return { condition: { key, modRevision: found.modRevision }, change: { kind: 'delete', key } };
    },
  };
}
