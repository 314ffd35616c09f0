import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '../../core/clock.ts';
import { newSinkCounters } from '../counters.ts';
import { anyAddress } from '../data-plane.ts';
import { createHttpClient } from './http-client.ts';
import type { TlsSettings } from './settings.ts';
import { type Certificates, certificates } from './testing/certificates.ts';

async function startServer(files: { readonly certFile: string; readonly keyFile: string }, clientCa?: string) {
  const seen: (string | undefined)[] = [];
  const server = createServer(
    {
      cert: readFileSync(files.certFile),
      key: readFileSync(files.keyFile),
      ...(clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: readFileSync(clientCa) }),
    },
    (request, response) => {
      // An https server has such sockets.
      const subject = (request.socket as TLSSocket).getPeerCertificate().subject;
      seen.push(Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN);
      request.resume().on('end', () => response.end('ok'));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    seen,
    // As above: it listens.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const client = (url: string, tls: TlsSettings) =>
  createHttpClient({
    url: new URL(url),
    headers: {},
    tls,
    timeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    maxConnections: 1,
    answerBytes: 100,
    plane: anyAddress,
    clock: systemClock,
    counters: newSinkCounters(),
  });

/** The status, or why there is none. */
async function ask(url: string, tls: TlsSettings): Promise<number | string> {
  const one = client(url, tls);
  try {
    const result = await one.send({ headers: {}, body: Buffer.from('x') });
    return 'unreachable' in result ? result.unreachable : result.status;
  } finally {
    one.destroy();
  }
}

const server = (files: Certificates) => startServer(files.issue('server', 'DNS:localhost,IP:127.0.0.1'));

test('a receiver is trusted by its authority and its name or address, and by nothing else', async () => {
  using files = certificates();
  using others = certificates();
  await using at = await server(files);
  const { caFile } = files;
  assert.equal(await ask(`https://localhost:${at.port}/`, { caFile }), 200);
  assert.equal(await ask(`https://127.0.0.1:${at.port}/`, { caFile }), 200);
  assert.match(String(await ask(`https://localhost:${at.port}/`, { caFile: others.caFile })), /UNABLE_TO|SELF_SIGNED|SIGNATURE/);
  assert.match(String(await ask(`https://localhost:${at.port}/`, {})), /UNABLE_TO|SELF_SIGNED/);
  assert.match(
    String(await ask(`https://127.0.0.1:${at.port}/`, { caFile, serverName: 'logs.example.org' })),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  );
  assert.match(
    String(await ask(`https://localhost:${at.port}/`, { caFile: '/nowhere/ca.pem' })),
    /\/nowhere\/ca\.pem cannot be read \(ENOENT\)/,
  );
});

test('we show our certificate, and a new one after its file was replaced', async () => {
  using files = certificates();
  await using at = await startServer(files.issue('server', 'DNS:localhost'), files.caFile);
  const [first, second] = [files.issue('agent-1', 'DNS:agent'), files.issue('agent-2', 'DNS:agent')];
  const url = `https://localhost:${at.port}/`;
  const tls = { caFile: files.caFile, certFile: `${files.folder}/now.pem`, keyFile: `${files.folder}/now.key` };
  for (const { certFile, keyFile } of [first, second]) {
    copyFileSync(certFile, tls.certFile);
    copyFileSync(keyFile, tls.keyFile);
    assert.equal(await ask(url, tls), 200);
  }
  assert.deepEqual(at.seen, ['agent-1', 'agent-2']);
  assert.match(String(await ask(url, { caFile: files.caFile })), /CERTIFICATE_REQUIRED|ECONNRESET|EPIPE/);
});
