/**
 * The proof with which a re-created container takes its identity over: scrypt (RFC 7914) of a secret that is mounted into it.
 * People choose that secret, so it gets a slow hash; 2^14 and r = 8 take 16 MiB and some 50 ms of a thread.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive: (secret: string, salt: Buffer, length: number, options: ScryptOptions) => Promise<Buffer> = promisify(scrypt);

const cost = { N: 2 ** 14, r: 8, p: 1 };

/** `scrypt$<N>$<r>$<p>$<salt>$<hash>`, both in base64url. */
export async function proofOf(secret: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(secret, salt, 32, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** In constant time. A proof that cannot be read fits no secret. */
export async function proofFits(proof: string, secret: string): Promise<boolean> {
  const [kind, N, r, p, salt = '', hash = ''] = proof.split('$');
  const expected = Buffer.from(hash, 'base64url');
  if (kind !== 'scrypt' || expected.length !== 32) return false;
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const found = await derive(secret, Buffer.from(salt, 'base64url'), 32, options).catch(() => undefined);
  return found !== undefined && timingSafeEqual(found, expected);
}
