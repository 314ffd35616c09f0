/** Who is who (Forward protocol specification v1, "Handshake messages"): both sides prove that they know the key without showing it. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Writer } from '../../proto/writer.ts';
import { packArray, packBinary, packText } from './msgpack.ts';

export interface Secrets {
  readonly sharedKey: string;
  readonly hostname: string;
  readonly user?: { readonly name: string; readonly password: string };
}

export interface Helo {
  readonly nonce: Buffer;
  /** Empty when no user is asked for. */
  readonly authSalt: Buffer;
  readonly keepalive: boolean;
}

const sha512 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** `["HELO", {"nonce": …, "auth": …, "keepalive": …}]`; undefined for anything else. */
export function readHelo(message: unknown): Helo | undefined {
  if (!Array.isArray(message) || message[0] !== 'HELO') return undefined;
  const options: unknown = message[1];
  const field = (name: string): unknown => (typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined);
  return { nonce: bytesOf(field('nonce')), authSalt: bytesOf(field('auth')), keepalive: field('keepalive') !== false };
}

/** `["PING", hostname, salt, digest, user, password digest]` */
export function ping(helo: Helo, secrets: Secrets, salt: Buffer = randomBytes(16)): { readonly bytes: Buffer; readonly salt: Buffer } {
  const to = new Writer(1_024);
  packArray(to, 6);
  packText(to, 'PING');
  packText(to, secrets.hostname);
  packBinary(to, salt);
  packText(to, sha512(salt, secrets.hostname, helo.nonce, secrets.sharedKey));
  const user = helo.authSalt.length > 0 ? secrets.user : undefined;
  packText(to, user?.name ?? '');
  packText(to, user === undefined ? '' : sha512(helo.authSalt, user.name, user.password));
  return { bytes: to.written(), salt };
}

/** `["PONG", ok, reason, hostname, digest]`: the sentence of why it is not good; undefined when it is. */
export function checkPong(message: unknown, helo: Helo, secrets: Secrets, salt: Buffer): string | undefined {
  if (!Array.isArray(message) || message[0] !== 'PONG') return 'the receiver did not answer the handshake as the protocol says';
  const [, ok, reason, hostname, digest] = message;
  if (ok !== true) return `the receiver refuses us: ${typeof reason === 'string' && reason !== '' ? reason : 'no reason was given'}`;
  if (hostname === secrets.hostname) return 'the receiver has the same name as we: it would take our own answer for its';
  const expected = Buffer.from(sha512(salt, String(hostname), helo.nonce, secrets.sharedKey));
  const given = Buffer.from(String(digest));
  return given.length === expected.length && timingSafeEqual(given, expected) ? undefined : 'the receiver does not know the shared key';
}

function bytesOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);
}
