/**
 * The address that agents connect to: mutual TLS, OpAMP over WebSocket and over HTTP on one path.
 *
 * TLS never refuses a certificate by itself (`rejectUnauthorized: false`), because all that an agent would see of that is a
 * reset; the authority is asked, and its refusal is answered 401 with a sentence. A session that is resumed carries the
 * certificate inside its ticket (RFC 8446 section 4.6.1), so that the authority is asked about it as well.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Registry } from 'prom-client';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import { keyedBuckets } from '../../core/token-bucket.ts';
import type { Log } from '../../observe/log.ts';
import type { Authority } from '../ca/authority.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetIntake } from '../fleet/intake.ts';
import { createOutageJournal } from '../fleet/outages.ts';
import type { Store } from '../store/store.ts';
import { createConversation } from './conversation.ts';
import { drain } from './drain.ts';
import { createGate, peerOf } from './gate.ts';
import { opampPath, serveHttp } from './http.ts';
import { opampMetrics } from './metrics.ts';
import { createPeers, type Peer } from './peers.ts';
import { addressInfo, createProtocolServer, listen, refuseBroken } from './protocol-server.ts';
import { createPusher } from './push.ts';
import { refuseRequest, refuseSocket } from './refusal.ts';
import type { ServicesSink } from './services-sink.ts';
import { createSessions } from './sessions.ts';
import type { OpampSettings } from './settings.ts';
import { conflictVerdict, sweepSockets } from './upkeep.ts';
import { AgentSocket } from './websocket.ts';

export interface OpampOptions {
  readonly settings: OpampSettings;
  readonly authority: Authority;
  readonly fleet: Fleet & FleetIntake;
  readonly store: Store;
  readonly configurations?: Pick<Configurations, 'desired' | 'observed' | 'onChange'>;
  readonly services?: ServicesSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random?: () => number;
}

export interface OpampListener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** `wss://127.0.0.1:8443/v1/opamp`, with the address that is listened on. */
  readonly url: string;
  /** Everybody who is connected has been told what was due. */
  pushed(): Promise<void>;
}

/** An end of a certificate is noticed within this time, whatever the wall clock did meanwhile. */
const sweepMs = 1_000;
const loopback = /^(127\.|::1$|::ffff:127\.)/;

