/**
 * TLS of the enrolment listener.
 *
 * At least 1.2, because there are still agents and proxies without 1.3; in 1.2 only ephemeral ECDSA key exchange with an AEAD
 * (RFC 9325 §4.2), which every TLS 1.2 stack of the last ten years has. Our certificates are ECDSA, so nothing with RSA is
 * offered. Groups are left to OpenSSL, whose defaults prefer X25519 and its post-quantum hybrid where both sides have it.
 */
import type { ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import type { Authority, TlsCredentials } from '../ca/authority.ts';
import type { Limits } from './limits.ts';

const floor: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: true,
};

/**
 * The roots follow in the chain, although TLS lets them be left out (RFC 8446 §4.4.2): a joining agent has only a root's
 * fingerprint and must find the root itself before it says anything.
 */
function contextOf({ keyPem, chainPem, bundlePem }: TlsCredentials): SecureContextOptions {
  return { ...floor, key: keyPem, cert: chainPem + bundlePem, ca: bundlePem };
}

/** A request is a few kilobytes: who takes longer than this keeps a place that others need. */
const patience = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8_192,
};

/** For `https.createServer`. A client certificate is asked for and not judged here: who renews an expired one must be heard. */
export function enrolmentTlsOptions(authority: Authority): ServerOptions {
  let context: SecureContextOptions = floor;
  authority.serverTls((credentials) => {
    context = contextOf(credentials);
  })();
  return { ...context, ...patience, requestCert: true, rejectUnauthorized: false };
}

/** Gives the listener each new certificate; open connections stay. The result ends it. */
export function followServerTls(authority: Authority, server: Pick<Server, 'setSecureContext'>): () => void {
  return authority.serverTls((credentials) => server.setSecureContext(contextOf(credentials)));
}

/**
 * Drops connections before their handshake, which is the dear part (1 ms), when there are more than the limits of requests explain.
 * Four times as many are let in as requests are: who only asks too often is still told so in words.
 */
export function guardHandshakes(server: Pick<Server, 'on' | 'off'>, limits: Limits, clock: Clock, dropped: () => void): () => void {
  const guard = (socket: Socket) => {
    if (limits.take(socket.remoteAddress ?? 'unknown', clock.monotonicMs()) === 0) return;
    dropped();
    socket.destroy();
  };
  server.on('connection', guard);
  return () => server.off('connection', guard);
}
