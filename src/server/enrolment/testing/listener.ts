/** The enrolment listener on loopback, and a client that says what came back. Production code does not import it. */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type Agent, createServer, request as httpsRequest, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { enrolmentTlsOptions, followServerTls } from '../tls.ts';
import type { Desk } from './desk.ts';

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

export async function listen({ authority, enrolments }: Pick<Desk, 'authority' | 'enrolments'>): Promise<Listener> {
  const server = createServer(enrolmentTlsOptions(authority), (request, response) => {
    Promise.resolve(enrolments.handler(request, response)).catch((cause: unknown) => {
      console.error(cause);
      response.writeHead(500).end();
    });
  });
  const stop = followServerTls(authority, server);
  enrolments.guard(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      stop();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // What came over the wire: the test looks at what it needs.
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Call extends Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'maxVersion' | 'minVersion' | 'method' | 'ciphers'> {
  readonly body?: unknown;
  readonly agent?: Agent;
}

export function call(port: number, path: string, options: Call): Promise<Answer> {
  const { body, method = body === undefined ? 'GET' : 'POST', agent, ...tls } = options;
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port, path, method, agent: agent ?? false, ...tls }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on('error', reject);
    request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** What a joining agent does first: finds the root with this fingerprint in the presented chain, and says nothing meanwhile. */
export async function pinnedRoot(port: number, pin: string, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion });
  await once(socket, 'secureConnect');
  // Not getPeerCertificate(true): that one follows issuers, and so passes by a root that also stands in the chain cross-signed.
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  let found: string | undefined;
  for (let depth = 0; depth < 8 && certificate !== undefined; depth += 1) {
    if (`sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}` === pin) found = certificate.toString();
    certificate = certificate.issuerCertificate;
  }
  socket.destroy();
  return found;
}
