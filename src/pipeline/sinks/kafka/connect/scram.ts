/**
 * The client's side of SCRAM (RFC 5802; SHA-256: RFC 7677), without channel binding, which Kafka does not have. Pure: the nonce is a parameter.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';

export type ScramHash = 'sha256' | 'sha512';

/** GS2 header: no channel binding, no other authorization identity. */
const gs2 = 'n,,';

export const clientFirst = (username: string, nonce: string): string => `${gs2}${clientFirstBare(username, nonce)}`;

const clientFirstBare = (username: string, nonce: string): string => `n=${saslName(username)},r=${nonce}`;

/** Section 5.1: `,` and `=` would end the attribute. */
const saslName = (name: string): string => name.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');

export type ScramStep =
  | { readonly ok: true; readonly message: string; readonly serverSignature: Buffer }
  | { readonly ok: false; readonly sentence: string };

/** A server that asks for more rounds than this only wants to keep us busy. */
const mostIterations = 1_000_000;

export async function clientFinal(
  hash: ScramHash,
  username: string,
  password: string,
  nonce: string,
  serverFirst: string,
): Promise<ScramStep> {
  const { r: fullNonce, s: salt, i: rounds } = attributes(serverFirst);
  const iterations = Number(rounds);
  if (fullNonce === undefined || salt === undefined || !fullNonce.startsWith(nonce) || fullNonce.length === nonce.length)
    return { ok: false, sentence: 'the broker does not speak SCRAM as it should: its nonce does not continue ours' };
  // RFC 7677, section 4: at least 4096.
  if (!Number.isInteger(iterations) || iterations < 4096 || iterations > mostIterations)
    return { ok: false, sentence: `the broker asks for ${rounds ?? 'no'} iterations of SCRAM, which is not sensible` };
  const withoutProof = `c=${Buffer.from(gs2).toString('base64')},r=${fullNonce}`;
  const authMessage = `${clientFirstBare(username, nonce)},${serverFirst},${withoutProof}`;
  const salted = await saltedPassword(hash, password, Buffer.from(salt, 'base64'), iterations);
  const clientKey = hmac(hash, salted, 'Client Key');
  const signature = hmac(hash, createHash(hash).update(clientKey).digest(), authMessage);
  const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
  return {
    ok: true,
    message: `${withoutProof},p=${Buffer.from(proof).toString('base64')}`,
    serverSignature: hmac(hash, hmac(hash, salted, 'Server Key'), authMessage),
  };
}

/** undefined when the broker has shown that it knows the password too. */
export function checkServerFinal(serverFinal: string, expected: Buffer): string | undefined {
  const { e: error, v: verifier } = attributes(serverFinal);
  if (error !== undefined) return `the broker refuses the login: ${error}`;
  const shown = Buffer.from(verifier ?? '', 'base64');
  if (shown.length === expected.length && timingSafeEqual(shown, expected)) return undefined;
  return 'the broker could not show that it knows the password: it may not be the one it pretends to be';
}

/** SASLprep (RFC 4013) is NFKC here, as in Kafka's own client. */
function saltedPassword(hash: ScramHash, password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    pbkdf2(password.normalize('NFKC'), salt, iterations, hash === 'sha256' ? 32 : 64, hash, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  );
}

const hmac = (hash: ScramHash, key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();

function attributes(message: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
