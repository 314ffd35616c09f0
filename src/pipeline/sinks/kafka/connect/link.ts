/**
 * Keeps one broker connected: one attempt at a time, with a wait between two that is short enough to be back soon after the broker is.
 *
 * A path that swallows packets (a firewall, a cable) is noticed late on a connection that waits for an answer: the kernel sends again ever more
 * rarely, up to minutes, while a new connection would be there at once. So while an answer is overdue the path is tried by a
 * second connection: one that first gets no answer and then does proves that the path was cut and is back, and takes the place of the first.
 */
import type { Backoff } from '../../../../core/backoff.ts';
import { backoffMs } from '../../../../core/backoff.ts';
import type { Offered } from '../protocol/apis.ts';
import type { Connection } from './connection.ts';
import { dial } from './dial.ts';
import type { OpenOptions } from './open.ts';
import { open } from './open.ts';

/** Below 2 s with everything else that has to happen until records flow again. */
const retry: Backoff = { firstMs: 100, maxMs: 1_500 };
/** An answer that is later than this, and than three times the slowest so far, makes us look at the path. */
const overdueMs = 2_000;
/** A path that needs longer than this for a new connection, and than three times what it took at first, is cut. */
const pathMs = 1_000;

export interface LinkOptions extends OpenOptions {
  readonly random: () => number;
  readonly onUp: () => void;
  /** Called when a connection that was up has ended, and after each failed attempt. */
  readonly onDown: (sentence: string, wasUp: boolean) => void;
}

export class Link {
  readonly host: string;
  readonly port: number;
  readonly #options: LinkOptions;
  readonly #gone = new AbortController();
  #connection: Connection | undefined;
  #offered: Offered = new Map();
  #connecting = false;
  #failures = 0;
  #reason: string | undefined;
  #upSinceMs = 0;
  #connectMs = 0;
  #slowestMs = 0;
  #pathWasCut = false;
  #trying = false;
  #stops: (() => void)[] = [];

  constructor(host: string, port: number, options: LinkOptions) {
    this.host = host;
    this.port = port;
    this.#options = options;
  }

  get to(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** undefined while it is down. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  get offered(): Offered {
    return this.#offered;
  }

  /** Why it is down; undefined while it is up or was never tried. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Begins to connect, when it is not connected and no attempt is under way. */
  connect(): void {
    if (this.#connection === undefined && !this.#connecting && !this.#gone.signal.aborted) void this.#attempt();
  }

  /** An answer that took this long was all right. */
  answered(tookMs: number): void {
    this.#slowestMs = Math.max(tookMs, this.#slowestMs * 0.99);
  }

  close(): void {
    this.#gone.abort();
    this.#stop();
    this.#connection?.end('the sink is closed');
  }

  async #attempt(): Promise<void> {
    this.#connecting = true;
    const { clock, random } = this.#options;
    const began = clock.monotonicMs();
    let ended: (sentence: string) => void = () => {};
    const opened = await open(this.#options, this.host, this.port, this.#gone.signal, (sentence) => ended(sentence));
    if (this.#gone.signal.aborted) {
      if (opened.ok) opened.connection.end('the sink is closed');
      return;
    }
    if (!opened.ok) {
      this.#failures += 1;
      this.#reason = opened.sentence;
      this.#options.onDown(opened.sentence, false);
      this.#later(backoffMs(retry, this.#failures, random), () => void this.#attempt());
      return;
    }
    this.#connecting = false;
    this.#connectMs = clock.monotonicMs() - began;
    ended = (sentence) => this.#lost(sentence);
    this.#up(opened.connection, opened.offered, opened.lifetimeMs);
  }

  #up(connection: Connection, offered: Offered, lifetimeMs: number): void {
    this.#connection = connection;
    this.#offered = offered;
    this.#reason = undefined;
    this.#upSinceMs = this.#options.clock.monotonicMs();
    this.#slowestMs = 0;
    this.#pathWasCut = false;
    // Before the broker ends the session (KIP-368), with room for requests that are under way.
    if (lifetimeMs > 0) this.#later(lifetimeMs * 0.8, () => this.#renew(connection));
    this.#later(pathMs / 2, () => this.#look(connection));
    this.#options.onUp();
  }

  #lost(sentence: string): void {
    this.#stop();
    this.#connection = undefined;
    this.#reason = sentence;
    // One that ends right after the login says no more than an attempt that failed.
    const lastedMs = this.#options.clock.monotonicMs() - this.#upSinceMs;
    this.#failures = lastedMs > 5_000 ? 0 : this.#failures + 1;
    this.#options.onDown(sentence, true);
    if (this.#gone.signal.aborted) return;
    this.#connecting = true;
    const waitMs = this.#failures === 0 ? 0 : backoffMs(retry, this.#failures, this.#options.random);
    this.#later(waitMs, () => void this.#attempt());
  }

  #renew(connection: Connection): void {
    if (connection.waiting === 0) connection.end('the session is renewed');
    else this.#later(50, () => this.#renew(connection));
  }

  #look(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#later(pathMs / 2, () => this.#look(connection));
    const now = this.#options.clock.monotonicMs();
    const sinceMs = Math.max(connection.oldestMs ?? now, connection.heardMs);
    if (connection.oldestMs === undefined || now - sinceMs < Math.max(overdueMs, 3 * this.#slowestMs)) {
      this.#pathWasCut = false;
      return;
    }
    if (!this.#trying) void this.#tryPath(connection);
  }

  async #tryPath(connection: Connection): Promise<void> {
    this.#trying = true;
    const timeoutMs = Math.max(pathMs, 3 * this.#connectMs);
    const tried = await dial({ host: this.host, port: this.port, plane: this.#options.plane, timeoutMs, signal: this.#gone.signal });
    this.#trying = false;
    if (tried.ok) tried.socket.destroy();
    if (connection !== this.#connection) return;
    if (!tried.ok) this.#pathWasCut = true;
    else if (this.#pathWasCut) connection.end('the path was cut and is back; what was under way is sent again');
  }

  #later(delayMs: number, task: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#stops = this.#stops.filter((stop) => stop !== cancel);
      task();
    });
    this.#stops.push(cancel);
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
