/**
 * The agent's connection to its server over its whole life: joins, finds a server, speaks, and starts again when it ends. Nothing
 * here gives up: a server that is away, a refusal and an ended certificate are waited out, and the identity is never thrown away.
 */
import type { Backoff } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import { uuidBytes } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import type { Attempt } from '../join/join.ts';
import type { Keeper } from '../join/keeper.ts';
import type { Candidate } from '../locate/candidate.ts';
import type { Locate } from '../locate/locate.ts';
import { createPool, keyOf } from '../locate/pool.ts';
import type { Planes } from '../planes/planes.ts';
import { redirectTarget } from './answers.ts';
import type { Connection, ConnectionState } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { ConnectionMetrics } from './metrics.ts';
import type { Outbox } from './outbox.ts';
import type { Ended, Opened, Transport } from './transport.ts';

export interface ClientOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ConnectionMetrics;
  readonly random: () => number;
  readonly keeper: Keeper;
  readonly planes: Planes;
  readonly locate: Locate;
  readonly outbox: Outbox;
  readonly exchange: Exchange;
  readonly open: (candidate: Candidate, local: LocalAddresses, signal: AbortSignal) => Promise<Opened>;
  readonly join: (local: LocalAddresses, signal: AbortSignal) => Promise<Attempt>;
  /** For a certificate that servers refuse because it has ended; undefined: not now. */
  readonly rescue: () => Promise<Attempt | undefined>;
  readonly backoff: Backoff;
  /** What a server wished for, and whether it may still be asked for. */
  readonly learned: () => { readonly offered: string | undefined; readonly servers: readonly string[] };
  readonly signal: AbortSignal;
}

/** A plane whose address is gone comes back without a word; looking is cheap. */
const planePauseMs = 5_000;
/** A server that refuses this agent is asked again, in case an operator mends it, but not often. */
const refusedPauseMs = 300_000;
const maxRedirects = 3;
/** A connection that ends sooner than this did not work, however it ended. */
const provenMs = 5_000;

export interface Client extends Connection {
  readonly done: Promise<void>;
  /** The conversation goes on over another transport. */
  moved(transport: Transport): void;
}

