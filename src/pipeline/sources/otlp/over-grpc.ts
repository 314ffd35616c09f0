/** OTLP over gRPC. HTTP/2, framing and compression are the library's; how much is taken at once is ours. */

import { createSecureServer, createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { ListenAddress } from '../../../config/fields.ts';
import { openBearer } from '../../listening/bearer.ts';
import { Turns } from '../../listening/byte-budget.ts';
import { Complaints } from '../../listening/complaints.ts';
import { addressText, listenOn } from '../../listening/listen.ts';
import { Progress } from '../../listening/progress.ts';
import { followTls, readTls } from '../../listening/tls.ts';
import { LogsService, MetricsService } from '../../proto/otlp.ts';
import type { SourceContext } from '../../source.ts';
import type { Intake, Outcome } from './intake.ts';
import type { OtlpSettings } from './settings.ts';

export interface GrpcDoor {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Requests that wait for their turn cost what HTTP/2's flow control lets through, 64 KiB each; more are told to come back. */
const maxWaiting = 256;
const closeGraceMs = 1_000;

export async function openOtlpGrpc(
  listen: ListenAddress,
  settings: OtlpSettings,
  context: SourceContext,
  intake: Intake,
): Promise<GrpcDoor> {
  const { clock, log, counters } = context;
  const tls = settings.tls === undefined ? undefined : await readTls(settings.tls);
  const bearer = settings.tokenFile === undefined ? undefined : await openBearer(settings.tokenFile, clock);
  const complaints = new Complaints(log, clock);
  const progress = new Progress();
  const sessions = new Set<ServerHttp2Session>();
  // The library gathers a request before it hands it over, so the number of requests bounds the memory.
  const turns = new Turns(Math.max(1, Math.floor(settings.maxPending / settings.maxBody)));
  let waiting = 0;
  let closing = false;

  const take = async (work: (pushed: () => void) => Promise<Outcome>): Promise<Outcome & { ok: true }> => {
    const end = progress.begin();
    try {
      const reason = closing ? 'the source is closing' : intake.busy();
      const outcome: Outcome = reason === undefined ? await work(end) : { ok: false, reason };
      if (outcome.ok) return outcome;
      counters.refused += 1;
      throw new ConnectError(outcome.reason, Code.Unavailable);
    } finally {
      end();
    }
  };
  const routes = (router: ConnectRouter) => {
    router.service(LogsService, {
      async export(request) {
        await take((pushed) => intake.logs(request, pushed));
        return {};
      },
    });
    router.service(MetricsService, {
      async export(request) {
        const { rejected, reason } = await take((pushed) => intake.metrics(request, pushed));
        return rejected === 0 ? {} : { partialSuccess: { rejectedDataPoints: BigInt(rejected), errorMessage: reason } };
      },
    });
  };
  const adapter = connectNodeAdapter({ routes, grpc: true, grpcWeb: false, connect: false, readMaxBytes: settings.maxBody });
  const serve = async (request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> => {
    if (bearer !== undefined && !bearer.admits(request.headers.authorization)) {
      complaints.say('pipeline.source.unauthorized', { peer: request.socket.remoteAddress });
      return refuse(response, Code.Unauthenticated, 'a bearer token is needed');
    }
    if (waiting >= maxWaiting) {
      counters.refused += 1;
      return refuse(response, Code.Unavailable, 'too many requests at once');
    }
    waiting += 1;
    await turns.take();
    waiting -= 1;
    // The time to send a request, and to become safe, and to read the answer.
    request.stream.setTimeout(settings.requestTimeout * 2, () => request.stream.close());
    if (request.stream.destroyed) return turns.give();
    request.stream.once('close', () => turns.give());
    adapter(request, response);
  };
  const onRequest = (request: Http2ServerRequest, response: Http2ServerResponse) => void serve(request, response);
  const server = tls === undefined ? createServer(onRequest) : createSecureServer({ ...tls, handshakeTimeout: 10_000 }, onRequest);
  server.maxConnections = settings.maxConnections;
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {}); // a client that breaks the protocol is disconnected: 'close' follows
    session.on('close', () => sessions.delete(session));
  });
  server.on('drop', () => complaints.say('pipeline.source.connections-full', { limit: settings.maxConnections }));
  server.on('tlsClientError', (error: Error) => complaints.say('pipeline.source.handshake-failed', { reason: error.message }));
  const what = `source ${context.name} (OTLP over gRPC)`;
  const address = await listenOn(server, what, listen, clock);
  // A secure server of HTTP/2 is a TLS server, which its type does not say.
  const unfollow = settings.tls === undefined ? () => {} : followTls(settings.tls, server as unknown as TlsServer, clock, log);
  log.event('pipeline.source.listening', { address: addressText({ host: address.address, port: address.port }), what });
  return {
    address,
    async close() {
      closing = true;
      unfollow();
      bearer?.close();
      server.close();
      await progress.idle();
      // Goes when what it answers is answered; clients are told to open no more streams.
      for (const session of sessions) session.close();
      clock.after(closeGraceMs + settings.requestTimeout, () => {
        for (const session of sessions) session.destroy();
      });
    },
  };
}

/** An answer of trailers only (gRPC over HTTP/2, "Responses"). */
function refuse(response: Http2ServerResponse, code: Code, message: string): void {
  response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': String(code), 'grpc-message': message });
  response.end();
}
