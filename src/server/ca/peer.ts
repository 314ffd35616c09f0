/** What a peer's certificate says, and whether that holds now. Pure: authorities, revocations and the time are given. */
import { hash, X509Certificate } from 'node:crypto';
import { formatDuration } from '../../core/duration.ts';
import type { Refusal, Verified } from './authority.ts';

/** What never changes about a certificate, read once. */
export type Peer =
  | {
      readonly readable: true;
      readonly serial: string;
      readonly uid: string | undefined;
      readonly generation: number;
      readonly notBeforeMs: number;
      readonly notAfterMs: number;
      /** Id of the authority that signed it; undefined when none of ours did. */
      readonly rootId: string | undefined;
      readonly issuer: string;
    }
  | { readonly readable: false };

export interface TrustedRoot {
  readonly id: string;
  readonly certificate: X509Certificate;
}

export interface Standing {
  /** Ids of the authorities that are trusted now. */
  readonly trusted: ReadonlySet<string>;
  revoked(uid: string): { readonly reason: string } | undefined;
  /** Certificates of an earlier generation are superseded. */
  generation(uid: string): number;
}

/** OID of id-kp-clientAuth (RFC 5280 §4.2.1.12). */
const clientAuth = '1.3.6.1.5.5.7.3.2';

export function readPeer(der: Uint8Array, roots: readonly TrustedRoot[]): Peer {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    return { readable: false };
  }
  const root = roots.find((one) => certificate.checkIssued(one.certificate) && certificate.verify(one.certificate.publicKey));
  // Node calls the extended key usages `keyUsage`.
  const isClient = !certificate.ca && (certificate.keyUsage ?? []).includes(clientAuth);
  return {
    readable: true,
    serial: certificate.serialNumber.toLowerCase(),
    // The whole text: a certificate with a second name is none of ours.
    uid: isClient ? /^URI:urn:uuid:([0-9a-f-]{36})$/.exec(certificate.subjectAltName ?? '')?.[1] : undefined,
    generation: Number(/^serialNumber=(\d{1,15})$/m.exec(certificate.subject)?.[1] ?? 0),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    rootId: root?.id,
    issuer: certificate.issuer.replaceAll('\n', ', '),
  };
}

export function judge(peer: Peer | undefined, standing: Standing, nowMs: number, graceMs: number): Verified {
  if (peer === undefined) return refusal(undefined, 'missing', 'no client certificate was presented');
  if (!peer.readable) return refusal(undefined, 'unknown-authority', 'what was presented cannot be read as a certificate');
  if (peer.rootId === undefined || !standing.trusted.has(peer.rootId))
    return refusal(
      undefined,
      'unknown-authority',
      `certificate ${short(peer.serial)} is signed by "${clip(peer.issuer)}", which is no authority of this server`,
    );
  const { uid } = peer;
  if (uid === undefined)
    return refusal(peer, 'no-identity', `certificate ${short(peer.serial)} is not one of an agent: it holds no UID for a client`);
  const name = `certificate ${short(peer.serial)} of ${uid}`;
  const revoked = standing.revoked(uid);
  if (revoked !== undefined) return refusal(peer, 'revoked', `${name} is revoked: ${revoked.reason}`);
  if (peer.generation < standing.generation(uid))
    return refusal(peer, 'superseded', `${name} is superseded: the agent has enrolled again since`);
  if (nowMs < peer.notBeforeMs)
    return refusal(
      peer,
      'not-yet-valid',
      `${name} is valid from ${iso(peer.notBeforeMs)} on, in ${span(peer.notBeforeMs - nowMs)}: a clock is wrong`,
    );
  if (nowMs > peer.notAfterMs + graceMs)
    return refusal(peer, 'expired', `${name} expired at ${iso(peer.notAfterMs)}, ${span(nowMs - peer.notAfterMs)} ago`);
  return { ok: true, uid, serial: peer.serial, notAfterMs: peer.notAfterMs };
}

function refusal(peer: Extract<Peer, { readable: true }> | undefined, reason: Refusal, sentence: string): Verified {
  return {
    ok: false,
    reason,
    sentence,
    ...(peer?.uid === undefined ? {} : { uid: peer.uid }),
    ...(peer === undefined ? {} : { serial: peer.serial }),
  };
}

const short = (serial: string): string => `${serial.slice(0, 8)}…`;
const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** Two units are enough for a person: `3d4h`, `12m5s`. */
function span(ms: number): string {
  const [first = '0s', second = ''] = formatDuration(Math.max(1_000, Math.floor(ms / 1_000) * 1_000)).match(/\d+[a-z]+/g) ?? [];
  return `${first}${second}`;
}

/** What was read, by the certificate's fingerprint; the least recently used goes first. */
export function peerCache(limit: number) {
  const peers = new Map<string, Peer>();
  return {
    read(der: Uint8Array, roots: readonly TrustedRoot[]): Peer {
      const fingerprint = hash('sha256', der, 'base64');
      const known = peers.get(fingerprint);
      if (known !== undefined) peers.delete(fingerprint);
      const peer = known ?? readPeer(der, roots);
      peers.set(fingerprint, peer);
      const oldest = peers.keys().next();
      if (peers.size > limit && !oldest.done) peers.delete(oldest.value);
      return peer;
    },
    /** The authorities are others now. */
    clear: () => peers.clear(),
    get size() {
      return peers.size;
    },
  };
}
