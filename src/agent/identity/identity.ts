/** Who the agent is, as it is kept on disk: one file, so that key, certificate and UID can never be of different age. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { uuidBytes } from '../../core/uuid.ts';

/** What proves the identity in TLS. The key is PKCS#8, the chain begins with the leaf, the bundle is what the agent trusts. */
export interface Credentials {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly bundlePem: string;
}

const offered = z.object({
  /** Hex; the server's, opaque. */
  hash: z.string(),
  endpoint: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** 0: the server wants none. */
  heartbeatMs: z.number(),
  /** Of the settings that held when it was offered: when people write other ones, theirs count. */
  settings: z.string(),
});

const stored = z.object({
  format: z.literal(1),
  uid: z.string().refine((text) => uuidBytes(text) !== undefined, 'uid is no UUID'),
  name: z.string(),
  credentials: z.object({ keyPem: z.string(), chainPem: z.string(), bundlePem: z.string() }).optional(),
  /** Endpoints that enrolment named. */
  servers: z.array(z.string()),
  heartbeatMs: z.number().optional(),
  renewWindowMs: z.number().optional(),
  /** Public id of the token that it joined with: that one does not bring a revoked agent back. */
  tokenId: z.string().optional(),
  /** Connection settings that a server offered and that worked. */
  offered: offered.optional(),
  /** Of the machine on which it was made: tells a copied disk from a restart. */
  machine: z.string(),
});

export type Identity = z.output<typeof stored>;

export type DecodedIdentity = { readonly ok: true; readonly identity: Identity } | { readonly ok: false; readonly reason: string };

/** `{"sha256": …, "identity": {…}}`: the sum is over the JSON of `identity`, so that a torn or edited file is seen. */
export function encodeIdentity(identity: Identity): string {
  return `${JSON.stringify({ sha256: sum(identity), identity }, undefined, 2)}\n`;
}

export function decodeIdentity(text: string): DecodedIdentity {
  if (text.trim() === '') return { ok: false, reason: 'it is empty' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'it is torn: not the whole JSON that was written' };
  }
  const envelope = z.object({ sha256: z.string(), identity: z.unknown() }).safeParse(value);
  if (!envelope.success) return { ok: false, reason: 'it is no identity of an agent' };
  if (envelope.data.sha256 !== sum(envelope.data.identity)) return { ok: false, reason: 'its checksum is wrong: it was damaged or edited' };
  const read = stored.safeParse(envelope.data.identity);
  if (!read.success) return { ok: false, reason: `it was written by another version (${read.error.issues[0]?.message ?? 'unknown form'})` };
  const reason = read.data.credentials === undefined ? undefined : mismatch(read.data.credentials);
  return reason === undefined ? { ok: true, identity: read.data } : { ok: false, reason };
}

function sum(identity: unknown): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** Why key and certificate do not belong together; undefined when they do. */
export function mismatch(credentials: Pick<Credentials, 'keyPem' | 'chainPem'>): string | undefined {
  const leaf = leafOf(credentials.chainPem);
  if (leaf === undefined) return 'its certificate cannot be read';
  try {
    return leaf.checkPrivateKey(createPrivateKey(credentials.keyPem)) ? undefined : 'its certificate is for another key';
  } catch {
    return 'its private key cannot be read';
  }
}

export function leafOf(chainPem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(chainPem);
  } catch {
    return undefined;
  }
}

/** When the certificate counts: wall clock, milliseconds. */
export function validity(chainPem: string): { readonly notBeforeMs: number; readonly notAfterMs: number } | undefined {
  const leaf = leafOf(chainPem);
  return leaf === undefined ? undefined : { notBeforeMs: leaf.validFromDate.getTime(), notAfterMs: leaf.validToDate.getTime() };
}

/** The UID in the URI SAN `urn:uuid:…`; undefined where there is none. */
export function uidOf(chainPem: string): string | undefined {
  const names = leafOf(chainPem)?.subjectAltName ?? '';
  return /URI:urn:uuid:([0-9a-fA-F-]{36})(?:,|$)/.exec(names)?.[1]?.toLowerCase();
}
