/** The server's side of SASL as Kafka carries it: PLAIN (RFC 4616) and SCRAM (RFC 5802, RFC 7677). */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { apis, framed } from './front-frames.ts';

export interface SaslAccount {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
  /** session_lifetime_ms. */
  readonly lifetimeMs?: number;
  /** A server that does not know the password and pretends to. */
  readonly impostor?: boolean;
}

const salt = Buffer.from('fairlead-lab-salt');
const iterations = 4096;

export class SaslServer {
  readonly #account: SaslAccount;
  #done = false;
  #first: { readonly bare: string; readonly reply: string; readonly nonce: string } | undefined;

  constructor(account: SaslAccount) {
    this.#account = account;
  }

  /** The answer to a request of SASL; undefined: it is none, and may pass. Whoever is not logged in may ask for the versions only. */
  answer(api: number, frame: Buffer): Buffer | 'end' | undefined {
    if (api === apis.apiVersions || (this.#done && api !== apis.saslHandshake && api !== apis.saslAuthenticate)) return undefined;
    const correlation = frame.subarray(8, 12);
    const bodyAt = 14 + Math.max(0, frame.readInt16BE(12));
    if (api === apis.saslHandshake) {
      const asked = frame.toString('utf8', bodyAt + 2, bodyAt + 2 + frame.readInt16BE(bodyAt));
      const { mechanism } = this.#account;
      return framed(Buffer.concat([correlation, int16(asked === mechanism ? 0 : 33), int32(1), text(mechanism)]));
    }
    if (api !== apis.saslAuthenticate) return 'end';
    const message = frame.toString('utf8', bodyAt + 4, bodyAt + 4 + frame.readInt32BE(bodyAt));
    const said = this.#account.mechanism === 'PLAIN' ? this.#plain(message) : this.#scram(message);
    const failed = said === undefined;
    const reply = Buffer.from(said ?? '');
    const lifetime = Buffer.alloc(8);
    lifetime.writeBigInt64BE(BigInt(this.#account.lifetimeMs ?? 0), 0);
    const reason = failed ? text('Authentication failed: who are you?') : int16(-1);
    return framed(Buffer.concat([correlation, int16(failed ? 58 : 0), reason, int32(reply.length), reply, lifetime]));
  }

  #plain(message: string): string | undefined {
    const { username, password } = this.#account;
    this.#done = message === `\0${username}\0${password}`;
    return this.#done ? '' : undefined;
  }

  #scram(message: string): string | undefined {
    return this.#first === undefined ? this.#serverFirst(message) : this.#serverFinal(message, this.#first);
  }

  #serverFirst(message: string): string | undefined {
    const [, bare = '', name = '', clientNonce = ''] = /^n,,(n=([^,]*),r=([^,]+))$/.exec(message) ?? [];
    if (name.replaceAll('=2C', ',').replaceAll('=3D', '=') !== this.#account.username) return undefined;
    const nonce = `${clientNonce}${randomBytes(12).toString('hex')}`;
    const reply = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
    this.#first = { bare, reply, nonce };
    return reply;
  }

  #serverFinal(
    message: string,
    { bare, reply, nonce }: { readonly bare: string; readonly reply: string; readonly nonce: string },
  ): string | undefined {
    const [, withoutProof = '', proof = ''] = /^(c=biws,r=[^,]+),p=([^,]+)$/.exec(message) ?? [];
    if (withoutProof !== `c=biws,r=${nonce}`) return undefined;
    const hash = this.#account.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
    const size = hash === 'sha256' ? 32 : 64;
    const hmac = (key: Buffer, over: string) => createHmac(hash, key).update(over).digest();
    const salted = pbkdf2Sync(this.#account.password, salt, iterations, size, hash);
    const authMessage = `${bare},${reply},${withoutProof}`;
    const storedKey = createHash(hash).update(hmac(salted, 'Client Key')).digest();
    const signature = hmac(storedKey, authMessage);
    const clientKey = Buffer.from(Buffer.from(proof, 'base64').map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#done = createHash(hash).update(clientKey).digest().equals(storedKey);
    if (!this.#done) return undefined;
    const serverKey = this.#account.impostor === true ? randomBytes(size) : hmac(salted, 'Server Key');
    return `v=${hmac(serverKey, authMessage).toString('base64')}`;
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value, 0);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value, 0);
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
