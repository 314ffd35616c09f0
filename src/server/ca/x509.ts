/**
 * Certificates and requests as bytes: the only file that knows the X.509 library.
 *
 * Profile (RFC 5280 §4.2): authorities have keyCertSign and a path length; leaves have digitalSignature and exactly one
 * extended key usage, so that an agent's certificate is of no use as a server's and the other way round.
 */
import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

type KeyPair = Awaited<ReturnType<typeof generateKeys>>;
type PrivateKey = KeyPair['privateKey'];
type PublicKey = KeyPair['publicKey'];

/** Who signs: its key, and what a certificate says of its issuer. Made once: reading the issuer takes a third of a signature's time. */
export interface Signer {
  readonly privateKey: PrivateKey;
  readonly name: x509.JsonName;
  readonly keyIdentifier: x509.AuthorityKeyIdentifierExtension;
}

export async function signerOf(pem: string, privateKey: PrivateKey): Promise<Signer> {
  const certificate = new x509.X509Certificate(pem);
  return {
    privateKey,
    name: certificate.subjectName.toJSON(),
    keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
  };
}

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export function generateKeys() {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

export async function exportPkcs8(key: PrivateKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey('pkcs8', key));
}

export function importPkcs8(bytes: Uint8Array<ArrayBuffer>): Promise<PrivateKey> {
  return crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
}

/** A positive number of 127 random bits (RFC 5280 §4.1.2.2: at most 20 octets, never 0). */
export function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

const authorityUsages = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

/** Signs itself. Path length 1: it may sign its successor (cross-signing), and nothing deeper. */
export async function selfSignedAuthority(name: string, keys: KeyPair, validity: Validity): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [name] }],
    ...dates(validity),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(authorityUsages, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemOf(certificate);
}

/** The authority `of`, signed by `by`: who trusts only the older one gets from a leaf of the newer one to it. */
export async function crossSigned(of: string, by: Signer, validity: Validity): Promise<string> {
  const subject = new x509.X509Certificate(of);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: subject.subjectName.toJSON(),
    issuer: by.name,
    ...dates(validity),
    publicKey: subject.publicKey,
    signingKey: by.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(authorityUsages, true),
      await x509.SubjectKeyIdentifierExtension.create(subject.publicKey),
      by.keyIdentifier,
    ],
  });
  return pemOf(certificate);
}

export interface LeafRequest extends Validity {
  readonly serial: string;
  readonly commonName: string;
  /** The subject's attribute serialNumber (RFC 4519 §2.31): tells generations of one identity apart. */
  readonly generation?: number;
  readonly publicKey: PublicKey | x509.PublicKey;
  readonly usage: 'client' | 'server';
  readonly names: readonly { readonly type: 'dns' | 'ip' | 'url'; readonly value: string }[];
}

export async function signLeaf(leaf: LeafRequest, by: Signer): Promise<string> {
  const subject: { [type: string]: string[] }[] = [{ CN: [leaf.commonName] }];
  if (leaf.generation !== undefined) subject.push({ [serialNumberOid]: [String(leaf.generation)] });
  const usage = leaf.usage === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: leaf.serial,
    subject,
    issuer: by.name,
    ...dates(leaf),
    publicKey: leaf.publicKey,
    signingKey: by.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension([...leaf.names]),
      await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
      by.keyIdentifier,
    ],
  });
  return pemOf(certificate);
}

const serialNumberOid = '2.5.4.5';
const subjectAltNameOid = '2.5.29.17';

export type ReadCsr =
  | { readonly ok: true; readonly csr: Csr }
  | { readonly ok: false; readonly reason: 'bad-request' | 'weak-key'; readonly sentence: string };

export interface Csr {
  readonly publicKey: x509.PublicKey;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** Lower case, of the first URI SAN `urn:uuid:…`. */
  readonly uid?: string;
}

/** Reads a PKCS#10 request (RFC 2986) and checks its key, then that its sender has the private key. */
export async function readCsr(pem: string): Promise<ReadCsr> {
  const request = parseCsr(pem);
  if (request === undefined) return { ok: false, reason: 'bad-request', sentence: 'the CSR cannot be read as a PKCS#10 request in PEM' };
  const key = nodeKey(request.publicKey.rawData);
  if (key === undefined) return { ok: false, reason: 'weak-key', sentence: 'the key of the CSR is of a kind that is not known here' };
  const weakness = weaknessOf(key);
  if (weakness !== undefined) return { ok: false, reason: 'weak-key', sentence: weakness };
  if (!(await request.verify().catch(() => false)))
    return { ok: false, reason: 'bad-request', sentence: 'the signature of the CSR does not fit its key' };
  const uid = uidOf(request);
  if (uid === 'unreadable') return { ok: false, reason: 'bad-request', sentence: 'the names in the CSR cannot be read' };
  const spki = Buffer.from(request.publicKey.rawData);
  return { ok: true, csr: { publicKey: request.publicKey, spki, ...(uid === undefined ? {} : { uid }) } };
}

function parseCsr(pem: string): x509.Pkcs10CertificateRequest | undefined {
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----/.exec(pem)?.[1];
  if (body === undefined) return undefined;
  try {
    return new x509.Pkcs10CertificateRequest(Buffer.from(body, 'base64'));
  } catch {
    // Whatever the parser stumbled over, it is not a request.
    return undefined;
  }
}

function nodeKey(spki: ArrayBuffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** The curves of RFC 5480 that TLS 1.3 signs with (RFC 8446 §4.2.3). */
const curves: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * RSA below 2048 bits is too weak (NIST SP 800-57 part 1), above 8192 only costs us time; an exponent below 65537 (FIPS 186-5
 * §5.4) would, at 1, let anybody sign.
 */
function weaknessOf(key: KeyObject): string | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ec':
      if (curves.includes(details.namedCurve ?? '')) return undefined;
      return `the key of the CSR is on curve ${details.namedCurve ?? '(its own parameters)'}; use P-256, P-384 or P-521`;
    case 'rsa':
      if ((details.modulusLength ?? 0) < 2_048 || (details.modulusLength ?? 0) > 8_192)
        return `the RSA key of the CSR has ${details.modulusLength} bits; use 2048 to 8192, or better P-256`;
      return (details.publicExponent ?? 0n) < 65_537n ? 'the RSA key of the CSR has an exponent below 65537' : undefined;
    case 'ed25519':
      return undefined;
    default:
      return `the key of the CSR is of kind ${key.asymmetricKeyType}; use P-256, P-384, P-521, Ed25519 or RSA`;
  }
}

function uidOf(request: x509.Pkcs10CertificateRequest): string | undefined | 'unreadable' {
  try {
    const extension = request.getExtension(subjectAltNameOid);
    if (!(extension instanceof x509.SubjectAlternativeNameExtension)) return undefined;
    const url = extension.names.items.find(({ type, value }) => type === 'url' && /^urn:uuid:/i.test(value));
    return url?.value.slice('urn:uuid:'.length).toLowerCase();
  } catch {
    return 'unreadable';
  }
}

/** Ends with a line feed, so that certificates can be joined. */
function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

/** X.509 counts whole seconds (RFC 5280 §4.1.2.5). */
function dates({ notBeforeMs, notAfterMs }: Validity) {
  return { notBefore: new Date(Math.floor(notBeforeMs / 1_000) * 1_000), notAfter: new Date(Math.floor(notAfterMs / 1_000) * 1_000) };
}
