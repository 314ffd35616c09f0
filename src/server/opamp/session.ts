/** What the listener holds of one agent, whichever way it speaks to us. */
import { uuidBytes } from '../../core/uuid.ts';
import type { ServiceReport } from '../../protocol/services.ts';
import type { Standing } from './standing.ts';
import { fresh } from './standing.ts';

/** The way a message came and its answer goes. HTTP has no connection of its own: every request is the same link, number 0. */
export interface Link {
  readonly id: number;
  readonly transport: 'websocket' | 'http';
  /** Address and port. */
  readonly remote: string;
  /** The certificate it presented; undefined without TLS. */
  readonly der: Uint8Array | undefined;
  /** Our capabilities were told: once on a WebSocket, in every answer over HTTP. */
  greeted: boolean;
}

/** An open WebSocket, as far as others need it. */
export interface OpenSocket extends Link {
  heardMs: number;
  /** False when the peer reads too slowly; nothing was sent then. */
  send(bytes: Uint8Array): boolean;
  close(code: number, reason: string): void;
}

export class Session {
  readonly uid: string;
  readonly uidBytes: Uint8Array;
  standing: Standing = fresh;
  /** The newest WebSocket that has said something. */
  socket: OpenSocket | undefined = undefined;
  services: Map<string, ServiceReport> | undefined = undefined;
  /** Token bucket of its messages; numbers here because a closure for each of ten thousand agents costs more than what it counts. */
  tokens: number;
  tokensAtMs: number;

  constructor(uid: string, burst: number, nowMs: number) {
    this.uid = uid;
    this.uidBytes = uuidBytes(uid) ?? new Uint8Array(16);
    this.tokens = burst;
    this.tokensAtMs = nowMs;
  }

  /** 0: the message may pass. Otherwise the milliseconds until one may. */
  take(ratePerSecond: number, burst: number, nowMs: number): number {
    this.tokens = Math.min(burst, this.tokens + (Math.max(0, nowMs - this.tokensAtMs) * ratePerSecond) / 1_000);
    this.tokensAtMs = nowMs;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) * 1_000) / ratePerSecond);
    this.tokens -= 1;
    return 0;
  }
}
