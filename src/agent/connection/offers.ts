/** What an offer of connection settings means for the connection that we have. Pure. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ConnectionSettingsOffers } from '../../protocol/opamp.ts';
import type { Credentials } from '../identity/identity.ts';
import { leafOf, mismatch, uidOf } from '../identity/identity.ts';

export interface Present {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly uid: string;
  readonly credentials: Credentials | undefined;
  /** Keys that a certificate may be for: the present one, and the one that we asked with. */
  readonly keys: readonly string[];
  /** Mounted certificates are renewed by whoever mounts them. */
  readonly mounted: boolean;
}

export interface Wanted {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly heartbeatMs: number;
  readonly credentials: Credentials | undefined;
}

export type OfferPlan =
  | { readonly kind: 'refuse'; readonly sentence: string }
  /** `reconnect`: it must be tried on a connection of its own before the present one is given up. */
  | { readonly kind: 'use'; readonly wanted: Wanted; readonly reconnect: boolean; readonly what: string };

/**
 * An offer replaces everything: a heartbeat left out turns heartbeats off, headers left out are none. One exception: a certificate left
 * out does not take away the identity that enrolment gave, which could only lock the agent out.
 */
export function planOffer(present: Present, { opamp }: ConnectionSettingsOffers): OfferPlan {
  if (opamp === undefined) return { kind: 'refuse', sentence: 'the offer holds no OpAMP connection, and nothing else is taken' };
  const url = endpoint(opamp.destinationEndpoint);
  if (url === undefined) return { kind: 'refuse', sentence: `"${opamp.destinationEndpoint}" is no endpoint` };
  if (isSecure(present.url) && !isSecure(url))
    return { kind: 'refuse', sentence: `${url} is without TLS, and the present connection is not` };
  const headers = (opamp.headers?.headers ?? []).map(({ key, value }) => [key, value] as const);
  if (headers.some(([key, value]) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key) || /[\r\n\0]/.test(value)))
    return { kind: 'refuse', sentence: 'a header of the offer cannot be sent' };
  const heartbeatMs = Math.min(Number(opamp.heartbeatIntervalSeconds) * 1_000, 86_400_000);
  const offered = opamp.certificate?.cert.length ? opamp.certificate : undefined;
  const certificate = offered === undefined ? { ok: true as const, credentials: present.credentials } : certificateOf(present, offered);
  if (!certificate.ok) return { kind: 'refuse', sentence: certificate.sentence };
  const { credentials } = certificate;
  const changes = [
    ...(sameServer(url, present.url) ? [] : [`endpoint ${url}`]),
    ...(JSON.stringify(headers) === JSON.stringify(present.headers) ? [] : ['headers']),
    ...(credentials?.chainPem === present.credentials?.chainPem ? [] : ['certificate']),
    ...(credentials === undefined || overlap(credentials.bundlePem, present.credentials?.bundlePem ?? '') ? [] : ['authorities']),
  ];
  const what = [...changes, heartbeatMs === 0 ? 'no heartbeats' : `a heartbeat every ${heartbeatMs} ms`].join(', ');
  return { kind: 'use', wanted: { url, headers, heartbeatMs, credentials }, reconnect: changes.length > 0, what };
}

function endpoint(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && ['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol) ? url.href : undefined;
}

function isSecure(url: string): boolean {
  return /^(wss|https):/.test(url);
}

/** The transport is ours to choose, so that `https://` and `wss://` of one host are one server. */
function sameServer(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)];
  const port = (url: URL) => url.port || (isSecure(url.href) ? '443' : '80');
  return isSecure(a) === isSecure(b) && one.hostname === other.hostname && port(one) === port(other) && one.pathname === other.pathname;
}

type OfferedCertificate = { readonly ok: true; readonly credentials: Credentials } | { readonly ok: false; readonly sentence: string };

function certificateOf(
  present: Present,
  offered: { readonly cert: Uint8Array; readonly privateKey: Uint8Array; readonly caCert: Uint8Array },
): OfferedCertificate {
  if (present.mounted) return { ok: false, sentence: 'the certificate of this agent is mounted, and renewed by whoever mounts it' };
  const [chainPem, sentKey, bundle] = [offered.cert, offered.privateKey, offered.caCert].map((bytes) =>
    Buffer.from(bytes).toString('utf8'),
  );
  const leaf = leafOf(chainPem ?? '');
  if (leaf === undefined || chainPem === undefined) return { ok: false, sentence: 'the offered certificate cannot be read' };
  const keyPem = sentKey ? sentKey : present.keys.find((key) => leaf.checkPrivateKey(createPrivateKey(key)));
  if (keyPem === undefined) return { ok: false, sentence: 'the offered certificate is for a key that this agent does not have' };
  const wrong = mismatch({ keyPem, chainPem });
  if (wrong !== undefined) return { ok: false, sentence: `the offered pair cannot be used: ${wrong}` };
  const bundlePem = bundle ? bundle : (present.credentials?.bundlePem ?? '');
  if (bundle && certificatesOf(bundle) === undefined) return { ok: false, sentence: 'the offered authorities cannot be read' };
  // The one that is in use comes back with every complete offer, perhaps without what leads to the authority.
  const own = present.credentials;
  if (own !== undefined && leafOf(own.chainPem)?.fingerprint256 === leaf.fingerprint256)
    return { ok: true, credentials: { ...own, bundlePem } };
  const uid = uidOf(chainPem);
  if (uid !== undefined && uid !== present.uid)
    return { ok: false, sentence: `the offered certificate is for ${uid}, and this agent is ${present.uid}` };
  return { ok: true, credentials: { keyPem, chainPem, bundlePem } };
}

/** Fingerprints; undefined when it holds none, or one that cannot be read. */
function certificatesOf(bundlePem: string): readonly string[] | undefined {
  const texts = bundlePem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return texts.length === 0 ? undefined : texts.map((pem) => new X509Certificate(pem).fingerprint256);
  } catch {
    return undefined;
  }
}

/** Authorities that have none in common with the present ones are tried before they are believed: they could lock the agent out. */
function overlap(bundle: string, before: string): boolean {
  if (bundle === before) return true;
  const known = certificatesOf(before) ?? [];
  return (certificatesOf(bundle) ?? []).some((one) => known.includes(one));
}