export function createClient(options: ClientOptions): Client {
  const { clock, log, metrics, keeper, planes, exchange, outbox, signal } = options;
  const pool = createPool(options.backoff, options.random);
  const listeners = new Set<(state: ConnectionState) => void>();
  const closing = new AbortController();
  const stop = AbortSignal.any([signal, closing.signal]);
  let state: ConnectionState = { kind: 'searching', sinceMs: clock.now(), reason: 'starting' };
  let joinFailures = 0;
  /** Where servers are is asked once for each round of trying them. */
  let located = false;
  let reasons: readonly string[] = [];

  const become = (next: ConnectionState) => {
    state = next;
    metrics.connected.set(next.kind === 'connected' ? 1 : 0);
    for (const listener of listeners) listener(next);
  };
  const searching = (reason: string) => {
    if (state.kind !== 'searching' || state.reason !== reason) become({ kind: 'searching', sinceMs: clock.now(), reason });
  };

  const wait = (ms: number, reason: string): Promise<void> => {
    located = false;
    become({ kind: 'waiting', sinceMs: clock.now(), untilMs: clock.now() + ms, reason });
    log.event('agent.connection.waiting', { waitMs: Math.round(ms), reason });
    return pause(clock, ms, stop);
  };

  const join = async (local: LocalAddresses): Promise<void> => {
    searching('joining');
    const attempt = await options.join(local, stop);
    if (attempt.ok) {
      joinFailures = 0;
      return;
    }
    joinFailures += 1;
    const { firstMs, maxMs } = options.backoff;
    const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(joinFailures, 20));
    await wait(attempt.afterMs ?? options.random() * ceiling, attempt.sentence);
  };

  /** Over HTTP a redirect shows only when something is said; over WebSocket `open` has followed it already. */
  const connect = async (candidate: Candidate, local: LocalAddresses, at: Candidate = candidate, redirects = 0): Promise<void> => {
    searching(`connecting to ${at.url}`);
    log.event('agent.connection.trying', { url: at.url });
    const opened = await options.open(at, local, stop);
    if (!opened.ok) return ended(candidate, opened.ended, undefined);
    const startedMs = clock.monotonicMs();
    // A WebSocket is open because the server let this agent in; over HTTP that shows with the first answer.
    const { transport } = opened;
    const speaking = exchange.run(transport, keyOf(at), transport.kind === 'http' ? () => connected(transport) : undefined);
    if (transport.kind === 'websocket') connected(transport);
    const how = await speaking;
    located = false;
    const target = how.kind === 'redirected' && redirects < maxRedirects ? redirectTarget(at.url, how.location) : undefined;
    if (target !== undefined) return connect(candidate, local, { url: target, from: candidate.from }, redirects + 1);
    await ended(candidate, how, clock.monotonicMs() - startedMs);
  };

  const connected = ({ kind, url, localAddress }: Transport) => {
    metrics.connects.inc();
    log.event('agent.connection.connected', { url, localAddress, transport: kind });
    become({ kind: 'connected', sinceMs: clock.now(), server: url, transport: kind, localAddress });
  };

  const ended = async (candidate: Candidate, how: Ended, forMs: number | undefined): Promise<void> => {
    const nowMs = clock.monotonicMs();
    metrics.failures.inc({ kind: how.kind });
    if (how.kind === 'closed') return;
    const { url } = candidate;
    if (how.kind === 'refused') return refused(candidate, how);
    if (forMs === undefined) log.event('agent.connection.failed', { url, reason: how.sentence });
    else log.event('agent.connection.lost', { url, forMs: Math.round(forMs), reason: how.sentence });
    searching(how.sentence);
    if (how.kind === 'unavailable') return pool.failed(candidate, nowMs, how.retryAfterMs);
    if (forMs === undefined || forMs < provenMs) return pool.failed(candidate, nowMs);
    pool.succeeded(candidate);
    pool.lost(nowMs);
  };

  const refused = async (candidate: Candidate, how: Ended & { readonly kind: 'refused' }): Promise<void> => {
    log.event('agent.connection.refused', { url: candidate.url, reason: how.sentence });
    searching(how.sentence);
    const expired = how.code === 'expired' || how.code === 'certificate-expired';
    const attempt = expired ? await options.rescue() : undefined;
    if (attempt?.ok) return;
    pool.failed(candidate, clock.monotonicMs(), expired ? undefined : refusedPauseMs);
  };

  /** One turn: whatever is to be done next. Its promise rejects only where going on is impossible. */
  const turn = async (): Promise<void> => {
    const plane = planes.resolve('control');
    if (!plane.ok) {
      log.event('agent.planes.absent', { reason: plane.sentence });
      return wait(planePauseMs, plane.sentence);
    }
    if (keeper.current() === undefined) return join(plane.local);
    if (!located) await locate();
    const choice = pool.next(clock.monotonicMs());
    if (choice.kind === 'try') return connect(choice.candidate, plane.local);
    return wait(choice.ms, reasons[0] ?? (state.kind === 'connected' ? 'the connection ended' : state.reason));
  };

  const locate = async (): Promise<void> => {
    const found = await options.locate(options.learned(), stop);
    pool.update(found.candidates);
    reasons = found.candidates.length > 0 ? [] : [...found.reasons, 'no server is known'];
    located = true;
  };

  const run = async (): Promise<void> => {
    while (!stop.aborted) await turn();
  };
  const done = run();
  stop.addEventListener('abort', exchange.abandon, { once: true });

  return {
    done,
    moved: connected,
    get uid() {
      return keeper.current()?.uid ?? '';
    },
    report: {
      description: (identifying, attributes) => woken(() => outbox.description(identifying, attributes)),
      health: (root) => woken(() => outbox.health(root)),
      effectiveConfig: (files) => woken(() => outbox.effectiveConfig(files)),
      remoteConfig: (status) => woken(() => outbox.remoteConfig(status)),
    },
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: (capability, type, data) => exchange.custom.send(capability, type, data),
    async [Symbol.asyncDispose]() {
      const server = state.kind === 'connected' ? state.server : undefined;
      await exchange.goodbye(2_000);
      closing.abort();
      if (server !== undefined) log.event('agent.connection.closed', { url: server });
      await done.catch(() => {});
    },
  };

  function woken(change: () => void): void {
    change();
    exchange.wake();
  }
}

/** Resolves after the time, or when the signal says so. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}

/** The 16 bytes of a UID that is known to be one. */
export function uidBytes(uid: string): Uint8Array {
  return uuidBytes(uid) ?? new Uint8Array(16);
}
