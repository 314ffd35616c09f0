/** One simulated agent: speaks OpAMP over a WebSocket with mutual TLS, as small as it can be, so that the server is what is measured. */
import { createSecureContext, type SecureContext } from 'node:tls';
import { create } from '@bufbuild/protobuf';
import { WebSocket } from 'ws';
import { askedDelayMs, type Backoff, backoffMs } from '../../src/core/backoff.ts';
import { uuidBytes } from '../../src/core/uuid.ts';
import { toAttributes } from '../../src/protocol/attributes.ts';
import { agentCapabilityBits } from '../../src/protocol/capabilities.ts';
import { encodeHeartbeat } from '../../src/protocol/heartbeat.ts';
import {
  AgentDescriptionSchema,
  AgentToServerSchema,
  ComponentHealthSchema,
  RemoteConfigStatuses,
  RemoteConfigStatusSchema,
  ServerErrorResponseType,
  ServerToAgentFlags,
} from '../../src/protocol/opamp.ts';
import { decodeServerToAgent, encode } from '../../src/protocol/wire.ts';

export interface Identity {
  readonly uid: string;
  readonly name: string;
  readonly keyPem: string;
  readonly chainPem: string;
}

/** Counted over all agents of the process. */
export interface Tally {
  connected: number;
  applied: number;
  /** Connections that were refused or broke before they were open. */
  failedConnects: number;
  /** Times that the server told us to come back later (429, 503, UNAVAILABLE). */
  turnedAway: number;
  heartbeats: number;
  messages: number;
  configsReceived: number;
  fullStatesAsked: number;
  errors: number;
}

const capabilities = BigInt(
  agentCapabilityBits([
    'reportsStatus',
    'acceptsRemoteConfig',
    'reportsEffectiveConfig',
    'reportsHealth',
    'reportsRemoteConfig',
    'reportsHeartbeat',
  ]),
);

export class SimulatedAgent {
  readonly #identity: Identity;
  readonly #url: string;
  readonly #bundle: string;
  readonly #tally: Tally;
  readonly #uid: Uint8Array;
  readonly #backoff: Backoff;
  #socket: WebSocket | undefined;
  #sequence = 0n;
  #hash: Uint8Array = new Uint8Array(0);
  #failures = 0;
  #stopped = false;
  #reported = false;
  #timer: NodeJS.Timeout | undefined;
  #context: SecureContext | undefined;

  /** Waits between attempts grow to one heartbeat: OpAMP's 30 s, and as much shorter as the heartbeat is. */
  constructor(identity: Identity, url: string, bundle: string, tally: Tally, heartbeatMs: number) {
    this.#backoff = { firstMs: heartbeatMs / 30, maxMs: heartbeatMs };
    this.#identity = identity;
    this.#url = url;
    this.#bundle = bundle;
    this.#tally = tally;
    this.#uid = uuidBytes(identity.uid) ?? new Uint8Array(16);
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  connect(): void {
    if (this.#stopped) return;
    // Parsed once: what counts is the server's work, and here all agents share one machine with it.
    this.#context ??= createSecureContext({ key: this.#identity.keyPem, cert: this.#identity.chainPem, ca: this.#bundle });
    const socket = new WebSocket(this.#url, {
      // Handed on to tls.connect, which takes it; the types of ws do not name it.
      ...({ secureContext: this.#context } as object),
      perMessageDeflate: false,
      handshakeTimeout: 60_000,
    });
    this.#socket = socket;
    let open = false;
    let askedMs: number | undefined;
    socket.on('open', () => {
      open = true;
      this.#tally.connected += 1;
      this.#failures = 0;
      this.#send(!this.#reported);
      this.#reported = true;
    });
    socket.on('unexpected-response', (_request, response) => {
      askedMs = Number(response.headers['retry-after'] ?? 0) * 1_000;
      this.#tally.turnedAway += 1;
      response.resume();
      socket.terminate();
    });
    socket.on('message', (data: Buffer) => {
      askedMs = this.#receive(data) ?? askedMs;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (open) this.#tally.connected -= 1;
      else this.#tally.failedConnects += 1;
      this.#socket = undefined;
      if (this.#stopped) return;
      this.#failures += 1;
      const delay = askedMs === undefined ? backoffMs(this.#backoff, this.#failures, Math.random) : askedDelayMs(askedMs, Math.random);
      this.#timer = setTimeout(() => this.connect(), delay);
    });
  }

  heartbeat(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#tally.heartbeats += 1;
    this.#sequence += 1n;
    this.#socket.send(encodeHeartbeat({ uid: this.#uid, sequence: this.#sequence, capabilities }, 'websocket'));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  /** Milliseconds that the server asks to stay away for. */
  #receive(data: Buffer): number | undefined {
    this.#tally.messages += 1;
    const decoded = decodeServerToAgent(data, 'websocket');
    if (!decoded.ok) {
      this.#tally.errors += 1;
      return undefined;
    }
    const { message } = decoded;
    if (message.errorResponse !== undefined) {
      if (message.errorResponse.type !== ServerErrorResponseType.UNAVAILABLE) this.#tally.errors += 1;
      else this.#tally.turnedAway += 1;
      this.#socket?.close();
      const { details } = message.errorResponse;
      return details.case === 'retryInfo' ? Number(details.value.retryAfterNanoseconds / 1_000_000n) : undefined;
    }
    const offered = message.remoteConfig?.configHash;
    if (offered !== undefined) {
      this.#tally.configsReceived += 1;
      this.#hash = offered.slice();
      this.#tally.applied += 1;
    }
    const full = (Number(message.flags) & ServerToAgentFlags.REPORT_FULL_STATE) !== 0;
    if (full) this.#tally.fullStatesAsked += 1;
    if (full || offered !== undefined) this.#send(full);
    return undefined;
  }

  /** The status of the configuration always, so that a server that does not know it need not ask. */
  #send(full: boolean): void {
    this.#sequence += 1n;
    const { name } = this.#identity;
    const message = create(AgentToServerSchema, {
      instanceUid: this.#uid,
      sequenceNum: this.#sequence,
      capabilities,
      remoteConfigStatus: create(RemoteConfigStatusSchema, {
        lastRemoteConfigHash: this.#hash,
        status: this.#hash.length === 0 ? RemoteConfigStatuses.UNSET : RemoteConfigStatuses.APPLIED,
      }),
      ...(full
        ? {
            agentDescription: create(AgentDescriptionSchema, {
              identifyingAttributes: toAttributes({
                'service.name': 'simulated-agent',
                'service.version': '1.0.0',
                'service.instance.id': this.#identity.uid,
              }),
              nonIdentifyingAttributes: toAttributes({ 'os.type': 'linux', 'host.name': name, 'host.arch': 'amd64' }),
            }),
            health: create(ComponentHealthSchema, { healthy: true, status: 'running' }),
          }
        : {}),
    });
    const encoded = encode(AgentToServerSchema, message, 'websocket');
    if (encoded.ok) this.#socket?.send(encoded.bytes);
  }
}

export const emptyTally = (): Tally => ({
  connected: 0,
  applied: 0,
  failedConnects: 0,
  turnedAway: 0,
  heartbeats: 0,
  messages: 0,
  configsReceived: 0,
  fullStatesAsked: 0,
  errors: 0,
});
