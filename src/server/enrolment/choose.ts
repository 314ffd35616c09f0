/** Which identity an applicant gets: that of an agent that it proves to be, or a new one. */
import { uuidv7 } from '../../core/uuid.ts';
import type { EnrolRequest } from '../../protocol/enrolment.ts';
import type { AgentRecord } from '../fleet/agent.ts';
import type { EnrolDeps } from './enrol.ts';
import { proofFits, proofOf } from './replace.ts';

/** Who asks, once its token and CSR are found good. */
export interface Applicant {
  readonly request: EnrolRequest;
  readonly remote: string;
  readonly tokenId: string;
  readonly keyFingerprint: string;
  readonly csrUid: string | undefined;
}

/** The identity that an applicant gets. `replaces`: it is that agent again. */
export interface Chosen {
  readonly uid: string;
  readonly name: string;
  readonly replaceProof: string | undefined;
  readonly replaces: boolean;
}

export async function newcomer(parts: EnrolDeps, { request }: Applicant): Promise<Chosen> {
  const uid = uuidv7(parts.clock.now());
  const replaceProof = request.replaceSecret === undefined ? undefined : await proofOf(request.replaceSecret);
  return { uid, name: request.name ?? `agent-${uid.slice(-8)}`, replaceProof, replaces: false };
}

/** The identity of the agent of this name, or of one of its namesakes, when the applicant proves to be it. */
export async function proven(parts: EnrolDeps, { request, remote }: Applicant): Promise<Chosen | undefined> {
  const { name, replaceSecret } = request;
  if (name === undefined || replaceSecret === undefined) return undefined;
  let why: string | undefined;
  for (const candidate of [name, `${name}-2`, `${name}-3`, `${name}-4`]) {
    const former = parts.fleet.named(candidate)?.record;
    if (former === undefined) break;
    const reason = await whyNot(parts, former, replaceSecret);
    if (reason === undefined) return { uid: former.uid, name: former.name, replaceProof: former.replaceProof, replaces: true };
    why ??= reason;
  }
  if (why !== undefined) parts.log.event('enrolment.replace-refused', { name, remote, why });
  return undefined;
}

async function whyNot(parts: EnrolDeps, former: AgentRecord, secret: string): Promise<string | undefined> {
  if (former.replaceProof === undefined) return 'that one was enrolled without a secret';
  if (!(await proofFits(former.replaceProof, secret))) return 'another secret';
  return parts.authority.isRevoked(former.uid) ? 'that one is revoked' : undefined;
}
