/** The sockets of the listener: HTTP inside TLS, and the address in front of both. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import type { Authority } from '../ca/authority.ts';
import { cannotListen } from '../http/listen.ts';
import type { Store } from '../store/store.ts';
import { refuseSocket } from './refusal.ts';
import type { OpampSettings } from './settings.ts';
import { ticketKeys } from './ticket-keys.ts';

export async function createProtocolServer(settings: OpampSettings, tls: boolean, authority: Authority, store: Store) {
  const limits = {
    headersTimeout: Math.min(settings.requestTimeout, 10_000),
    requestTimeout: settings.requestTimeout,
    keepAliveTimeout: settings.keepAlive,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16 * 1024,
  };
  if (!tls) return { server: createHttpServer(limits) as HttpServer & TlsServer, unsubscribe: () => {} };
  // `ticketKeys` are the same after a restart, and a ticket lasts as long as a certificate: agents that come back resume.
  const security = {
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ticketKeys: await ticketKeys(store),
    sessionIdContext: 'fairlead-opamp',
    sessionTimeout: 86_400,
    handshakeTimeout: settings.handshakeTimeout,
  } as const;
  const server = createHttpsServer({ ...limits, ...security });
  const unsubscribe = authority.serverTls(({ keyPem, chainPem, bundlePem }) =>
    server.setSecureContext({ ...security, key: keyPem, cert: chainPem, ca: bundlePem }),
  );
  return { server: server as HttpServer & TlsServer, unsubscribe };
}

export function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  refuseSocket(socket, {
    status,
    code: 'bad-request',
    sentence: status === 408 ? 'the request took too long' : 'this is no HTTP request that can be read',
  });
}

export function listen(server: Server, { listen: address }: OpampSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    // Kept after it listens: what goes wrong later (no descriptors left) is of one connection, not of the server.
    server.on('error', (error) => reject(cannotListen(error, 'the listener of agents (agents.listen)', address)));
    server.listen({ ...address }, resolve);
  });
}

export function addressInfo(server: Server): { readonly host: string; readonly port: number } {
  // A TCP server that listens has an AddressInfo; only pipes have a text.
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}
