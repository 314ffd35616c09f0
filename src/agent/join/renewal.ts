/** When a certificate is to be renewed. Pure. */

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Two thirds of the lifetime, moved by up to a twentieth of it in either direction, so that a fleet that was enrolled in an hour
 * is not renewed in one. `share` (0 ≤ x < 1) is drawn once for each certificate.
 */
export function renewalDueMs({ notBeforeMs, notAfterMs }: Validity, share: number): number {
  const lifetime = notAfterMs - notBeforeMs;
  return notBeforeMs + Math.round(lifetime * (2 / 3 + (share - 0.5) / 10));
}

export type CertificatePhase =
  | { readonly kind: 'good'; readonly dueInMs: number }
  | { readonly kind: 'due' }
  /** No server takes it any more, but one can still be asked for another. */
  | { readonly kind: 'expired'; readonly sinceMs: number }
  /** Only a new token helps; the server has the last word, since our clock may be wrong. */
  | { readonly kind: 'lost'; readonly sinceMs: number };

/** `nowMs` is the wall clock: that is what certificates are written in. A step of it is noticed at the next look. */
export function phase(validity: Validity, share: number, renewWindowMs: number, nowMs: number): CertificatePhase {
  const sinceMs = nowMs - validity.notAfterMs;
  if (sinceMs > renewWindowMs) return { kind: 'lost', sinceMs };
  if (sinceMs > 0) return { kind: 'expired', sinceMs };
  const dueInMs = renewalDueMs(validity, share) - nowMs;
  return dueInMs <= 0 ? { kind: 'due' } : { kind: 'good', dueInMs };
}
