/** From a CSR to an agent's certificate: a few at once, a bounded number waiting, each request checked once. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { csrLimitBytes } from '../../protocol/enrolment.ts';
import type { InspectedCsr, SigningResult } from './authority.ts';
import type { CaMetrics } from './metrics.ts';
import type { Standing } from './peer.ts';
import { createQueue } from './queue.ts';
import type { Rotation } from './rotation.ts';
import type { CaSettings } from './settings.ts';
import { newSerial, type ReadCsr, readCsr, signLeaf } from './x509.ts';

export interface SigningDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: CaSettings;
  readonly rotation: Rotation;
  readonly standing: Pick<Standing, 'revoked' | 'generation'>;
  readonly metrics: CaMetrics;
}

export interface Signing {
  inspect(csrPem: string): Promise<InspectedCsr>;
  sign(csrPem: string, uid: string): Promise<SigningResult>;
}

/**
 * Signings at once. One takes some 3 ms of the event loop, checking its CSR included (measured on 2 shared cores, Node 24:
 * 300/s, one after the other or many at a time). The rate limit of enrolment (50/s) keeps that below a fifth of the loop, no step
 * of it holds the loop for longer than 2 ms, and renewals of 10,000 agents are one in 6 s: a worker, which costs 40 MB, was not
 * worth it. More than a few at once gains nothing and makes every one of them late.
 */
const signingsAtOnce = 4;

export function createSigning(deps: SigningDeps): Signing {
  const { clock, log, settings, rotation, standing, metrics } = deps;
  const queue = createQueue(signingsAtOnce, settings.signingQueue);
  const requests = csrCache(readCsr);
  const busy = (): Extract<InspectedCsr & SigningResult, { ok: false }> => ({
    ok: false,
    reason: 'busy',
    sentence: `${queue.waiting} certificates wait to be signed already`,
  });

  const issue = async (csrPem: string, uid: string): Promise<SigningResult> => {
    const read = await requests.read(csrPem);
    if (!read.ok) return read;
    if (read.csr.uid !== undefined && read.csr.uid !== uid)
      return { ok: false, reason: 'wrong-identity', sentence: `the CSR is for agent ${read.csr.uid}, and this is agent ${uid}` };
    if (standing.revoked(uid) !== undefined) return { ok: false, reason: 'wrong-identity', sentence: `agent ${uid} is revoked` };
    const { roots } = rotation;
    const nowMs = Math.floor(clock.now() / 1_000) * 1_000;
    const serial = newSerial();
    const notAfterMs = Math.min(nowMs + settings.agentCertificateLifetime, roots.active.notAfterMs);
    const validity = { notBeforeMs: nowMs - settings.backdate, notAfterMs };
    const generation = standing.generation(uid);
    const names = [{ type: 'url' as const, value: `urn:uuid:${uid}` }];
    const leaf = await signLeaf(
      { ...validity, serial, commonName: uid, generation, publicKey: read.csr.publicKey, usage: 'client', names },
      roots.signer,
    );
    return { ok: true, issued: { uid, serial, chainPem: leaf + roots.chainTail, bundlePem: roots.bundlePem, ...validity } };
  };

  return {
    async inspect(csrPem) {
      const read = await (queue.run(() => requests.read(csrPem)) ?? busy());
      if (!read.ok) return read;
      const keyFingerprint = `sha256:${createHash('sha256').update(read.csr.spki).digest('hex')}`;
      return { ok: true, keyFingerprint, ...(read.csr.uid === undefined ? {} : { uid: read.csr.uid }) };
    },
    async sign(csrPem, uid) {
      const end = metrics.signing.startTimer();
      const turn = queue.run(() => issue(csrPem, uid.toLowerCase()));
      metrics.waiting.set(queue.waiting);
      const result = await (turn ?? busy());
      metrics.waiting.set(queue.waiting);
      end();
      if (result.ok) metrics.issued.inc({ kind: 'agent' });
      else {
        metrics.refused.inc({ reason: result.reason });
        log.event('ca.signing-refused', { uid, reason: result.reason, detail: result.sentence });
      }
      return result;
    },
  };
}

/** Enrolment inspects a CSR before it has it signed: the last ones that were good are remembered, so that each is checked once. */
function csrCache(read: (pem: string) => Promise<ReadCsr>) {
  const known = new Map<string, ReadCsr>();
  return {
    async read(pem: string): Promise<ReadCsr> {
      if (pem.length > csrLimitBytes)
        return { ok: false, reason: 'bad-request', sentence: `the CSR is larger than ${csrLimitBytes} bytes` };
      const result = known.get(pem) ?? (await read(pem));
      if (result.ok) known.set(pem, result);
      const oldest = known.keys().next();
      if (known.size > 64 && !oldest.done) known.delete(oldest.value);
      return result;
    },
  };
}
