/** A WebSocket agent for tests, on `ws` and our own messages. Production code does not import it. */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { WebSocket } from 'ws';
import { uuidBytes } from '../../../core/uuid.ts';
import { agentCapabilityBits } from '../../../protocol/capabilities.ts';
import { AgentToServerSchema, type ServerToAgent } from '../../../protocol/opamp.ts';
import { decodeServerToAgent, encode } from '../../../protocol/wire.ts';
import type { TestIdentity, TestServer } from './server.ts';

export const allCapabilities = BigInt(
  agentCapabilityBits([
    'reportsStatus',
    'acceptsRemoteConfig',
    'reportsEffectiveConfig',
    'reportsHealth',
    'reportsRemoteConfig',
    'reportsHeartbeat',
    'acceptsOpampConnectionSettings',
    'reportsConnectionSettingsStatus',
  ]),
);

export type Say = Omit<MessageInitShape<typeof AgentToServerSchema>, '$typeName' | '$unknown'>;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export const description = (attributes: Readonly<Record<string, string>> = { 'host.name': 'web-1' }): Say => ({
  agentDescription: {
    identifyingAttributes: [{ key: 'service.name', value: { value: { case: 'stringValue', value: 'fairlead-agent' } } }],
    nonIdentifyingAttributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { value: { case: 'stringValue', value } } })),
  },
});

export class TestAgent implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  sequence: bigint;
  readonly #uid: Uint8Array;
  readonly #inbox: ServerToAgent[] = [];
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket, uid: string, sequence: bigint) {
    this.socket = socket;
    this.#uid = uuidBytes(uid) ?? new Uint8Array(16);
    this.sequence = sequence;
    socket.on('message', (data: Buffer) => {
      const decoded = decodeServerToAgent(data, 'websocket');
      if (!decoded.ok) throw new Error(decoded.sentence);
      this.#inbox.push(decoded.message);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    socket.on('error', () => {});
  }

  send(say: Say = {}, instanceUid = this.#uid): void {
    this.sequence += 1n;
    const message = create(AgentToServerSchema, { instanceUid, sequenceNum: this.sequence, capabilities: allCapabilities, ...say });
    const encoded = encode(AgentToServerSchema, message, 'websocket');
    if (!encoded.ok) throw new Error(encoded.sentence);
    this.socket.send(encoded.bytes);
  }

  /** The next message of the server; the test fails when none comes. */
  async next(): Promise<ServerToAgent> {
    const message = this.#inbox.shift();
    if (message !== undefined) return message;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the server said nothing')), 20_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.next();
  }

  async ask(say: Say = {}): Promise<ServerToAgent> {
    this.send(say);
    return this.next();
  }

  get unread(): number {
    return this.#inbox.length;
  }

  async [Symbol.asyncDispose]() {
    this.socket.terminate();
    await this.closed;
  }
}

export const tlsOf = (identity: TestIdentity) => ({ key: identity.keyPem, cert: identity.chainPem, ca: identity.bundlePem });

/** Rejects with `Unexpected server response: 401` and the like when it is refused. */
export function connectAgent(
  server: Pick<TestServer, 'port'>,
  identity: TestIdentity,
  options: { readonly sequence?: bigint; readonly ca?: string } = {},
): Promise<TestAgent> {
  const socket = new WebSocket(`wss://127.0.0.1:${server.port}/v1/opamp`, { ...tlsOf(identity), perMessageDeflate: false });
  const agent = new TestAgent(socket, identity.uid, options.sequence ?? 0n);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(agent));
    socket.once('error', reject);
  });
}

/** Waits for something that happens by itself, looking at it every few milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
