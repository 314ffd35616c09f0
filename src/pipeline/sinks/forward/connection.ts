/** One connection to a receiver of the forward protocol: shakes hands, sends messages, waits for their acknowledgements. */
import type { Socket } from 'node:net';
import { decodeMultiStream } from '@msgpack/msgpack';
import type { DataPlane } from '../../data-plane.ts';
import { codeOf, type Destination, dial } from '../../sending/dial.ts';
import { checkPong, ping, readHelo, type Secrets } from './handshake.ts';

export interface ConnectionOptions {
  readonly destination: Destination;
  readonly plane: DataPlane;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  /** Read for each connection; undefined: no handshake. */
  secrets(): Promise<Secrets | undefined>;
}

export class Refused extends Error {}

/** Acknowledgements are small: whoever sends more is no receiver of this protocol. */
const bounds = { maxStrLength: 65_536, maxBinLength: 65_536, maxArrayLength: 64, maxMapLength: 64, maxExtLength: 1_024 };

export class ForwardConnection {
  readonly #socket: Socket;
  readonly #messages: AsyncGenerator<unknown, void, unknown>;
  readonly #timeoutMs: number;
  keepalive = true;
  used = false;
  #ended: string | undefined;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on('error', (error) => {
      this.#ended ??= codeOf(error);
    });
    socket.on('close', () => {
      this.#ended ??= 'the receiver closed the connection';
    });
    this.#messages = decodeMultiStream<undefined>(socket, bounds);
  }

  static async open(options: ConnectionOptions): Promise<ForwardConnection> {
    const secrets = await options.secrets();
    const socket = await dial(options.destination, { plane: options.plane, timeoutMs: options.connectTimeoutMs });
    const connection = new ForwardConnection(socket, options.timeoutMs);
    try {
      if (secrets !== undefined) await connection.#shakeHands(secrets);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  get open(): boolean {
    return this.#ended === undefined && !this.#socket.destroyed;
  }

  /** Sends messages and resolves when each of their chunks is acknowledged. Rejects with a sentence. */
  async deliver(messages: readonly Buffer[], chunks: ReadonlySet<string>): Promise<void> {
    const waiting = new Set(chunks);
    for (const message of messages) this.#socket.write(message);
    while (waiting.size > 0) {
      const answer = await this.#next('no acknowledgement');
      if (readHelo(answer) !== undefined) throw new Refused('the receiver asks for a shared key, and sharedKeyFile is not set');
      const ack: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'ack') : undefined;
      if (typeof ack === 'string') waiting.delete(ack);
    }
    this.used = true;
  }

  destroy(reason = 'the sink is closed'): void {
    this.#ended ??= reason;
    this.#socket.destroy();
  }

  async #shakeHands(secrets: Secrets): Promise<void> {
    const helo = readHelo(await this.#next('no greeting, as a receiver with a shared key sends one'));
    if (helo === undefined) throw new Refused('the receiver did not begin the handshake as the protocol says');
    this.keepalive = helo.keepalive;
    const { bytes, salt } = ping(helo, secrets);
    this.#socket.write(bytes);
    const problem = checkPong(await this.#next('no answer to the handshake'), helo, secrets, salt);
    if (problem !== undefined) throw new Refused(problem);
  }

  async #next(missing: string): Promise<unknown> {
    const timer = setTimeout(() => this.destroy(`${missing} within ${this.#timeoutMs} ms`), this.#timeoutMs);
    try {
      const { value, done } = await this.#messages.next();
      if (done === true) throw new Error(this.#ended ?? 'the receiver closed the connection');
      return value;
    } catch (error) {
      throw new Error(this.#ended ?? codeOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
