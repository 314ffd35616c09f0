/** The server's own certificate authority, as the rest of the server sees it. */
import type { Labels } from '../../core/labels.ts';

/** Why a certificate is refused: told to the agent (HTTP 401 with a JSON body) and in the log. */
export const refusals = [
  'missing',
  'unknown-authority',
  'expired',
  'not-yet-valid',
  'revoked',
  'no-identity',
  'unknown-agent',
  'superseded',
] as const;
export type Refusal = (typeof refusals)[number];

export type Verified =
  | { readonly ok: true; readonly uid: string; readonly serial: string; readonly notAfterMs: number }
  /** `sentence` names the certificate and the moment: `certificate 0f3a… of 0192… expired at 2026-11-23T10:00:00Z, 3 h ago`. */
  | { readonly ok: false; readonly reason: Refusal; readonly sentence: string; readonly uid?: string; readonly serial?: string };

export interface Issued {
  readonly uid: string;
  readonly serial: string;
  /** The leaf, then what leads to the root. */
  readonly chainPem: string;
  /** All authorities to trust, the newest first. */
  readonly bundlePem: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export type SigningResult =
  | { readonly ok: true; readonly issued: Issued }
  | { readonly ok: false; readonly reason: 'bad-request' | 'weak-key' | 'wrong-identity' | 'busy'; readonly sentence: string };

export interface TlsCredentials {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly bundlePem: string;
}

export interface Authority extends AsyncDisposable {
  /** Trusted roots, newest first; `fingerprint` is `sha256:<64 hex>` of the root's DER: what a joining agent is given beside its token. */
  roots(): readonly { readonly pem: string; readonly fingerprint: string; readonly notAfterMs: number; readonly active: boolean }[];
  /** Key and chain of our own listeners. Called again with each new pair (renewal, rotation): `setSecureContext`. */
  serverTls(use: (credentials: TlsCredentials) => void): () => void;
  /** Signs an agent's CSR (PEM, PKCS#10). The UID goes into the URI SAN `urn:uuid:<uid>`; a UID in the CSR must be this one. */
  sign(csrPem: string, uid: string, labels: Labels): Promise<SigningResult>;
  /**
   * Whether this peer certificate (DER) identifies an agent now. Called for every message: cached by fingerprint, no I/O.
   * `graceMs`: how long after its end a certificate still counts (renewal of agents that were offline); 0 when left out.
   */
  verify(der: Uint8Array | undefined, options?: { readonly graceMs?: number }): Verified;
  /** From now on no certificate of this agent counts. Listeners are told at once. */
  revoke(uid: string, reason: string): Promise<void>;
  onRevoked(listener: (uid: string, reason: string) => void): () => void;
}

/** What is to be known of a CSR before anything is decided; its signature is checked. */
export type InspectedCsr =
  | {
      readonly ok: true;
      /** `sha256:<64 hex>` of the public key (SubjectPublicKeyInfo): tells keys apart, and people can compare it. */
      readonly keyFingerprint: string;
      /** The UID in the CSR, lower case. */
      readonly uid?: string;
    }
  | { readonly ok: false; readonly reason: 'bad-request' | 'weak-key' | 'busy'; readonly sentence: string };

export type RotationStep = 'prepare' | 'activate' | 'retire';
export type Rotated = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

export interface RotationView {
  readonly roots: readonly {
    readonly fingerprint: string;
    readonly state: 'prepared' | 'active' | 'retiring';
    readonly sinceMs: number;
    readonly notAfterMs: number;
  }[];
  /** What happens next by itself; undefined: nothing yet. */
  readonly due: RotationStep | undefined;
  /** From when on the former authority can be retired without cutting anybody off. */
  readonly retireAtMs: number | undefined;
}

/** What enrolment and the operators' API need besides. */
export interface OwnAuthority extends Authority {
  /** How long after its end a certificate can be renewed. */
  readonly renewWindowMs: number;
  inspect(csrPem: string): Promise<InspectedCsr>;
  /** Certificates that were issued before count no more; those issued from now on do. Listeners of `onRevoked` are told. */
  supersede(uid: string, reason: string): Promise<void>;
  isRevoked(uid: string): boolean;
  rotation(): RotationView;
  /** `by`: who asked, for the log. `force` retires a former authority although agents may still depend on it. */
  rotate(step: RotationStep, by: string, force?: boolean): Promise<Rotated>;
}
