/**
 * A token and a CSR against an identity: authenticate → seen before? → approved? → who is it? → record → sign.
 *
 * The token's use, the claim of this key and the agent's record are one commit: two enrolments cannot share the last use, and one
 * that fails has taken none. The claim (token and key → UID) is what makes the request repeatable: an answer that was lost is
 * asked for again with the same key, and gives the same UID.
 */
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { type EnrolRequest, parseToken } from '../../protocol/enrolment.ts';
import type { OwnAuthority } from '../ca/authority.ts';
import type { AgentRecord } from '../fleet/agent.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Commit, Condition, Store } from '../store/store.ts';
import { type Applicant, type Chosen, newcomer, proven } from './choose.ts';
import { newTokenHint, notSigned, type Outcome, type Refusal, refused } from './outcome.ts';
import type { OwnPending, PendingRecord } from './pending.ts';
import type { EnrolmentSettings } from './settings.ts';
import { problemOf, secretFits, type TokenProblem, usedUp } from './token.ts';
import { type StoredToken, type Tokens, tokenKey } from './tokens.ts';

export interface EnrolDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly authority: OwnAuthority;
  readonly fleet: Fleet;
  readonly settings: EnrolmentSettings;
  /** OpAMP endpoints that agents are told, `wss://host:port/v1/opamp`. */
  readonly servers: () => readonly string[];
}

export interface EnrolParts extends EnrolDeps {
  readonly tokens: Tokens;
  readonly pending: OwnPending;
}

export const claimPrefix = 'enrolment/claims/';
const claimKey = (tokenId: string, keyFingerprint: string) => `${claimPrefix}${tokenId}/${keyFingerprint.slice('sha256:'.length)}`;
export const claimRecord = z.object({ uid: z.string(), atMs: z.int() });

/** How often a commit is tried again because somebody else was faster. With n at once, one of them wins each time. */
const attempts = 200;

export async function enrol(parts: EnrolParts, request: EnrolRequest, remote: string): Promise<Outcome> {
  const given = parseToken(request.token);
  if (given === undefined)
    return refused('token-malformed', 'this is no enrolment token; it looks like flt_ID_SECRET', { hint: newTokenHint });
  const token = await parts.tokens.find(given.id);
  if (!secretFits(token?.record, given.secret)) return refused('token-unknown', 'this token is not known here', { hint: newTokenHint });
  if (token === undefined || token.record.revokedAtMs !== undefined) return withHint(token && problemOf(token.record, parts.clock.now()));
  const csr = await parts.authority.inspect(request.csr);
  if (!csr.ok) return notSigned(csr);
  return admit(parts, { request, remote, tokenId: given.id, keyFingerprint: csr.keyFingerprint, csrUid: csr.uid });
}

async function admit(parts: EnrolParts, applicant: Applicant): Promise<Outcome> {
  let chosen: Chosen | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const token = await parts.tokens.find(applicant.tokenId);
    if (token === undefined) return withHint(undefined);
    const claim = await findClaim(parts, applicant);
    const claimed = claim.uid === undefined ? undefined : parts.fleet.get(claim.uid)?.record;
    const approval = token.record.approval === 'manual' ? await parts.pending.find(token.record.id, applicant.keyFingerprint) : undefined;
    // A token that ended while an operator thought about it does not undo the approval.
    const problem = problemOf(token.record, parts.clock.now());
    if (problem !== undefined && !(problem.code === 'token-expired' && approval?.state === 'approved')) return withHint(problem);
    // What an operator removed or revoked is not to be had again by repeating the request.
    if (claimed !== undefined && !parts.authority.isRevoked(claimed.uid)) return repeat(parts, applicant, claimed);
    // Once: the answer takes a slow hash.
    if (attempt === 0) chosen = await proven(parts, applicant);
    // A container that comes back was let in before, and takes no use: its token would be gone after so many restarts.
    const back = chosen?.replaces === true;
    const used = back ? undefined : usedUp(token.record);
    if (used !== undefined) return withHint(used);
    if (!back && token.record.approval === 'manual' && approval?.state !== 'approved') return wait(parts, applicant, token, approval);
    chosen ??= await newcomer(parts, applicant);
    if (applicant.csrUid !== undefined && applicant.csrUid !== chosen.uid)
      return refused('wrong-identity', `the CSR names agent ${applicant.csrUid}; leave it out, the server gives the UID`);
    const record = await take(parts, applicant, token, claim.condition, approval, chosen);
    if (record !== undefined) return finish(parts, applicant, record, chosen);
  }
  return refused('busy', 'too many enrol with this token at once', { retryAfterMs: 2_000 });
}