export async function createOpampListener(options: OpampOptions): Promise<OpampListener> {
  const { settings, authority, fleet, store, configurations, services, clock, log, registry } = options;
  const random = options.random ?? Math.random;
  const tls = !settings.insecureWithoutTls;
  if (!tls && !loopback.test(settings.listen.host))
    throw new FairleadError('FAIRLEAD_USAGE', {
      problem: `agents may speak without TLS on a loopback address only, not on ${settings.listen.host}`,
      hint: 'leave insecureWithoutTls out',
    });

  const sockets = new Set<AgentSocket>();
  const sessions = createSessions(settings.messageBurst, clock);
  const metrics = opampMetrics(registry, {
    sockets: () => peers.size,
    websockets: () => sockets.size,
    handshakesWaiting: () => gate.waiting,
    handshakesRunning: () => gate.running,
  });
  /** A broken agent tries again and again; its sentence is said once a minute. */
  const saying = keyedBuckets(1 / 60, 1);
  const refused = (peer: Peer, reason: string, sentence: string) => {
    metrics.refusals.inc({ reason });
    if (saying.take(`${reason} ${peer.uid ?? peer.remote.replace(/:\d+$/, '')}`, clock.monotonicMs()) === 0)
      log.event('opamp.refused', { remote: peer.remote, uid: peer.uid, reason, sentence });
  };
  const peers = createPeers({
    tls,
    authority,
    fleet,
    clock,
    onCut(peer, reason) {
      metrics.cuts.inc({
        reason: reason.startsWith('certificate expired') ? 'expired' : reason.startsWith('revoked') ? 'revoked' : 'removed',
      });
      log.event('opamp.cut', { uid: peer.uid, remote: peer.remote, reason });
    },
  });
  const outages = createOutageJournal(store);
  const conversation = createConversation({ fleet, authority, configurations, outages, services, settings, clock, log, metrics, random });
  const pusher = createPusher(sessions, conversation, metrics);
  const parts = { peers, sessions, fleet, conversation, settings, metrics, clock, log, refused };
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: settings.maxMessage,
    clientTracking: false,
  });
  let draining = false;
  let droppedCount = 0;

  const http = await createProtocolServer(settings, tls, authority, store);
  const gate = createGate(
    { atOnce: settings.handshakesAtOnce, perSecond: settings.handshakesPerSecond, waitMs: settings.handshakeWait },
    clock,
    (socket) => {
      http.server.emit('connection', socket);
      // TLS takes the socket over as it is; without it, it still stands still.
      if (!tls) socket.resume();
    },
    () => {
      droppedCount += 1;
      metrics.handshakes.inc({ result: 'dropped' });
    },
  );

  function onSecure(socket: TLSSocket): void {
    gate.done(peerOf(socket));
    metrics.handshakes.inc({ result: socket.isSessionReused() ? 'resumed' : 'full' });
    socket.on('error', () => {}); // a reset is the end of the connection, which `close` says
    peers.of(socket);
  }

  function onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const peer = peers.of(socket);
    if (request.url?.split('?', 1)[0] !== opampPath)
      return refuseSocket(socket, { status: 404, code: 'not-found', sentence: `OpAMP is served at ${opampPath} only` });
    if (draining)
      return refuseSocket(socket, {
        status: 503,
        code: 'draining',
        sentence: 'this server is about to stop',
        retryAfterMs: 1_000 + random() * 5_000,
      });
    const verified = peers.identify(peer);
    if (verified?.ok === false) {
      refused(peer, verified.reason, verified.sentence);
      return refuseSocket(socket, { status: 401, code: verified.reason, sentence: verified.sentence });
    }
    const conflict = verified && conflictVerdict(parts, verified.uid, random);
    if (conflict !== undefined) {
      refused(peer, conflict.code, conflict.sentence);
      return refuseSocket(socket, conflict);
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => open(new AgentSocket(parts, webSocket, peer), peer));
  }

  function open(agent: AgentSocket, peer: Peer): void {
    sockets.add(agent);
    peer.end = (reason) => agent.close(1008, reason);
    agent.socket.on('message', (data: Buffer, isBinary) => agent.frame(data, isBinary));
    agent.socket.on('pong', () => agent.alive());
    agent.socket.on('error', (error) => {
      metrics.refusals.inc({ reason: 'bad-frame' });
      log.event('opamp.bad-message', { uid: peer.uid ?? '?', remote: peer.remote, sentence: error.message });
    });
    agent.socket.on('close', (code, reason) => {
      sockets.delete(agent);
      agent.closed();
      log.event('opamp.disconnected', { uid: peer.uid ?? '?', remote: peer.remote, code, reason: reason.toString() });
    });
    log.event('opamp.connected', { uid: peer.uid ?? '?', remote: peer.remote });
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (draining)
      return refuseRequest(response, {
        status: 503,
        code: 'draining',
        sentence: 'this server is about to stop',
        retryAfterMs: 1_000 + random() * 5_000,
      });
    serveHttp(parts, request, response).catch((error: unknown) => {
      log.event('opamp.failed', { uid: peers.of(request.socket).uid ?? '?', remote: peerOf(request.socket) }, error);
      if (response.headersSent) response.destroy();
      else refuseRequest(response, { status: 500, code: 'internal-error', sentence: 'the server failed; its log says why' });
    });
  }

  http.server.on('request', onRequest);
  http.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => onUpgrade(request, socket as Socket, head));
  http.server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Also called for handshakes that fail; nothing can be said on those, and who does not destroy them keeps them for ever.
    if (tls && !peers.has(socket)) socket.destroy();
    else refuseBroken(error, socket);
  });
  if (tls) {
    http.server.on('secureConnection', onSecure);
    http.server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      metrics.handshakes.inc({ result: 'failed' });
      if (saying.take('handshake', clock.monotonicMs()) === 0) log.event('opamp.handshake-failed', { remote: peerOf(socket) }, error);
    });
  }

  const front = createServer({ pauseOnConnect: true, keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true }, (socket) =>
    gate.enter(socket),
  );
  front.maxConnections = settings.maxConnections;
  front.on('drop', () => {
    droppedCount += 1;
    metrics.handshakes.inc({ result: 'dropped' });
  });
  if (!tls) http.server.on('connection', (socket: Socket) => gate.done(peerOf(socket)));
  try {
    await listen(front, settings);
  } catch (error) {
    http.unsubscribe();
    gate.close();
    throw error;
  }
  // It listens through `front`; told so, it watches for requests that take too long.
  http.server.emit('listening');

  const address = addressInfo(front);
  log.event('opamp.listening', { address: `${address.host}:${address.port}` });

  const unsubscribe = [
    authority.onRevoked((uid, reason) => peers.endAll(uid, `revoked: ${reason}`)),
    configurations?.onChange((uids) => pusher.push(uids)) ?? (() => {}),
    fleet.onChange((change) => {
      if (change.kind === 'removed') {
        peers.endAll(change.uid, 'removed');
        services?.setAgentServices(change.uid, { uid: change.uid, name: change.uid, address: '' }, []);
        sessions.forget(change.uid);
      } else if (change.kind === 'labels') pusher.push([change.uid]);
      else if (change.kind === 'liveness') noteLiveness(change.uid);
    }),
    http.unsubscribe,
  ];

  function noteLiveness(uid: string): void {
    const agent = fleet.get(uid);
    if (agent === undefined) return;
    const { state } = agent.record.liveness;
    services?.setAgentLiveness(uid, state);
    // A client that polls has no connection that could end.
    if ((state === 'offline' || state === 'stopped') && agent.connection?.transport === 'http') fleet.disconnected(uid, agent.connection);
  }

  let cancelSweep = () => {};
  function everySecond(): void {
    cancelSweep = clock.after(sweepMs, () => {
      peers.sweep();
      sweepSockets(sockets, parts);
      if (droppedCount > 0) log.event('opamp.overloaded', { count: droppedCount });
      droppedCount = 0;
      everySecond();
    });
  }
  everySecond();

  return {
    address,
    url: `${tls ? 'wss' : 'ws'}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}${opampPath}`,
    pushed: () => pusher.idle(),
    async [Symbol.asyncDispose]() {
      draining = true;
      for (const stop of unsubscribe) stop();
      pusher.stop();
      gate.close();
      front.close();
      if (sockets.size > 0) log.event('opamp.draining', { count: sockets.size });
      await drain(sockets, settings, random);
      cancelSweep();
      for (const peer of peers.all()) peer.socket.destroy();
      http.server.close();
      http.server.closeAllConnections();
    },
  };
}
