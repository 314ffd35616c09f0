/** The keys of the authority as they lie in the store: as they are, or sealed with AES-256-GCM (NIST SP 800-38D). */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { FairleadError } from '../../core/errors.ts';

export const storedKey = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('plain'), pkcs8: z.base64() }),
  z.object({ kind: z.literal('aes-256-gcm'), iv: z.base64(), tag: z.base64(), sealed: z.base64() }),
]);
export type StoredKey = z.infer<typeof storedKey>;

/** `about` is bound to the key (additional data), so that sealed keys cannot be swapped in the store. */
export function seal(pkcs8: Uint8Array, about: string, sealingKey: Uint8Array | undefined): StoredKey {
  if (sealingKey === undefined) return { kind: 'plain', pkcs8: Buffer.from(pkcs8).toString('base64') };
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey, iv).setAAD(Buffer.from(about));
  const sealed = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  return {
    kind: 'aes-256-gcm',
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    sealed: sealed.toString('base64'),
  };
}

/** Throws FAIRLEAD_CA_KEY_SEALED when the key file is missing or another one, or when the store was changed by hand. */
export function unseal(key: StoredKey, about: string, sealingKey: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  if (key.kind === 'plain') return new Uint8Array(Buffer.from(key.pkcs8, 'base64'));
  if (sealingKey === undefined) throw new FairleadError('FAIRLEAD_CA_KEY_SEALED', { reason: 'and ca.keyEncryptionFile is not set' });
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, Buffer.from(key.iv, 'base64'), { authTagLength: 16 });
  try {
    decipher.setAAD(Buffer.from(about)).setAuthTag(Buffer.from(key.tag, 'base64'));
    return new Uint8Array(Buffer.concat([decipher.update(Buffer.from(key.sealed, 'base64')), decipher.final()]));
  } catch (cause) {
    throw new FairleadError('FAIRLEAD_CA_KEY_SEALED', { reason: 'and ca.keyEncryptionFile holds another key' }, { cause });
  }
}

export async function readSealingKey(path: string): Promise<Uint8Array> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FairleadError('FAIRLEAD_CA_KEY_FILE', { path, reason }, { cause });
  });
  if (!/^[0-9a-f]{64}\s*$/i.test(text))
    throw new FairleadError('FAIRLEAD_CA_KEY_FILE', { path, reason: 'it does not hold 64 hexadecimal digits' });
  return Buffer.from(text.trim(), 'hex');
}
