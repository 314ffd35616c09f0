/**
 * TLS over a connected socket, with the server verified by OpenSSL against the authorities that we were told to trust.
 *
 * A pin (the SHA-256 of a root) becomes an authority in two steps: one handshake only to see the chain, closed with nothing
 * said over it; the root with the pinned digest is then the only authority of the real one. So the check of the chain, of
 * names and of times is OpenSSL's in either case, and none of it is ours.
 */
import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { checkServerIdentity, connect } from 'node:tls';

export interface TlsOptions {
  /** PEM; the empty text or undefined: those of the system. */
  readonly ca?: string | undefined;
  /** Our own key and chain, shown when asked. */
  readonly credentials?: { readonly keyPem: string; readonly chainPem: string } | undefined;
  /** What the certificate must be for; left out, the host that was dialled. */
  readonly name?: string | undefined;
}

export interface SecureContext {
  readonly host: string;
  /** For sentences. */
  readonly name: string;
  readonly signal: AbortSignal;
}

export type Secured =
  | { readonly ok: true; readonly socket: TLSSocket }
  | { readonly ok: false; readonly untrusted: boolean; readonly sentence: string };

/** Far more than a chain with two authorities has. */
const maxShown = 16;

/** TLS 1.2 at least: RFC 9325 section 3.1.1. */
const floor = { minVersion: 'TLSv1.2' } as const;

export async function secure(socket: Socket, options: TlsOptions, context: SecureContext): Promise<Secured> {
  const expected = options.name ?? context.host;
  const handshake = await shakeHands(
    socket,
    {
      ...(options.ca === undefined || options.ca === '' ? {} : { ca: options.ca }),
      ...(options.credentials === undefined ? {} : { key: options.credentials.keyPem, cert: options.credentials.chainPem }),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(expected, certificate),
      rejectUnauthorized: true,
    },
    expected,
    context.signal,
  );
  if (handshake.ok) return handshake;
  return { ok: false, ...tlsFailure(context.name, expected, handshake.code) };
}

/**
 * What the server shows, verified by nobody: only to find a pinned root in it. The socket is destroyed; no byte of ours went over
 * it but the handshake's.
 */
export async function shownChain(socket: Socket, expected: string, signal: AbortSignal): Promise<readonly X509Certificate[] | string> {
  const handshake = await shakeHands(socket, { rejectUnauthorized: false }, expected, signal);
  if (!handshake.ok) return handshake.code;
  const chain: X509Certificate[] = [];
  // In the order in which they were shown. getPeerCertificate(true) follows issuers instead, and so passes by a root that stands
  // in the chain cross-signed as well: after a rotation there are two ways up.
  let next = handshake.socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < maxShown) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  handshake.socket.destroy();
  return chain;
}

/** `sha256:<hex>` of the DER, as it is printed beside a token. */
export function fingerprintOf(certificate: X509Certificate): string {
  return `sha256:${createHash('sha256').update(certificate.raw).digest('hex')}`;
}

type Handshake = { readonly ok: true; readonly socket: TLSSocket } | { readonly ok: false; readonly code: string };

function shakeHands(socket: Socket, options: ConnectionOptions, expected: string, signal: AbortSignal): Promise<Handshake> {
  return new Promise((resolve) => {
    let secured: TLSSocket;
    const give = (result: Handshake) => {
      signal.removeEventListener('abort', late);
      secured?.off('error', failed).off('close', closed);
      if (!result.ok) {
        secured?.on('error', () => {});
        secured?.destroy();
        socket.destroy();
      }
      resolve(result);
    };
    const failed = (error: Error & { readonly code?: string }) => give({ ok: false, code: error.code ?? error.message });
    const closed = () => give({ ok: false, code: 'ECONNRESET' });
    const late = () => give({ ok: false, code: 'ETIMEDOUT' });
    // SNI carries names only: RFC 6066 section 3.
    const servername = /^[\d.]+$|:/.test(expected) ? '' : expected;
    try {
      secured = connect({ ...floor, ...options, socket, servername });
    } catch (error) {
      // A key or certificate that OpenSSL does not take.
      return void resolve({ ok: false, code: error instanceof Error ? error.message : String(error) });
    }
    signal.addEventListener('abort', late);
    secured.on('error', failed).on('close', closed);
    secured.once('secureConnect', () => give({ ok: true, socket: secured }));
    if (signal.aborted) late();
  });
}

function tlsFailure(name: string, expected: string, code: string): { readonly untrusted: boolean; readonly sentence: string } {
  const untrusted = (sentence: string) => ({ untrusted: true, sentence });
  const broken = (sentence: string) => ({ untrusted: false, sentence });
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return untrusted(`the certificate of ${name} has expired, or this host's clock is ahead`);
    case 'CERT_NOT_YET_VALID':
      return untrusted(`the certificate of ${name} is not valid yet: the clock of this host or of the server is wrong`);
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return untrusted(`the certificate of ${name} is not for ${expected}`);
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return untrusted(`the certificate of ${name} does not lead to an authority that this agent trusts (${code})`);
    case 'ETIMEDOUT':
      return broken(`${name} does not finish the TLS handshake in time`);
    case 'ECONNRESET':
      return broken(`${name} closes the connection during the TLS handshake`);
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_HTTP_REQUEST':
      return broken(`${name} does not speak TLS (${code})`);
    default:
      return broken(`the TLS handshake with ${name} fails: ${code}`);
  }
}
