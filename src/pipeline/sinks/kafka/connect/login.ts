/** What has to be said before a connection can be used: which versions are spoken, and who we are. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { apiVersionsRequest, readApiVersions } from '../protocol/api-versions.ts';
import type { Api, Offered } from '../protocol/apis.ts';
import { apiVersionsApi, commonVersion, saslAuthenticateApi, saslHandshakeApi } from '../protocol/apis.ts';
import { errorName } from '../protocol/errors.ts';
import type { SaslAuthenticateResponse } from '../protocol/sasl.ts';
import { readSaslAuthenticate, readSaslHandshake, saslAuthenticateRequest, saslHandshakeRequest } from '../protocol/sasl.ts';
import type { Connection } from './connection.ts';
import { codeOf } from './dial.ts';
import { checkServerFinal, clientFinal, clientFirst } from './scram.ts';

export interface Credentials {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly passwordFile: string;
}

export type Failed = { readonly ok: false; readonly sentence: string };

const failed = (sentence: string): Failed => ({ ok: false, sentence });
const malformed = (api: Api): Failed => failed(`its answer to ${api.name} cannot be read: it may not be a Kafka broker`);

export async function agreeOnVersions(
  connection: Connection,
  timeoutMs: number,
): Promise<{ readonly ok: true; readonly offered: Offered } | Failed> {
  for (const version of [3, 0]) {
    const answer = await connection.ask(apiVersionsApi, version, apiVersionsRequest(version, '1'), timeoutMs);
    if (!answer.ok) return answer;
    const read = readApiVersions(answer.body, version);
    if (read === undefined) return malformed(apiVersionsApi);
    if (read.error === 0) return { ok: true, offered: read.offered };
    if (read.error !== 35) return failed(`it refuses ApiVersions: ${errorName(read.error)}`);
  }
  return failed('it speaks no version of ApiVersions that is spoken here');
}

/** `lifetimeMs`: after which the broker ends the connection; 0: never. */
export async function logIn(
  connection: Connection,
  offered: Offered,
  credentials: Credentials,
  timeoutMs: number,
): Promise<{ readonly ok: true; readonly lifetimeMs: number } | Failed> {
  const version = commonVersion(saslAuthenticateApi, offered);
  if (version === undefined) return failed('it has no SASL login; take sasl out of the settings, or use its other port');
  const password = await readPassword(credentials.passwordFile);
  if (typeof password !== 'string') return password;
  const { mechanism } = credentials;
  const answer = await connection.ask(saslHandshakeApi, 1, saslHandshakeRequest(mechanism), timeoutMs);
  if (!answer.ok) return answer;
  const handshake = readSaslHandshake(answer.body);
  if (handshake === undefined) return malformed(saslHandshakeApi);
  if (handshake.error !== 0)
    return failed(
      `it does not take ${mechanism} (${errorName(handshake.error)}); it takes ${handshake.mechanisms.join(', ') || 'nothing'}`,
    );
  const say = (message: string) => authenticate(connection, version, message, timeoutMs);
  const last = mechanism === 'PLAIN' ? await say(`\0${credentials.username}\0${password}`) : await scram(say, credentials, password);
  return 'ok' in last ? last : { ok: true, lifetimeMs: last.lifetimeMs };
}

async function readPassword(path: string): Promise<string | Failed> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    return failed(`${path} cannot be read: ${codeOf(error)}`);
  }
}

async function authenticate(
  connection: Connection,
  version: number,
  message: string,
  timeoutMs: number,
): Promise<SaslAuthenticateResponse | Failed> {
  const answer = await connection.ask(saslAuthenticateApi, version, saslAuthenticateRequest(version, Buffer.from(message)), timeoutMs);
  if (!answer.ok) return failed(`the login failed: ${answer.sentence}`);
  const read = readSaslAuthenticate(answer.body, version);
  if (read === undefined) return malformed(saslAuthenticateApi);
  return read.error === 0 ? read : failed(`it refuses the login: ${read.reason ?? errorName(read.error)}`);
}

async function scram(
  say: (message: string) => Promise<SaslAuthenticateResponse | Failed>,
  { mechanism, username }: Credentials,
  password: string,
): Promise<SaslAuthenticateResponse | Failed> {
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const nonce = randomBytes(24).toString('base64');
  const first = await say(clientFirst(username, nonce));
  if ('ok' in first) return first;
  const step = await clientFinal(hash, username, password, nonce, first.message.toString());
  if (!step.ok) return step;
  const final = await say(step.message);
  if ('ok' in final) return final;
  const wrong = checkServerFinal(final.message.toString(), step.serverSignature);
  return wrong === undefined ? final : failed(wrong);
}