async function findClaim(parts: EnrolParts, applicant: Applicant): Promise<{ readonly uid?: string; readonly condition: Condition }> {
  const key = claimKey(applicant.tokenId, applicant.keyFingerprint);
  const entry = await parts.store.get(key);
  if (entry === undefined) return { condition: { key, modRevision: 0 } };
  return { uid: claimRecord.parse(JSON.parse(entry.value)).uid, condition: { key, modRevision: entry.modRevision } };
}

async function repeat(parts: EnrolParts, applicant: Applicant, record: AgentRecord): Promise<Outcome> {
  const outcome = await issue(parts, applicant.request.csr, record, 'repeated');
  if (outcome.kind === 'repeated') parts.log.event('enrolment.repeated', { uid: record.uid, name: record.name, remote: applicant.remote });
  return outcome;
}

async function wait(parts: EnrolParts, applicant: Applicant, token: StoredToken, known: PendingRecord | undefined): Promise<Outcome> {
  if (known?.state === 'denied') return refused('enrolment-denied', `an operator denied this: ${known.reason}`);
  const { keyFingerprint, remote, request } = applicant;
  const asked = {
    tokenId: token.record.id,
    keyFingerprint,
    remote,
    name: request.name ?? '',
    labels: { ...request.labels, ...token.record.labels },
  };
  const record = known ?? (await parts.pending.request(asked));
  if (record === undefined) return refused('too-many-pending', 'too many agents wait for approval', { retryAfterMs: 60_000 });
  return { kind: 'pending', pending: { pendingId: record.id, keyFingerprint, retryAfterMs: parts.settings.pendingRetry } };
}

/** Undefined: somebody else was faster, look again. */
async function take(
  parts: EnrolParts,
  applicant: Applicant,
  token: StoredToken,
  claim: Condition,
  approval: PendingRecord | undefined,
  chosen: Chosen,
): Promise<AgentRecord | undefined> {
  const approved = approval === undefined ? undefined : await parts.pending.use(approval);
  if (approval !== undefined && approved === undefined) return undefined;
  const { record } = token;
  // Before the commit: a crash between the two must not leave the old container's certificates standing.
  if (chosen.replaces) await parts.authority.supersede(chosen.uid, 'the agent was created anew and enrolled again');
  const left = { ...record, usesLeft: record.usesLeft - (chosen.replaces ? 0 : 1) };
  const value = JSON.stringify({ uid: chosen.uid, atMs: parts.clock.now() });
  const along: Commit = {
    conditions: [
      { key: tokenKey(record.id), modRevision: token.modRevision },
      claim,
      ...(approved === undefined ? [] : [approved.condition]),
    ],
    changes: [
      { kind: 'put', key: tokenKey(record.id), value: JSON.stringify(left) },
      { kind: 'put', key: claim.key, value },
      ...(approved === undefined ? [] : [approved.change]),
    ],
  };
  const enrolment = {
    uid: chosen.uid,
    suggestedName: chosen.name,
    tokenId: record.id,
    tokenLabels: record.labels,
    ephemeral: record.ephemeral,
    ...(applicant.request.labels === undefined ? {} : { selfLabels: applicant.request.labels }),
    ...(chosen.replaceProof === undefined ? {} : { replaceProof: chosen.replaceProof }),
  };
  const result = await parts.fleet.enrolWith(enrolment, along);
  return result.ok ? result.record : undefined;
}

async function finish(parts: EnrolParts, { request, remote, tokenId }: Applicant, record: AgentRecord, chosen: Chosen): Promise<Outcome> {
  const { uid, name } = record;
  parts.log.event(chosen.replaces ? 'enrolment.replaced' : 'enrolment.enrolled', { uid, name, tokenId, remote });
  return issue(parts, request.csr, record, chosen.replaces ? 'replaced' : 'issued');
}

/** Has the certificate signed and puts together what the agent is told. */
export async function issue(
  parts: EnrolDeps,
  csr: string,
  { uid, name, labels }: AgentRecord,
  kind: 'issued' | 'repeated' | 'replaced',
): Promise<Outcome> {
  const result = await parts.authority.sign(csr, uid, labels);
  if (!result.ok) return notSigned(result);
  const { chainPem, bundlePem, notBeforeMs, notAfterMs } = result.issued;
  const identity = {
    uid,
    name,
    certificateChain: chainPem,
    bundle: bundlePem,
    servers: [...parts.servers()],
    heartbeatIntervalMs: parts.fleet.policy(uid)?.heartbeatIntervalMs ?? 30_000,
    notBeforeMs,
    notAfterMs,
    renewWindowMs: parts.authority.renewWindowMs,
  };
  return { kind, identity };
}

function withHint(problem: TokenProblem | undefined): Refusal {
  return refused(problem?.code ?? 'token-unknown', problem?.message ?? 'this token is not known here', { hint: newTokenHint });
}
