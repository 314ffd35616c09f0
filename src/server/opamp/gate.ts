/**
 * The door before TLS. A handshake costs a millisecond of CPU, a heartbeat some microseconds; ten thousand agents that come back at once
 * must not keep those that are here from being heard. So only so many handshakes run at a time, only so many begin in
 * a second, the others wait unread for a few seconds, and what would wait longer is dropped before it has cost anything: its
 * client backs off.
 */

import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { addressOf } from '../http/exchange.ts';

export interface GateLimits {
  readonly atOnce: number;
  readonly perSecond: number;
  readonly waitMs: number;
}

export interface Gate {
  /** `begin` starts the handshake; it is over when `done` is called or the socket closes. */
  enter(socket: Socket): void;
  done(remote: string): void;
  readonly waiting: number;
  readonly running: number;
  close(): void;
}

/** The key of a connection: two of one listener never have the same peer. */
export const peerOf = (socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined }): string => {
  const address = addressOf(socket.remoteAddress);
  const port = socket.remotePort ?? 0;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};

export function createGate(limits: GateLimits, clock: Clock, begin: (socket: Socket) => void, dropped: () => void): Gate {
  const running = new Set<string>();
  /** In the order of arrival; `first` is where it begins, so that taking one does not move ten thousand. */
  let queue: { readonly socket: Socket; readonly atMs: number }[] = [];
  let first = 0;
  let tokens = limits.perSecond;
  let tokensAtMs = clock.monotonicMs();
  let cancel: (() => void) | undefined;
  let closed = false;
  const capacity = Math.ceil((limits.perSecond * limits.waitMs) / 1_000);

  /** Milliseconds until the next handshake may begin; 0: now. */
  function untilToken(nowMs: number): number {
    tokens = Math.min(limits.perSecond, tokens + ((nowMs - tokensAtMs) * limits.perSecond) / 1_000);
    tokensAtMs = nowMs;
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / limits.perSecond);
  }

  function drop(socket: Socket): void {
    dropped();
    socket.resetAndDestroy();
  }

  function next(): { readonly socket: Socket; readonly atMs: number } | undefined {
    const entry = queue[first];
    if (entry === undefined) return undefined;
    first += 1;
    if (first > 1_024 && first * 2 > queue.length) {
      queue = queue.slice(first);
      first = 0;
    }
    return entry;
  }

  function pump(): void {
    while (first < queue.length && running.size < limits.atOnce && !closed) {
      const nowMs = clock.monotonicMs();
      const untilMs = untilToken(nowMs);
      if (untilMs > 0) {
        cancel ??= clock.after(untilMs, () => {
          cancel = undefined;
          pump();
        });
        return;
      }
      const entry = next();
      if (entry === undefined) return;
      if (entry.socket.destroyed) continue;
      // It has waited for so long that its client has given up, or will before it is served.
      if (nowMs - entry.atMs > limits.waitMs) drop(entry.socket);
      else start(entry.socket);
    }
  }

  function start(socket: Socket): void {
    tokens -= 1;
    const key = peerOf(socket);
    running.add(key);
    socket.once('close', () => finish(key));
    begin(socket);
  }

  function finish(key: string): void {
    if (running.delete(key)) pump();
  }

  return {
    enter(socket) {
      if (closed || queue.length - first >= capacity) return drop(socket);
      // Nobody reads from it while it waits: an error there must not be thrown.
      socket.on('error', () => {});
      queue.push({ socket, atMs: clock.monotonicMs() });
      pump();
    },
    done: finish,
    get waiting() {
      return queue.length - first;
    },
    get running() {
      return running.size;
    },
    close() {
      closed = true;
      cancel?.();
      for (const { socket } of queue.slice(first)) socket.destroy();
      queue = [];
      first = 0;
    },
  };
}
