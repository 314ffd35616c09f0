/** API tokens: who may ask, with which role. Stored as hashes; the token itself is shown once. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Store } from '../store/store.ts';
import type { Role } from './route.ts';

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly expiresAtMs?: number;
}

export type Identified =
  | { readonly ok: true; readonly tokenId: string; readonly name: string; readonly role: Role }
  | { readonly ok: false; readonly sentence: string };

export interface ApiTokens {
  identify(token: string | undefined): Promise<Identified>;
  /** The token is in the answer and nowhere else. */
  create(request: {
    readonly name: string;
    readonly role: Role;
    readonly createdBy: string;
    readonly ttlMs?: number;
  }): Promise<{ readonly token: string; readonly entry: ApiToken }>;
  list(): Promise<readonly ApiToken[]>;
  /** `last-admin`: nobody could make tokens any more; nothing was changed. */
  remove(id: string): Promise<'removed' | 'unknown' | 'last-admin'>;
}

interface Stored extends ApiToken {
  /** SHA-256 of the secret, hex: 256 random bits cannot be guessed from it, so nothing slower is needed. */
  readonly hash: string;
}

const prefix = 'api-tokens/';
const form = /^fla_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export function createApiTokens(store: Store, clock: Clock): ApiTokens {
  return {
    async identify(token) {
      if (token === undefined) return { ok: false, sentence: 'no API token' };
      const [, id = '', secret = ''] = form.exec(token) ?? [];
      const entry = id === '' ? undefined : await store.get(`${prefix}${id}`);
      // Hashed and compared whether or not there is such a token: the time says nothing about which ids exist.
      const known = entry === undefined ? undefined : parsed(entry.value);
      const same = timingSafeEqual(hashOf(secret), Buffer.from(known?.hash ?? '0'.repeat(64), 'hex'));
      if (known === undefined || !same) return { ok: false, sentence: 'this API token is not known' };
      if (expired(known)) return { ok: false, sentence: `this API token expired at ${new Date(known.expiresAtMs ?? 0).toISOString()}` };
      return { ok: true, tokenId: known.id, name: known.name, role: known.role };
    },
    async create({ name, role, createdBy, ttlMs }) {
      const id = randomBytes(8).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const now = clock.now();
      const entry: ApiToken = { id, name, role, createdAtMs: now, createdBy, ...(ttlMs === undefined ? {} : { expiresAtMs: now + ttlMs }) };
      const stored: Stored = { ...entry, hash: hashOf(secret).toString('hex') };
      const key = `${prefix}${id}`;
      const result = await store.commit({
        conditions: [{ key, modRevision: 0 }],
        changes: [{ kind: 'put', key, value: JSON.stringify(stored) }],
      });
      if (!result.ok) throw new Error(`two API tokens with the id ${id}: the source of randomness is broken`);
      return { token: `fla_${id}_${secret}`, entry };
    },
    async list() {
      const { entries } = await store.list(prefix);
      return entries.map(({ value }) => {
        const { hash: _, ...entry }: Stored = JSON.parse(value);
        return entry;
      });
    },
    async remove(id) {
      for (;;) {
        const { entries } = await store.list(prefix);
        const all = entries.map(({ key, value, modRevision }) => ({ key, modRevision, token: parsed(value) }));
        const wanted = all.find(({ token }) => token.id === id);
        if (wanted === undefined) return 'unknown';
        const others = all.filter((one) => one !== wanted && one.token.role === 'admin' && !expired(one.token));
        if (wanted.token.role === 'admin' && !expired(wanted.token) && others.length === 0) return 'last-admin';
        // One of the others has to be there still: two administrators who remove each other at once do not both succeed.
        const [other] = others;
        const conditions = [wanted, ...(wanted.token.role === 'admin' && other !== undefined ? [other] : [])];
        const result = await store.commit({
          conditions: conditions.map(({ key, modRevision }) => ({ key, modRevision })),
          changes: [{ kind: 'delete', key: wanted.key }],
        });
        if (result.ok) return 'removed';
      }
    },
  };

  function expired({ expiresAtMs }: ApiToken): boolean {
    return expiresAtMs !== undefined && clock.now() >= expiresAtMs;
  }
}

/** Written by `create` alone. */
const parsed = (value: string): Stored => JSON.parse(value);

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
