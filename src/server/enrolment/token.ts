/** An enrolment token as a value: what is stored of it, and whether it lets somebody in. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { formatDuration } from '../../core/duration.ts';
import { labelKey, labelValue } from '../../core/labels.ts';
import type { EnrolmentRefusal } from '../../protocol/enrolment.ts';

const labels = z.record(z.string().regex(labelKey), z.string().regex(labelValue));

/** What an operator asks for. */
export const tokenRequest = z.strictObject({
  uses: z.int().min(1).max(1_000_000).default(1).describe('how many agents can enrol with it'),
  lifetimeMs: z
    .int()
    .min(1_000)
    .max(10 * 365 * 86_400_000)
    .default(3_600_000)
    .describe('how long it can be used'),
  labels: labels.default({}).describe('labels that every agent gets that enrols with it'),
  ephemeral: z.boolean().default(false).describe('agents that enrol with it are forgotten as soon as they have expired'),
  approval: z.enum(['automatic', 'manual']).default('automatic').describe('manual: an operator approves each agent'),
  note: z.string().max(1_024).default('').describe('for people'),
});
export type TokenRequest = z.output<typeof tokenRequest>;

export const tokenRecord = z.object({
  id: z.string(),
  /** Hex SHA-256. The secret has 190 random bits: there is nothing to guess, so that a slow hash would protect nothing. */
  secretSha256: z.string(),
  uses: z.int(),
  usesLeft: z.int(),
  labels,
  ephemeral: z.boolean(),
  approval: z.enum(['automatic', 'manual']),
  note: z.string(),
  createdAtMs: z.int(),
  createdBy: z.string(),
  expiresAtMs: z.int(),
  revokedAtMs: z.int().optional(),
  revokedBy: z.string().optional(),
});
export type TokenRecord = z.infer<typeof tokenRecord>;

/** What may be shown of a token: all but its secret's hash. */
export type TokenView = Omit<TokenRecord, 'secretSha256'>;

export function viewOf({ secretSha256: _, ...view }: TokenRecord): TokenView {
  return view;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Letters and digits, each equally likely: bytes from 248 = 4·62 on are thrown away. */
export function randomText(length: number, random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(new Uint8Array(length * 2))) if (byte < 248 && text.length < length) text += alphabet[byte % 62];
  }
  return text;
}

export function newToken(request: TokenRequest, by: string, nowMs: number): { readonly token: string; readonly record: TokenRecord } {
  const id = randomText(10);
  const secret = randomText(32);
  const { lifetimeMs, ...rest } = request;
  return {
    token: `flt_${id}_${secret}`,
    record: {
      id,
      secretSha256: sha256(secret),
      usesLeft: request.uses,
      ...rest,
      createdAtMs: nowMs,
      createdBy: by,
      expiresAtMs: nowMs + lifetimeMs,
    },
  };
}

/** In constant time, also for a token that is not there: what is told must not depend on how much of it was right. */
export function secretFits(record: TokenRecord | undefined, secret: string): record is TokenRecord {
  const expected = Buffer.from(record?.secretSha256 ?? sha256(''), 'hex');
  const fits = timingSafeEqual(expected, Buffer.from(sha256(secret), 'hex'));
  return fits && record !== undefined;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export interface TokenProblem {
  readonly code: Extract<EnrolmentRefusal, 'token-revoked' | 'token-expired' | 'token-used-up'>;
  readonly message: string;
}

/** Why the token lets nobody in now, whoever asks; undefined: it does, if a use is left. */
export function problemOf(record: TokenRecord, nowMs: number): TokenProblem | undefined {
  if (record.revokedAtMs !== undefined) return { code: 'token-revoked', message: `token ${record.id} is revoked` };
  if (nowMs < record.expiresAtMs) return undefined;
  const ago = formatDuration(Math.max(1_000, Math.floor((nowMs - record.expiresAtMs) / 1_000) * 1_000));
  return { code: 'token-expired', message: `token ${record.id} expired ${ago} ago, at ${new Date(record.expiresAtMs).toISOString()}` };
}

export function usedUp(record: TokenRecord): TokenProblem | undefined {
  if (record.usesLeft > 0) return undefined;
  const uses = record.uses === 1 ? 'its one use is' : `all of its ${record.uses} uses are`;
  return { code: 'token-used-up', message: `token ${record.id}: ${uses} taken` };
}
