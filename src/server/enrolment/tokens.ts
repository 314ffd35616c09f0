/** The enrolment tokens in the store, for operators. A token itself is shown once, when it is made. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Entry, Store } from '../store/store.ts';
import { newToken, type TokenRecord, type TokenRequest, type TokenView, tokenRecord, viewOf } from './token.ts';

export const tokenPrefix = 'enrolment/tokens/';
export const tokenKey = (id: string): string => `${tokenPrefix}${id}`;

export interface StoredToken {
  readonly record: TokenRecord;
  readonly modRevision: number;
}

export interface Tokens {
  /** Durable when it resolves. `token` is the only copy of the secret. */
  create(request: TokenRequest, by: string): Promise<{ readonly token: string; readonly view: TokenView }>;
  /** The newest first; those that are over are listed for 30 days more. */
  list(): Promise<readonly TokenView[]>;
  get(id: string): Promise<TokenView | undefined>;
  /** Agents that are enrolled stay so. False: there is no such token. */
  revoke(id: string, by: string): Promise<boolean>;
  /** For enrolment. */
  find(id: string): Promise<StoredToken | undefined>;
}

export function createTokens(store: Store, clock: Clock, log: Log): Tokens {
  const find = async (id: string): Promise<StoredToken | undefined> => {
    const entry = await store.get(tokenKey(id));
    return entry === undefined ? undefined : { record: readToken(entry), modRevision: entry.modRevision };
  };
  return {
    find,
    async get(id) {
      const found = await find(id);
      return found === undefined ? undefined : viewOf(found.record);
    },
    async create(request, by) {
      const { token, record } = newToken(request, by, clock.now());
      const key = tokenKey(record.id);
      const value = JSON.stringify(record);
      const result = await store.commit({ conditions: [{ key, modRevision: 0 }], changes: [{ kind: 'put', key, value }] });
      if (!result.ok) throw new Error(`two tokens with the id ${record.id}: the source of randomness is broken`);
      const { id: tokenId, uses, approval } = record;
      log.event('enrolment.token-created', { tokenId, by, uses, approval, expiresAt: new Date(record.expiresAtMs).toISOString() });
      return { token, view: viewOf(record) };
    },
    async list() {
      const views: TokenView[] = [];
      for await (const entry of entriesOf(store, tokenPrefix)) views.push(viewOf(readToken(entry)));
      return views.sort((a, b) => b.createdAtMs - a.createdAtMs);
    },
    async revoke(id, by) {
      for (;;) {
        const found = await find(id);
        if (found === undefined) return false;
        if (found.record.revokedAtMs !== undefined) return true;
        const key = tokenKey(id);
        const value = JSON.stringify({ ...found.record, revokedAtMs: clock.now(), revokedBy: by });
        const result = await store.commit({
          conditions: [{ key, modRevision: found.modRevision }],
          changes: [{ kind: 'put', key, value }],
        });
        if (!result.ok) continue;
        log.event('enrolment.token-revoked', { tokenId: id, by });
        return true;
      }
    },
  };
}

export const readToken = (entry: Entry): TokenRecord => tokenRecord.parse(JSON.parse(entry.value));

/** All entries with a prefix, a page at a time. */
export async function* entriesOf(store: Store, prefix: string): AsyncIterable<Entry> {
  for (let after: string | undefined; ; ) {
    const page = await store.list(prefix, { limit: 500, ...(after === undefined ? {} : { after }) });
    yield* page.entries;
    after = page.entries.at(-1)?.key;
    if (!page.more || after === undefined) return;
  }
}
