/**
 * Requests and answers over one socket. Kafka answers in the order of the requests, so one deadline is watched: that of the oldest.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../../../core/clock.ts';
import type { Api } from '../protocol/apis.ts';
import { requestHeader } from '../protocol/frame.ts';
import type { Piece } from '../protocol/record-batch.ts';
import { FrameReader } from './frame-reader.ts';

/** What came of a request. One that was not answered may have arrived all the same. */
export type Answer = { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly sentence: string };

interface Pending {
  readonly correlation: number;
  readonly name: string;
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly settle: (answer: Answer) => void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly clientId: string;
  /** Told once, when the connection has ended by itself or was given up. */
  readonly onEnd: (sentence: string) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames = new FrameReader();
  readonly #pending: Pending[] = [];
  #correlation = 0;
  #stopTimer: (() => void) | undefined;
  #ended: string | undefined;
  /** When something came from the broker last. */
  heardMs: number;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.heardMs = options.clock.monotonicMs();
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.end(breakage('code' in error ? String(error.code) : error.message)));
    socket.on('close', () => this.end('the broker closed the connection'));
  }

  /** Why it is of no use any more; undefined while it is. */
  get ended(): string | undefined {
    return this.#ended;
  }

  get waiting(): number {
    return this.#pending.length;
  }

  /** When the oldest request that has no answer yet was sent; undefined when there is none. */
  get oldestMs(): number | undefined {
    return this.#pending[0]?.sentMs;
  }

  get localAddress(): string {
    return this.#socket.localAddress ?? '';
  }

  /** The answer comes exactly once. Returns how many bytes go over the wire. */
  send(api: Api, version: number, body: readonly Piece[], bodyBytes: number, timeoutMs: number, settle: (answer: Answer) => void): number {
    if (this.#ended !== undefined) {
      settle({ ok: false, sentence: this.#ended });
      return 0;
    }
    this.#correlation = (this.#correlation + 1) & 0x7fffffff;
    const sentMs = this.#options.clock.monotonicMs();
    this.#pending.push({ correlation: this.#correlation, name: api.name, sentMs, deadlineMs: sentMs + timeoutMs, settle });
    const header = requestHeader(api, version, this.#correlation, this.#options.clientId, bodyBytes);
    this.#socket.cork();
    this.#socket.write(header);
    for (const { bytes, start, end } of body) if (end > start) this.#socket.write(bytes.subarray(start, end));
    this.#socket.uncork();
    this.#watch();
    return header.length + bodyBytes;
  }

  ask(api: Api, version: number, body: Buffer, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve) =>
      this.send(api, version, [{ bytes: body, start: 0, end: body.length }], body.length, timeoutMs, resolve),
    );
  }

  /** Gives the connection up; whatever has no answer gets this sentence instead. */
  end(sentence: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = sentence;
    this.#stopTimer?.();
    this.#socket
      .removeAllListeners()
      .on('error', () => {})
      .destroy();
    for (const pending of this.#pending.splice(0)) pending.settle({ ok: false, sentence });
    this.#options.onEnd(sentence);
  }

  #read(chunk: Buffer): void {
    this.heardMs = this.#options.clock.monotonicMs();
    this.#frames.add(chunk);
    for (let frame = this.#frames.next(); frame !== undefined && this.#ended === undefined; frame = this.#frames.next()) {
      if (frame === 'malformed') return this.end('it does not speak the Kafka protocol: an answer has no sensible length');
      const pending = this.#pending.shift();
      if (pending === undefined || frame.length < 4 || frame.readInt32BE(0) !== pending.correlation) return this.#unexpected(pending);
      this.#watch();
      pending.settle({ ok: true, body: frame.subarray(4) });
    }
  }

  #unexpected(pending: Pending | undefined): void {
    if (pending !== undefined) this.#pending.unshift(pending);
    this.end('it answered something that was not asked');
  }

  #watch(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const oldest = this.#pending[0];
    if (oldest === undefined) return;
    const { clock } = this.#options;
    this.#stopTimer = clock.after(oldest.deadlineMs - clock.monotonicMs(), () =>
      this.end(`no answer to ${oldest.name} within ${Math.round(oldest.deadlineMs - oldest.sentMs)} ms`),
    );
  }
}

/** With TLS 1.3 a client learns only afterwards that its certificate was missing or not liked (RFC 8446, section 4.4.2.4). */
function breakage(code: string): string {
  if (code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
    return 'the broker wants to see a client certificate: tls.certFile and tls.keyFile name one';
  if (/^ERR_SSL_.*ALERT.*(?:CERTIFICATE|UNKNOWN_CA)/.test(code)) return `the broker does not accept our client certificate (${code})`;
  return `the connection broke: ${code}`;
}
