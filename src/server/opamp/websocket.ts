/** One open WebSocket of an agent: frames in, answers out, in order. */

import type { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.ts';
import { uuidText } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import { closeCodeOf } from '../../protocol/failures.ts';
import type { AgentToServer } from '../../protocol/opamp.ts';
import { decodeAgentToServer, defaultWireLimits } from '../../protocol/wire.ts';
import type { ConnectionFacts } from '../fleet/agent.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetIntake } from '../fleet/intake.ts';
import type { Answer } from './answer.ts';
import { badRequest } from './answer.ts';
import type { Conversation } from './conversation.ts';
import type { OpampMetrics } from './metrics.ts';
import type { Peer, Peers } from './peers.ts';
import type { OpenSocket, Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { OpampSettings } from './settings.ts';

export interface SocketParts {
  readonly peers: Peers;
  readonly sessions: Sessions;
  readonly fleet: Fleet & FleetIntake;
  readonly conversation: Conversation;
  readonly settings: OpampSettings;
  readonly metrics: OpampMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** A certificate that is not good any more; counted and logged by who owns the listener. */
  readonly refused: (peer: Peer, reason: string, sentence: string) => void;
}

/** Frames that wait while an answer is being made; a client that sends more without reading an answer is not one of ours. */
const maxQueued = 64;
/** What may wait to be sent to one agent: two configurations of the usual limit. */
const maxBuffered = 8 * 1024 * 1024;
const noUid = new Uint8Array(16);

let nextId = 1;

export class AgentSocket implements OpenSocket {
  readonly id = nextId++;
  readonly transport = 'websocket';
  readonly remote: string;
  readonly der: Uint8Array | undefined;
  /** What the fleet is told; the same object at the beginning and at the end. */
  readonly facts: ConnectionFacts;
  greeted = false;
  heardMs: number;
  /** Replaced by a newer connection of the same agent: ends at this monotonic time. */
  endsAtMs = Number.POSITIVE_INFINITY;
  pingedAtMs: number | undefined = undefined;
  session: Session | undefined = undefined;
  readonly #parts: SocketParts;
  readonly #socket: WebSocket;
  readonly #peer: Peer;
  #queue: Buffer[] | undefined = undefined;
  #closing = false;

  constructor(parts: SocketParts, socket: WebSocket, peer: Peer) {
    this.#parts = parts;
    this.#socket = socket;
    this.#peer = peer;
    this.remote = peer.remote;
    this.der = peer.der;
    this.facts = { transport: 'websocket', remote: peer.remote, sinceMs: parts.clock.now() };
    this.heardMs = parts.clock.monotonicMs();
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  /** The peer showed that it is there. */
  alive(): void {
    this.heardMs = this.#parts.clock.monotonicMs();
    this.pingedAtMs = undefined;
  }

  ping(): void {
    this.pingedAtMs = this.#parts.clock.monotonicMs();
    this.#socket.ping();
  }

  frame(data: Buffer, isBinary: boolean): void {
    this.alive();
    if (this.#closing) return;
    if (!isBinary)
      return this.#reply(
        badRequest(this.#uid(), 'websocket', 'OpAMP messages are binary, this one is a text', { close: { code: 1003, reason: 'text' } }),
      );
    if (this.#queue === undefined) return this.#guarded(data);
    if (this.#queue.length >= maxQueued) return this.close(1008, 'too many messages without waiting for an answer');
    this.#queue.push(data);
  }

  /** Our own bugs end the connection that met them, and not the server. */
  #guarded(data: Buffer): void {
    try {
      this.#take(data);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#parts.log.event('opamp.failed', { uid: this.#peer.uid ?? '?', remote: this.remote }, error);
    this.close(1011, 'internal error');
  }

  #take(data: Buffer): void {
    const { peers, conversation, settings, metrics } = this.#parts;
    const startedMs = performance.now();
    const verified = peers.identify(this.#peer);
    if (verified?.ok === false) {
      this.#parts.refused(this.#peer, verified.reason, verified.sentence);
      return this.#reply(badRequest(this.#uid(), 'websocket', verified.sentence, { close: { code: 1008, reason: verified.reason } }));
    }
    const decoded = decodeAgentToServer(data, 'websocket', { ...defaultWireLimits, maxBytes: settings.maxMessage });
    if (!decoded.ok) {
      this.#parts.log.event('opamp.bad-message', { uid: this.#peer.uid ?? '?', remote: this.remote, sentence: decoded.sentence });
      metrics.refusals.inc({ reason: decoded.code });
      return this.#reply(
        badRequest(this.#uid(), 'websocket', decoded.sentence, { close: { code: closeCodeOf(decoded.code), reason: decoded.code } }),
      );
    }
    const session = this.#sessionFor(verified?.uid ?? this.session?.uid ?? uuidText(decoded.message.instanceUid), decoded.message);
    const answered = conversation.receive(session, this, decoded.message);
    if (!(answered instanceof Promise)) {
      metrics.duration.observe((performance.now() - startedMs) / 1_000);
      return this.#reply(answered);
    }
    this.#queue = [];
    this.#socket.pause();
    answered
      .then((answer) => {
        metrics.duration.observe((performance.now() - startedMs) / 1_000);
        this.#reply(answer);
        this.#goOn();
      })
      .catch((error: unknown) => this.#failed(error));
  }

  /** What came while an answer was being made. */
  #goOn(): void {
    const queued = this.#queue ?? [];
    this.#queue = undefined;
    if (this.#closing) return;
    this.#socket.resume();
    for (const data of queued) this.frame(data, true);
  }

  /** At the first message this becomes the agent's connection; one that was there before ends soon. */
  #sessionFor(uid: string, message: AgentToServer): Session {
    this.#parts.metrics.messages.inc({ transport: 'websocket', kind: kindOf(message) });
    if (this.session !== undefined) return this.session;
    const session = this.#parts.sessions.of(uid);
    this.session = session;
    this.#peer.uid = uid;
    const before = session.socket;
    if (before instanceof AgentSocket) before.endsAtMs = this.#parts.clock.monotonicMs() + replacedMs;
    session.socket = this;
    this.#parts.fleet.connected(uid, this.facts);
    return session;
  }

  #reply(answer: Answer): void {
    this.#parts.metrics.answers.inc({ outcome: answer.outcome });
    this.send(answer.bytes);
    if (answer.close !== undefined) this.close(answer.close.code, answer.close.reason);
  }

  send(bytes: Uint8Array): boolean {
    if (this.#socket.bufferedAmount > maxBuffered) return false;
    this.#socket.send(bytes);
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.resume();
    // A close frame holds at most 123 bytes of reason (RFC 6455 section 5.5).
    this.#socket.close(code, Buffer.from(reason).subarray(0, 123).toString('utf8').replace(/�$/, ''));
  }

  closed(): void {
    const { session } = this;
    if (session?.socket !== this) return;
    session.socket = undefined;
    this.#parts.fleet.disconnected(session.uid, this.facts);
  }

  #uid(): Uint8Array {
    return this.session?.uidBytes ?? noUid;
  }
}

/** An agent may open its new connection (with a new certificate) before it leaves the old one. */
const replacedMs = 5_000;

export function kindOf(message: AgentToServer): 'full' | 'heartbeat' | 'report' {
  if (message.agentDescription !== undefined) return 'full';
  const {
    health,
    effectiveConfig,
    remoteConfigStatus,
    customMessage,
    connectionSettingsRequest,
    connectionSettingsStatus,
    agentDisconnect,
  } = message;
  const parts = [
    health,
    effectiveConfig,
    remoteConfigStatus,
    customMessage,
    connectionSettingsRequest,
    connectionSettingsStatus,
    agentDisconnect,
  ];
  return parts.some((part) => part !== undefined) ? 'report' : 'heartbeat';
}
