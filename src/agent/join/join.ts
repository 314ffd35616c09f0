/** One attempt at joining: the servers of `server.enrolment` in turn, until one gives an identity. */

import { askedDelayMs } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Labels } from '../../core/labels.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import type { Log } from '../../observe/log.ts';
import type { Identity as Issued } from '../../protocol/enrolment.ts';
import { parseToken } from '../../protocol/enrolment.ts';
import type { Lookup } from '../connection/dial.ts';
import { certificateRequest, newKey } from '../identity/csr.ts';
import type { DataDir } from '../identity/data-dir.ts';
import type { Credentials, Identity } from '../identity/identity.ts';
import { mismatch, uidOf } from '../identity/identity.ts';
import { readCredential } from '../identity/mounted.ts';
import type { ServerSettings } from '../settings/server.ts';
import type { EnrolmentAnswer, EnrolmentServer } from './enrolment.ts';
import { enrol, renew } from './enrolment.ts';
import { readToken } from './token.ts';

export interface JoinOptions {
  readonly server: ServerSettings;
  readonly name: string;
  readonly labels: Labels;
  readonly dataDir: DataDir;
  readonly machine: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly lookup?: Lookup | undefined;
}

export type Attempt =
  | { readonly ok: true; readonly identity: Identity }
  /** `afterMs`: not before; undefined: as the backoff says. `refused`: a person has to act; the server's code. */
  | { readonly ok: false; readonly sentence: string; readonly afterMs: number | undefined; readonly refused?: string };

/** Asking again after a refusal is for the operator who mends it on the server, and is never urgent. */
export const refusedPauseMs = 300_000;

/** Throws FairleadError where the token or a file that the settings name is not there: nothing to wait for. */
export async function joinOnce(options: JoinOptions, local: LocalAddresses, signal: AbortSignal): Promise<Attempt> {
  const { server, dataDir } = options;
  const token = await readToken(server.tokenFile, options.environment);
  const ca = server.caFile === undefined ? '' : await readCredential(server.caFile);
  const replaceSecret = server.replaceSecretFile === undefined ? undefined : (await readCredential(server.replaceSecretFile)).trim();
  const keyPem = await dataDir.pendingKey(newKey);
  const request = {
    token,
    csr: certificateRequest(keyPem, options.name),
    name: options.name,
    labels: options.labels,
    ...(replaceSecret === undefined ? {} : { replaceSecret }),
  };
  const trust = { ca, pin: server.caFingerprint, onFirstUse: server.trustOnFirstUse };
  const attempt = await inTurn(options, local, signal, async (one) => {
    options.log.event('agent.join.started', { url: one.url });
    const answer = await enrol(one, trust, request);
    if (answer.kind !== 'failed' && answer.unseen !== undefined)
      options.log.event('agent.join.trusted-unseen', { fingerprint: answer.unseen });
    return issuedTo(answer, { uid: undefined, keyPem });
  });
  if (!attempt.ok) return attempt;
  const tokenId = parseToken(token)?.id;
  return { ok: true, identity: { ...attempt.identity, machine: options.machine, ...(tokenId === undefined ? {} : { tokenId }) } };
}

/** The same over the certificate that the agent has: also when that has ended, within the server's window. */
export function renewOnce(
  options: JoinOptions,
  present: Identity & { readonly credentials: Credentials },
  local: LocalAddresses,
  signal: AbortSignal,
): Promise<Attempt> {
  return inTurn(options, local, signal, async (one) => {
    const keyPem = await newKey();
    const answer = await renew(one, present.credentials, { csr: certificateRequest(keyPem, present.name, present.uid) });
    const issued = issuedTo(answer, { uid: present.uid, keyPem });
    return 'identity' in issued ? { identity: { ...present, ...issued.identity, machine: present.machine } } : issued;
  });
}

/**
 * Whether there is a token that this agent did not join with: then an operator wants it back. The old one does not count, or a
 * revoked agent with a token for many uses would come back by itself.
 */
export async function hasNewToken(options: JoinOptions, present: Identity): Promise<boolean> {
  const token = await readToken(options.server.tokenFile, options.environment).catch(() => undefined);
  return token !== undefined && parseToken(token)?.id !== present.tokenId;
}

type Outcome = { readonly identity: Identity } | Exclude<EnrolmentAnswer, { kind: 'identity' }>;

/** What came is checked before it replaces anything: a certificate for another key or agent would lock this one out. */
function issuedTo(answer: EnrolmentAnswer, { uid, keyPem }: { readonly uid: string | undefined; readonly keyPem: string }): Outcome {
  if (answer.kind !== 'identity') return answer;
  const { identity } = answer;
  const wrong =
    mismatch({ keyPem, chainPem: identity.certificateChain }) ??
    (uidOf(identity.certificateChain) === identity.uid ? undefined : 'its certificate does not name its UID') ??
    (uid === undefined || uid === identity.uid ? undefined : `it is for ${identity.uid}`);
  if (wrong !== undefined)
    return { kind: 'failed', sentence: `the server gave an identity that cannot be used: ${wrong}`, untrusted: false };
  return { identity: toIdentity(identity, keyPem) };
}

function toIdentity(issued: Issued, keyPem: string): Identity {
  return {
    format: 1,
    uid: issued.uid,
    name: issued.name,
    credentials: { keyPem, chainPem: issued.certificateChain, bundlePem: issued.bundle },
    servers: issued.servers,
    heartbeatMs: issued.heartbeatIntervalMs,
    renewWindowMs: issued.renewWindowMs,
    machine: '',
  };
}

/** All are asked before the agent waits; a refusal by one does not keep it from the others. */
async function inTurn(
  options: JoinOptions,
  local: LocalAddresses,
  signal: AbortSignal,
  attempt: (server: EnrolmentServer) => Promise<Outcome>,
): Promise<Attempt> {
  const { server, clock, log, random, timeoutMs, lookup } = options;
  let worst: Attempt = { ok: false, sentence: 'no enrolment server is named (server.enrolment)', afterMs: refusedPauseMs };
  for (const url of server.enrolment) {
    const outcome = await attempt({ url, name: server.name, local, timeoutMs, signal, nowMs: () => clock.now(), lookup });
    if ('identity' in outcome) return { ok: true, identity: outcome.identity };
    if (signal.aborted) return { ok: false, sentence: 'given up', afterMs: undefined };
    worst = unanswered(url, outcome, log, random);
  }
  return worst;
}

function unanswered(url: string, answer: Exclude<Outcome, { identity: Identity }>, log: Log, random: () => number): Attempt {
  switch (answer.kind) {
    case 'pending': {
      log.event('agent.join.pending', { url, keyFingerprint: answer.keyFingerprint, retryMs: answer.retryAfterMs });
      return {
        ok: false,
        sentence: `${url} waits for an operator to approve this agent (key ${answer.keyFingerprint})`,
        afterMs: answer.retryAfterMs,
      };
    }
    case 'refused': {
      const afterMs = askedDelayMs(refusedPauseMs, random);
      log.event('agent.join.refused', { url, reason: answer.sentence, retryMs: afterMs });
      return { ok: false, sentence: answer.sentence, afterMs, refused: answer.code };
    }
    case 'failed': {
      log.event('agent.join.failed', { url, reason: answer.sentence });
      const afterMs = answer.retryAfterMs === undefined ? undefined : askedDelayMs(answer.retryAfterMs, random);
      return { ok: false, sentence: answer.sentence, afterMs };
    }
    default:
      return answer satisfies never;
  }
}
