/**
 * How an agent gets and renews its identity: JSON over HTTPS on the enrolment listener.
 *
 * - `GET /v1/ca`: the bundle of authorities, public.
 * - `POST /v1/enrol`: a token and a CSR against a certificate; 200 `Identity`, or 202 `Pending` where an operator has to approve:
 *   the agent then sends the same request (same key) again after `retryAfterMs`. The same key with the same token always
 *   gets the same UID, so a request whose answer was lost is simply sent again.
 * - `POST /v1/renew`: over TLS with the client certificate that is to be followed by the new one, valid or not longer expired
 *   than the server's window.
 *
 * Before it says anything, a joining agent looks for the pinned authority among the certificates that the server presents, in
 * the order presented: leaf, cross certificate, authorities. (Not along the issuers: during a rotation the newest authority
 * stands there twice, self-signed and signed by the former one. In Node: `getPeerX509Certificate()` and its `issuerCertificate`.)
 *
 * Everything else is answered with `Refusal` (RFC 9457, application/problem+json), 429 and 503 with Retry-After.
 */
import * as z from 'zod';
import { labelKey, labelValue } from '../core/labels.ts';
import { uuidBytes } from '../core/uuid.ts';

export const caPath = '/v1/ca';
export const enrolPath = '/v1/enrol';
export const renewPath = '/v1/renew';

/** A CSR of RSA 4096 with a few names has 2 KiB; nothing that we sign needs more than this. */
export const csrLimitBytes = 16 * 1024;
/** The body of a request: the CSR, 64 labels at their longest, and room. */
export const bodyLimitBytes = 64 * 1024;

/** What people type for an agent: a host name, a container's name. */
export const agentName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;

/** `flt_<id>_<secret>`: the id is public, the secret has 192 bits. */
const tokenForm = /^flt_([0-9A-Za-z]{4,32})_([0-9A-Za-z]{22,128})$/;

export interface TokenParts {
  readonly id: string;
  readonly secret: string;
}

/** Undefined when the text is no token; surrounding white space (the end of a mounted file) does not count. */
export function parseToken(text: string): TokenParts | undefined {
  const [, id, secret] = tokenForm.exec(text.trim()) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * The fingerprint of an authority as `sha256:<64 lower-case hex>`, over the certificate's DER. Also takes what
 * `openssl x509 -fingerprint -sha256` prints (`sha256 Fingerprint=AB:CD:…`) and bare hex; undefined when it is none.
 */
export function parseFingerprint(text: string): string | undefined {
  const digits = text
    .trim()
    .replace(/^sha-?256(?:\s+fingerprint)?\s*[:=]\s*/i, '')
    .replaceAll(':', '')
    .toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? `sha256:${digits}` : undefined;
}

const pem = (kind: string) =>
  z
    .string()
    .max(csrLimitBytes)
    .refine((text) => text.includes(`-----BEGIN ${kind}-----`) || text.includes(`-----BEGIN NEW ${kind}-----`), {
      message: `is no PEM of a ${kind.toLowerCase()}`,
    });

const csr = pem('CERTIFICATE REQUEST').describe('PKCS#10 in PEM; a URI SAN urn:uuid: in it must be the UID that is renewed');

const uid = z
  .string()
  .refine((text) => uuidBytes(text) !== undefined, { message: 'is no UUID' })
  .transform((text) => text.toLowerCase());

const labels = z
  .record(z.string().regex(labelKey, 'is no label key'), z.string().regex(labelValue, 'is no label value'))
  .refine((value) => Object.keys(value).length <= 64, { message: 'has more than 64 labels' });

/** `POST /v1/enrol`. */
export const enrolRequest = z.strictObject({
  token: z.string().max(256),
  csr,
  name: z.string().regex(agentName, 'is no name: letters, digits and . _ -, at most 127, a letter or digit first').optional(),
  labels: labels.optional().describe('what the agent says of itself; never overrides the labels of its token'),
  replaceSecret: z
    .string()
    .min(16, 'is shorter than 16 characters')
    .max(1_024)
    .optional()
    .describe('proves that a re-created container is the one that had this name, and makes it provable next time'),
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

/** `POST /v1/renew`. */
export const renewRequest = z.strictObject({ csr });
export type RenewRequest = z.infer<typeof renewRequest>;

/** 200 of both. Unknown fields are left out, so that a newer server can say more. */
export const identity = z.object({
  uid,
  /** The name that the server gave: the wished one, made unique. */
  name: z.string(),
  /** The leaf, then what leads to the authority. */
  certificateChain: z.string(),
  /** All authorities to trust from now on: replaces what the agent had. */
  bundle: z.string(),
  /** OpAMP endpoints, `wss://host:port/v1/opamp`. */
  servers: z.array(z.string()),
  heartbeatIntervalMs: z.int().positive(),
  notBeforeMs: z.int(),
  notAfterMs: z.int(),
  /** How long after `notAfterMs` the certificate can still be renewed. */
  renewWindowMs: z.int().nonnegative(),
});
export type Identity = z.infer<typeof identity>;

/** 202: an operator has to approve. The fingerprint (of the CSR's public key) is what both sides show, to be compared. */
export const pending = z.object({
  pendingId: z.string(),
  keyFingerprint: z.string(),
  retryAfterMs: z.int().positive(),
});
export type Pending = z.infer<typeof pending>;

/** `GET /v1/ca`. */
export const authorities = z.object({
  bundle: z.string(),
  fingerprints: z.array(z.string()),
});
export type Authorities = z.infer<typeof authorities>;

/** What a request can be refused for. `retry`: the same request may succeed later; the others need an operator or another request. */
export const enrolmentRefusals = {
  'bad-request': { status: 400, retry: false },
  'body-too-large': { status: 413, retry: false },
  'bad-csr': { status: 400, retry: false },
  'weak-key': { status: 400, retry: false },
  'wrong-identity': { status: 400, retry: false },
  'token-malformed': { status: 401, retry: false },
  'token-unknown': { status: 401, retry: false },
  'token-expired': { status: 401, retry: false },
  'token-revoked': { status: 401, retry: false },
  'token-used-up': { status: 401, retry: false },
  'enrolment-denied': { status: 403, retry: false },
  'certificate-missing': { status: 401, retry: false },
  'certificate-refused': { status: 401, retry: false },
  /** Expired for longer than the window, revoked, superseded or forgotten: only a new token helps. */
  'token-needed': { status: 401, retry: false },
  'too-many-requests': { status: 429, retry: true },
  'too-many-pending': { status: 503, retry: true },
  busy: { status: 503, retry: true },
  'not-found': { status: 404, retry: false },
  'method-not-allowed': { status: 405, retry: false },
} as const satisfies Record<string, { readonly status: number; readonly retry: boolean }>;
export type EnrolmentRefusal = keyof typeof enrolmentRefusals;

/** The body of a refusal; `code` is one of `enrolmentRefusals`, or one that only a newer server knows. */
export const refusal = z.object({
  status: z.int(),
  title: z.string(),
  code: z.string(),
  hint: z.string().optional(),
});
