/** A new certificate for an agent that presents its old one, also when that has expired not too long ago. */
import { formatDuration } from '../../core/duration.ts';
import type { RenewRequest } from '../../protocol/enrolment.ts';
import { type EnrolDeps, issue } from './enrol.ts';
import { newTokenHint, type Outcome, refused } from './outcome.ts';

/** `peer`: the client certificate (DER) of the TLS connection; its handshake proved that the agent has the key. */
export async function renew(deps: EnrolDeps, request: RenewRequest, peer: Uint8Array | undefined, remote: string): Promise<Outcome> {
  const verified = deps.authority.verify(peer, { graceMs: deps.authority.renewWindowMs });
  if (!verified.ok) {
    const { reason, sentence } = verified;
    if (reason === 'missing')
      return refused('certificate-missing', sentence, { hint: 'present the certificate that is to be renewed in the TLS handshake' });
    if (reason === 'not-yet-valid') return refused('certificate-refused', sentence, { hint: 'check the clocks of agent and server' });
    const window = formatDuration(deps.authority.renewWindowMs);
    const message = reason === 'expired' ? `${sentence}; it could be renewed for ${window} after that` : sentence;
    return refused(reason === 'unknown-authority' || reason === 'no-identity' ? 'certificate-refused' : 'token-needed', message, {
      hint: newTokenHint,
    });
  }
  const record = deps.fleet.get(verified.uid)?.record;
  if (record === undefined) return refused('token-needed', `agent ${verified.uid} is not known here any more`, { hint: newTokenHint });
  const outcome = await issue(deps, request.csr, record, 'issued');
  if (outcome.kind === 'issued')
    deps.log.event('enrolment.renewed', { uid: verified.uid, remote, notAfter: new Date(outcome.identity.notAfterMs).toISOString() });
  return outcome;
}
