/** The audit trail: every change that somebody asked for, whether it was done or refused. */
import type { Clock } from '../../core/clock.ts';
import { uuidv7 } from '../../core/uuid.ts';
import type { Store } from '../store/store.ts';

export interface AuditEntry {
  /** UUIDv7: sorts in the order of the changes. */
  readonly id: string;
  readonly atMs: number;
  readonly actor: string;
  readonly role: string;
  readonly remote: string;
  /** `agent.remove`, `rollout.start`. */
  readonly action: string;
  readonly target: string;
  /** `done`, or `refused: <code>`. */
  readonly outcome: string;
}

export interface AuditTrail {
  /** Durable when it resolves. */
  add(entry: Omit<AuditEntry, 'id' | 'atMs'>): Promise<void>;
  /** Oldest first, after the entry with this id, from this moment on. */
  list(options: {
    readonly after?: string;
    readonly sinceMs?: number;
    readonly limit: number;
  }): Promise<{ readonly entries: readonly AuditEntry[]; readonly more: boolean }>;
}

const prefix = 'audit/';
/** Kept at most; beyond, the oldest go. A year of a change every five minutes. */
const maxEntries = 100_000;
const trimEvery = 1_000;

export function createAuditTrail(store: Store, clock: Clock): AuditTrail {
  let sinceTrim = trimEvery;
  let lastIdMs = 0;
  return {
    async add(entry) {
      const atMs = clock.now();
      // Two changes within a millisecond, or around a step of the clock, stay in the order in which they were made.
      lastIdMs = Math.max(atMs, lastIdMs + 1);
      const whole: AuditEntry = { id: uuidv7(lastIdMs), atMs, ...entry };
      await store.commit({ changes: [{ kind: 'put', key: `${prefix}${whole.id}`, value: JSON.stringify(whole) }] });
      sinceTrim += 1;
      if (sinceTrim < trimEvery) return;
      sinceTrim = 0;
      await trim(store);
    },
    async list({ after, sinceMs, limit }) {
      const from = after ?? (sinceMs === undefined ? undefined : firstId(sinceMs));
      const { entries, more } = await store.list(prefix, { limit, ...(from === undefined ? {} : { after: `${prefix}${from}` }) });
      return { entries: entries.map(({ value }): AuditEntry => JSON.parse(value)), more };
    },
  };
}

/** Sorts before every id of this millisecond: a UUIDv7 begins with its 48 bits of time (RFC 9562 section 5.7). */
function firstId(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0').slice(-12);
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

async function trim(store: Store): Promise<void> {
  const keys: string[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await store.list(prefix, { limit: 10_000, ...(after === undefined ? {} : { after }) });
    for (const { key } of page.entries) keys.push(key);
    after = page.entries.at(-1)?.key;
    more = page.more && after !== undefined;
  }
  for (let from = 0; from < keys.length - maxEntries; from += 500) {
    const old = keys.slice(from, Math.min(from + 500, keys.length - maxEntries));
    await store.commit({ changes: old.map((key) => ({ kind: 'delete', key })) });
  }
}
