/**
 * The conversation with the server, across connections: when something is said, what counts as answered, and when silence means
 * that the connection is dead. It does not know how connections come about (client.ts), nor what carries them (transport.ts).
 */

import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { customMessage } from '../../protocol/custom.ts';
import type { ConnectionSettingsOffers, ServerToAgent } from '../../protocol/opamp.ts';
import type { RemoteConfig } from './connection.ts';
import type { CustomQueue } from './custom.ts';
import { createCustomQueue } from './custom.ts';
import type { Demand } from './inbound.ts';
import { readMessage } from './inbound.ts';
import type { ConnectionMetrics } from './metrics.ts';
import type { Extras, Outbox } from './outbox.ts';
import { createPulse } from './pulse.ts';
import type { Ended, Transport } from './transport.ts';

export interface ExchangeOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ConnectionMetrics;
  readonly replyTimeoutMs: number;
  readonly uid: () => Uint8Array;
  readonly heard: {
    remoteConfig(config: RemoteConfig): void;
    offer(offers: ConnectionSettingsOffers): void;
    newUid(uid: Uint8Array): void;
    /** The server could not take the certificate request. */
    csrRefused(sentence: string): void;
  };
}

export interface Exchange {
  /** Speaks over this transport until it ends; the promise then says why. `answered` is called at the first answer. */
  run(transport: Transport, server: string, answered?: () => void): Promise<Ended>;
  /**
   * Says the next message over another transport. When the server answers it, the conversation goes on there and the transport
   * before is closed without a goodbye; otherwise everything stays as it was. Nothing is said elsewhere meanwhile.
   */
  move(transport: Transport): Promise<{ readonly ok: true } | { readonly ok: false; readonly ended: Ended }>;
  /** Something changed that the server ought to know. */
  wake(): void;
  heartbeatEvery(intervalMs: number): void;
  /** Whether the server takes certificate requests; undefined before it said so. */
  serverCapabilities(): bigint | undefined;
  requestCertificate(csrPem: string): void;
  readonly custom: CustomQueue;
  /** Says goodbye and closes. */
  goodbye(limitMs: number): Promise<void>;
  /** Ends without a word. */
  abandon(): void;
}

/** Changes within so many milliseconds travel together. */
const gatherMs = 10;

