/** TLS over a socket that is connected, with the broker verified. */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { codeOf } from './dial.ts';

export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
}

export type Secured = { readonly ok: true; readonly socket: TLSSocket } | { readonly ok: false; readonly sentence: string };

/** The files are read now: certificates are renewed while we run. */
export async function secure(socket: Socket, files: TlsFiles, host: string, timeoutMs: number): Promise<Secured> {
  const read = await Promise.all([pem(files.caFile), pem(files.certFile), pem(files.keyFile)]);
  const failed = read.find((one) => one instanceof Error);
  if (failed instanceof Error) return { ok: false, sentence: failed.message };
  const [ca, cert, key] = read as (Buffer | undefined)[]; // none of them is an Error: asked above
  const name = files.serverName ?? host;
  return new Promise((resolve) => {
    let secured: TLSSocket;
    const fail = (sentence: string) => {
      clearTimeout(late);
      secured
        ?.removeAllListeners()
        .on('error', () => {})
        .destroy();
      resolve({ ok: false, sentence });
    };
    const late = setTimeout(() => fail(`${host} does not finish the TLS handshake within ${timeoutMs} ms`), timeoutMs).unref();
    try {
      secured = connectTls({
        socket,
        // A name for SNI; addresses must not stand there (RFC 6066, section 3), but are verified all the same.
        ...(isIP(name) === 0 ? { servername: name } : {}),
        host: name,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
    } catch (error) {
      fail(`the certificate or key cannot be used: ${codeOf(error)}`);
      return;
    }
    secured.once('error', (error) => fail(tlsFailure(host, error)));
    secured.once('close', () =>
      fail(`${host} ends the connection during the TLS handshake: it may want a client certificate, or speak no TLS`),
    );
    secured.once('secureConnect', () => {
      clearTimeout(late);
      secured.removeAllListeners('error').removeAllListeners('close');
      resolve({ ok: true, socket: secured });
    });
  });
}

async function pem(path: string | undefined): Promise<Buffer | Error | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    return new Error(`${path} cannot be read: ${codeOf(error)}`);
  }
}

function tlsFailure(host: string, error: Error): string {
  const code = codeOf(error);
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${host} has expired`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${host} is for another name: ${error.message}`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `the certificate of ${host} is not signed by an authority that is trusted here (${code}); tls.caFile names others`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `${host} does not speak TLS on this port`;
    default:
      return `TLS with ${host}: ${/alert/i.test(error.message) ? alertOf(error.message) : code}`;
  }
}

/** OpenSSL's texts carry file and line; the alert is what the other side said. */
const alertOf = (message: string): string => `it says "${/(?:tlsv1\d* |sslv3 )?alert ([a-z ]+)/i.exec(message)?.[1]?.trim() ?? message}"`;
