/** The handshake of the forward protocol ("Authorization"): both sides prove that they know the key; neither says it. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { decode, encode } from '@msgpack/msgpack';
import { readToken } from '../../listening/bearer.ts';
import type { ForwardSettings } from './settings.ts';

export interface Handshake {
  /** What we begin with. */
  readonly hello: Uint8Array;
  /** `ok: false`: the reply says why, and then the connection is to be closed. */
  answer(ping: Uint8Array): Promise<{ readonly ok: boolean; readonly reason: string; readonly reply: Uint8Array }>;
}

const sha512 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(sha512(one)), Buffer.from(sha512(other))];
  return timingSafeEqual(a, b);
}

export function beginHandshake(settings: ForwardSettings, keyFile: string): Handshake {
  const nonce = randomBytes(16);
  const salt = settings.users.length > 0 ? randomBytes(16) : Buffer.alloc(0);
  const name = settings.hostname ?? hostname();
  return {
    hello: encode(['HELO', { nonce, auth: salt, keepalive: true }]),
    async answer(bytes) {
      const key = await readToken(keyFile);
      const ping = readPing(bytes);
      const reason = ping === undefined ? 'no PING' : await objection(settings, key, ping, { nonce, salt, name });
      const proof = ping === undefined ? '' : sha512(ping.salt, name, nonce, key);
      const reply = encode(['PONG', reason === undefined, reason ?? '', name, reason === undefined ? proof : '']);
      return { ok: reason === undefined, reason: reason ?? '', reply };
    },
  };
}

interface Ping {
  readonly hostname: string;
  readonly salt: string | Uint8Array;
  readonly digest: string;
  readonly username: string;
  readonly password: string;
}

/** `['PING', hostname, salt, digest, username, password digest]` */
function readPing(bytes: Uint8Array): Ping | undefined {
  const value: unknown = decode(bytes);
  if (!Array.isArray(value) || value.length !== 6 || value[0] !== 'PING') return undefined;
  const [, peer, salt, digest, username, password] = value;
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (!isText(peer) || !isText(digest) || !isText(username) || !isText(password)) return undefined;
  if (!isText(salt) && !(salt instanceof Uint8Array)) return undefined;
  return { hostname: peer, salt, digest, username, password };
}

interface Ours {
  readonly nonce: Buffer;
  readonly salt: Buffer;
  readonly name: string;
}

async function objection(settings: ForwardSettings, key: string, ping: Ping, { nonce, salt, name }: Ours): Promise<string | undefined> {
  if (ping.hostname === name) return `both sides are named "${name}"`; // the specification asks for this: such a client would talk to itself
  if (!same(ping.digest, sha512(ping.salt, ping.hostname, nonce, key))) return 'shared_key mismatch';
  if (settings.users.length === 0) return undefined;
  const user = settings.users.find((one) => one.username === ping.username);
  const password = user === undefined ? randomBytes(16).toString('hex') : await readToken(user.passwordFile);
  return same(ping.password, sha512(salt, ping.username, password)) ? undefined : 'username/password mismatch';
}