export function createExchange(options: ExchangeOptions): Exchange {
  const { outbox, clock, log, metrics, replyTimeoutMs, heard } = options;
  let transport: Transport | undefined;
  let finish: ((ended: Ended) => void) | undefined;
  /** Nothing is said while another transport is tried, and the end of the present one waits for how that ends. */
  let holding = false;
  let endedMeanwhile: Ended | undefined;
  let capabilities: bigint | undefined;
  let csr: string | undefined;
  let csrSaid = false;
  let lastServer: string | undefined;
  let cancelGather: (() => void) | undefined;
  let firstAnswer: (() => void) | undefined;
  /** Nothing is said any more but goodbye, which waits until it can be. */
  let leaving = false;
  let freed: (() => void) | undefined;
  const custom = createCustomQueue(() => pump());

  const end = (of: Transport, ended: Ended) => {
    if (of !== transport) return;
    if (holding) {
      // A server that sees its agent on a new connection may close the old one before the first answer on the new is here.
      endedMeanwhile ??= ended;
      return;
    }
    transport = undefined;
    freed?.();
    csr = undefined;
    csrSaid = false;
    pulse.stop();
    cancelGather?.();
    cancelGather = undefined;
    capabilities = undefined;
    custom.disconnected();
    of.destroy();
    finish?.(ended);
  };

  /** Says what there is to say, if it may be said now. */
  const pump = (force = false): void => {
    if (transport === undefined || holding || leaving || !transport.ready()) return;
    const next = custom.next();
    if (!force && !outbox.hasNews() && next === undefined && csr === undefined) return;
    say(transport, {
      ...(next === undefined ? {} : { customMessage: customMessage(next.capability, next.type, next.data) }),
      ...(csr === undefined ? {} : { connectionSettingsRequest: { opamp: { certificateRequest: { csr: Buffer.from(csr) } } } }),
    });
  };

  const say = (over: Transport, extras: Extras): void => {
    const result = over.send(outbox.compose(options.uid(), extras));
    if (!result.ok) return tooLarge(over, extras, result.bytes, result.limit);
    custom.said(extras.customMessage !== undefined);
    if (extras.connectionSettingsRequest !== undefined) {
      csr = undefined;
      csrSaid = true;
    }
    metrics.sent.inc();
    metrics.sentBytes.inc(result.bytes);
    pulse.said();
  };

  /** A custom message goes back to who sent it; of our own state only the effective configuration can be so large. */
  const tooLarge = (over: Transport, extras: Extras, bytes: number, limit: number): void => {
    log.event('agent.connection.too-large', { bytes, limit });
    if (extras.customMessage !== undefined) custom.refuse(`the message of ${bytes} bytes is larger than the limit of ${limit}`);
    const smaller = outbox.drop('effectiveConfig') || extras.customMessage !== undefined;
    outbox.sendAll();
    if (smaller) clock.after(0, () => over === transport && pump(true));
  };

  const beat = (): void => {
    if (transport?.ready() === true && !holding) return pump(true);
    // Over HTTP a message is under way, which is as good as a heartbeat.
    pulse.later();
  };
  const dead = (): void => {
    if (transport !== undefined) end(transport, { kind: 'lost', sentence: silence(transport.url, replyTimeoutMs) });
  };
  const pulse = createPulse({ clock, replyTimeoutMs, beat, probe: () => transport?.probe(), dead });

  const receive = (from: Transport, message: ServerToAgent, bytes: number): void => {
    if (from !== transport) return;
    pulse.heard();
    firstAnswer?.();
    firstAnswer = undefined;
    metrics.received.inc();
    metrics.receivedBytes.inc(bytes);
    metrics.lastAnswer.set(clock.now() / 1_000);
    const read = readMessage(message);
    if (read.capabilities !== undefined) {
      capabilities = read.capabilities;
      outbox.serverTakes(capabilities);
    }
    if (read.customCapabilities !== undefined) custom.serverSpeaks(read.customCapabilities);
    const refused = read.demands.find((demand) => demand.kind === 'error');
    custom.answered(from.strictlyAnswers || !read.unprompted, refused?.sentence);
    for (const demand of read.demands) obey(from, demand);
    // One more message whose answer settles what an ambiguous one left open.
    pump(custom.inDoubt());
  };

  const obey = (from: Transport, demand: Demand): void => {
    switch (demand.kind) {
      case 'unavailable':
        return end(from, demand);
      case 'error':
        log.event('agent.connection.server-error', { url: from.url, reason: demand.sentence });
        // A bad request must not be repeated as it is; what we know cannot be told apart further.
        if (csrSaid) heard.csrRefused(demand.sentence);
        csrSaid = false;
        return;
      case 'restart':
        return log.event('agent.connection.restart-declined', { url: from.url });
      case 'new-uid':
        return heard.newUid(demand.uid);
      case 'full-state':
        outbox.sendAll();
        return pump(true);
      case 'remote-config':
        return heard.remoteConfig(demand.config);
      case 'offer':
        csrSaid = false;
        return heard.offer(demand.offers);
      default:
        return demand satisfies never;
    }
  };

  const drained = (): void => {
    freed?.();
    pump();
  };

  const take = (next: Transport): void => {
    transport = next;
    custom.connected();
    next.listen({
      message: (message, bytes) => receive(next, message, bytes),
      malformed: (reason) => log.event('agent.connection.malformed', { url: next.url, reason }),
      alive: pulse.heard,
      drained,
      ended: (ended) => end(next, ended),
    });
  };

  return {
    custom,
    run(next, server, answered) {
      return new Promise((resolve) => {
        finish = resolve;
        firstAnswer = answered;
        leaving = false;
        holding = false;
        outbox.begin();
        if (server !== lastServer) outbox.sendAll();
        lastServer = server;
        take(next);
        pump(true);
      });
    },
    move: (next) =>
      new Promise((resolve) => {
        const before = transport;
        if (before === undefined) return resolve({ ok: false, ended: { kind: 'lost', sentence: 'the connection ended meanwhile' } });
        holding = true;
        let settled = false;
        const settle = (result: { readonly ok: true } | { readonly ok: false; readonly ended: Ended }) => {
          if (settled) return;
          settled = true;
          cancel();
          holding = false;
          const meanwhile = endedMeanwhile;
          endedMeanwhile = undefined;
          if (!result.ok) {
            next.destroy();
            // What was said there may or may not have arrived.
            outbox.sendAll();
            if (meanwhile === undefined) pump(true);
            else end(before, meanwhile);
          }
          resolve(result);
        };
        const cancel = clock.after(replyTimeoutMs, () =>
          settle({ ok: false, ended: { kind: 'lost', sentence: silence(next.url, replyTimeoutMs) } }),
        );
        next.listen({
          message(message, bytes) {
            if (!settled) {
              const refusal = refusalOf(message);
              if (refusal !== undefined) return settle({ ok: false, ended: refusal });
              replace(before, next);
              settle({ ok: true });
            }
            receive(next, message, bytes);
          },
          malformed: (reason) => log.event('agent.connection.malformed', { url: next.url, reason }),
          alive: pulse.heard,
          drained,
          ended(ended) {
            settle({ ok: false, ended });
            end(next, ended);
          },
        });
        outbox.begin();
        outbox.sendAll();
        next.send(outbox.compose(options.uid(), {}));
      }),
    wake() {
      cancelGather ??= clock.after(gatherMs, () => {
        cancelGather = undefined;
        pump();
      });
    },
    heartbeatEvery: pulse.every,
    serverCapabilities: () => capabilities,
    requestCertificate(csrPem) {
      csr = csrPem;
      pump();
    },
    abandon() {
      holding = false;
      if (transport !== undefined) end(transport, { kind: 'closed' });
    },
    async goodbye(limitMs) {
      const last = transport;
      if (last === undefined) return;
      // Nothing may follow it.
      pulse.stop();
      leaving = true;
      // Over HTTP a message may be under way: without this wait an agent that has just spoken would leave without a word.
      if (!last.ready()) await free(limitMs);
      if (last !== transport) return;
      if (last.ready()) last.send(outbox.compose(options.uid(), { agentDisconnect: {} }));
      holding = true;
      await last.close(limitMs);
      holding = false;
      end(last, { kind: 'closed' });
    },
  };

  /** Until the transport takes the next message, or the time is up. */
  function free(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, resolve);
      freed = () => {
        cancel();
        resolve();
      };
    });
  }

  function replace(before: Transport, next: Transport): void {
    transport = next;
    capabilities = undefined;
    custom.disconnected();
    custom.connected();
    custom.said(false);
    pulse.heard();
    pulse.later();
    // Its end is no loss: it is not the transport any more.
    void before.close(1_000);
  }
}

function refusalOf(message: ServerToAgent): Ended | undefined {
  const [demand] = readMessage(message).demands;
  if (demand?.kind === 'unavailable') return demand;
  return demand?.kind === 'error' ? { kind: 'refused', sentence: demand.sentence, code: 'server-error' } : undefined;
}

function silence(url: string, timeoutMs: number): string {
  return `${url} did not answer within ${timeoutMs} ms`;
}
