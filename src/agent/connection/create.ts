/** Puts the connection together: what is told, how it is told, where to, as whom; and what the server's wishes change about it. */
import type { Backoff } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { FairleadError } from '../../core/errors.ts';
import type { LocalAddresses } from '../../core/local-addresses.ts';
import { uuidText } from '../../core/uuid.ts';
import type { Log } from '../../observe/log.ts';
import type { AgentCapability } from '../../protocol/capabilities.ts';
import { agentCapabilityBits, serverHas } from '../../protocol/capabilities.ts';
import type { ConnectionSettingsOffers } from '../../protocol/opamp.ts';
import type { WireLimits } from '../../protocol/wire.ts';
import { defaultWireLimits } from '../../protocol/wire.ts';
import { reasonOf } from '../identity/atomic-file.ts';
import { certificateRequest, newKey } from '../identity/csr.ts';
import type { Identity } from '../identity/identity.ts';
import { validity } from '../identity/identity.ts';
import type { Attempt, JoinOptions } from '../join/join.ts';
import { hasNewToken, joinOnce, renewOnce } from '../join/join.ts';
import type { Keeper } from '../join/keeper.ts';
import type { RenewalTiming } from '../join/renewer.ts';
import { createRenewer } from '../join/renewer.ts';
import { createLocate } from '../locate/locate.ts';
import type { Planes } from '../planes/planes.ts';
import type { ServerSettings } from '../settings/server.ts';
import { createClient, uidBytes } from './client.ts';
import type { Connection, Inbound } from './connection.ts';
import { createExchange } from './exchange.ts';
import type { ConnectionMetrics } from './metrics.ts';
import { openTransport } from './open.ts';
import { createOutbox } from './outbox.ts';
import type { Destination, Headers } from './secure.ts';
import { createSecurity, offeredTo, settingsMark } from './secure.ts';
import type { Opened } from './transport.ts';
import { createUseOffer, hex } from './use-offer.ts';

export interface ConnectOptions {
  readonly settings: ServerSettings;
  readonly heartbeatMs: number;
  /** Left out of the capabilities when the agent takes no configuration from its server. */
  readonly remoteConfig: boolean;
  readonly customCapabilities: readonly string[];
  readonly inbound: Inbound;
  readonly keeper: Keeper;
  readonly planes: Planes;
  readonly join: Omit<JoinOptions, 'server' | 'clock' | 'log' | 'random' | 'timeoutMs' | 'lookup'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ConnectionMetrics;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly timing?: Partial<ConnectTiming>;
}

export interface ConnectTiming {
  readonly connectMs: number;
  readonly backoff: Backoff;
  readonly renewal: Partial<RenewalTiming>;
  readonly limits: WireLimits;
}

const usual: ConnectTiming = { connectMs: 10_000, backoff: { firstMs: 1_000, maxMs: 60_000 }, renewal: {}, limits: defaultWireLimits };

/** Restart is not among them: this agent does not restart itself, and says so. */
const always: readonly AgentCapability[] = [
  'reportsStatus',
  'reportsEffectiveConfig',
  'reportsHealth',
  'reportsHeartbeat',
  'acceptsOpampConnectionSettings',
  'reportsConnectionSettingsStatus',
];

export interface LiveConnection extends Connection {
  /** What the agent's own settings say; an offer of the server's comes before it. */
  heartbeatEvery(intervalMs: number): void;
  /** Resolves when the connection was closed; rejects for what nobody expected. */
  readonly done: Promise<void>;
}

/** A file that the settings name was there at the start; it may come back. */
function unreadable(error: unknown): Attempt {
  if (error instanceof FairleadError) return { ok: false, sentence: error.message, afterMs: undefined };
  throw error;
}

export function createConnection(options: ConnectOptions): LiveConnection {
  const { settings, keeper, planes, clock, log, metrics, random, signal } = options;
  const timing = { ...usual, ...options.timing };
  const mark = settingsMark(settings);
  const offered = () => offeredTo(keeper.current(), settings);
  /** A UID that the server ordered, until the certificate for it is in use. */
  let ordered: string | undefined;
  let here: { readonly url: string; readonly headers: Headers } | undefined;
  let lastHash: string | undefined;
  const uid = () => ordered ?? keeper.current()?.uid ?? '';

  const outbox = createOutbox({
    capabilities: agentCapabilityBits(options.remoteConfig ? [...always, 'acceptsRemoteConfig', 'reportsRemoteConfig'] : always),
    customCapabilities: options.customCapabilities,
    startedAtMs: clock.now(),
  });
  const exchange = createExchange({
    outbox,
    clock,
    log,
    metrics,
    replyTimeoutMs: settings.replyTimeout,
    uid: () => uidBytes(uid()),
    heard: {
      remoteConfig(config) {
        // Sent again while ours is being applied: the server compares with what was reported.
        if (!options.remoteConfig || hex(config.hash) === lastHash) return;
        lastHash = hex(config.hash);
        options.inbound.remoteConfig(config);
      },
      offer: (offers) => inTurn(() => useOffer(offers)),
      newUid: (bytes) => inTurn(() => newUid(uuidText(bytes))),
      csrRefused(sentence) {
        ordered = undefined;
        renewer.failed(sentence);
      },
    },
  });

  const security = createSecurity({ settings, keeper, connectTimeoutMs: timing.connectMs });
  const open = async (to: Destination, local: LocalAddresses, stop: AbortSignal): Promise<Opened> => {
    const prepared = await security(to, local, stop);
    if (!prepared.ok) return prepared;
    const { url, addresses } = to;
    const { transport } = settings;
    const { connectMs: connectTimeoutMs, limits } = timing;
    return openTransport({
      ...{ url, addresses, transport, local, connectTimeoutMs, limits, signal: stop },
      ...{ uid: uid(), tls: prepared.tls, headers: prepared.headers, nowMs: () => clock.now() },
    });
  };
  const openHere = async (to: Destination): Promise<Opened> => {
    const plane = planes.resolve('control');
    return plane.ok ? open(to, plane.local, signal) : { ok: false, ended: { kind: 'plane', sentence: plane.sentence } };
  };

  const joinOptions: JoinOptions = { ...options.join, server: settings, clock, log, random, timeoutMs: timing.connectMs };
  /** A full disk costs the next start, and not this connection. */
  const adopt = async (identity: Identity): Promise<boolean> => {
    const kept = await keeper.adopt(identity).then(
      () => true,
      (error: unknown) => {
        log.event('agent.identity.not-kept', { reason: reasonOf(error) });
        return false;
      },
    );
    measure();
    return kept;
  };
  const measure = () => metrics.certificateEnds.set((validity(keeper.current()?.credentials?.chainPem ?? '')?.notAfterMs ?? 0) / 1_000);
  const join = async (local: LocalAddresses, stop: AbortSignal): Promise<Attempt> => {
    const attempt = await joinOnce(joinOptions, local, stop).catch(unreadable);
    if (!attempt.ok) return attempt;
    // As long as the key is there, the same request gives the same identity again.
    if (await adopt(attempt.identity)) await options.join.dataDir.forgetPendingKey().catch(() => {});
    const { uid: given, name, credentials, heartbeatMs } = attempt.identity;
    const until = new Date(validity(credentials?.chainPem ?? '')?.notAfterMs ?? 0).toISOString();
    log.event('agent.join.joined', { uid: given, name, until });
    exchange.heartbeatEvery(heartbeatMs ?? options.heartbeatMs);
    return attempt;
  };
  const renew = async (): Promise<Attempt> => {
    const [plane, present] = [planes.resolve('control'), keeper.current()];
    if (!plane.ok || present?.credentials === undefined)
      return { ok: false, sentence: plane.ok ? 'no certificate' : plane.sentence, afterMs: undefined };
    const attempt = await renewOnce(joinOptions, { ...present, credentials: present.credentials }, plane.local, signal);
    if (!attempt.ok && attempt.refused === 'token-needed' && (await hasNewToken(joinOptions, present))) return join(plane.local, signal);
    if (!attempt.ok) return attempt;
    await adopt(attempt.identity);
    if (here !== undefined) await moveTo({ ...here, credentials: attempt.identity.credentials });
    return attempt;
  };
  /** The certificate is in use for new connections already; the present one is good for as long as its own is. */
  const moveTo = async (to: Destination): Promise<void> => {
    const opened = await openHere(to);
    if (!opened.ok) return;
    const moved = await exchange.move(opened.transport);
    if (!moved.ok) return;
    log.event('agent.connection.offer-used', { what: 'certificate' });
    client.moved(opened.transport);
  };
  const renewer = createRenewer({
    ...{ clock, log, random, identity: () => keeper.current(), timing: timing.renewal },
    ask(csr) {
      const takes = exchange.serverCapabilities();
      if (here === undefined || (takes !== undefined && !serverHas(takes, 'acceptsConnectionSettingsRequest'))) return false;
      exchange.requestCertificate(csr);
      return true;
    },
    renew: settings.enrolment.length === 0 ? undefined : renew,
    outcome: (outcome) => metrics.renewals.inc({ outcome }),
  });

  const carryOut = createUseOffer({
    ...{ log, keeper, adopt, outbox, exchange, settingsMark: mark, uid, open: openHere },
    moved(transport, headers) {
      here = { url: transport.url, headers };
      client.moved(transport);
    },
    certificate: renewer,
  });
  const useOffer = async (offers: ConnectionSettingsOffers): Promise<void> => {
    if (here === undefined) return;
    await carryOut(offers, here);
    ordered = undefined;
  };
  /** A certificate names its UID, so that a new UID needs a new certificate first; without one it is just taken. */
  const newUid = async (to: string): Promise<void> => {
    const identity = keeper.current();
    if (identity === undefined || to === uid()) return;
    log.event('agent.identity.new-uid', { from: identity.uid, to });
    if (identity.credentials === undefined) {
      await adopt({ ...identity, uid: to });
      outbox.sendAll();
      return exchange.wake();
    }
    ordered = to;
    const key = await newKey();
    renewer.expect(key);
    exchange.requestCertificate(certificateRequest(key, identity.name, to));
  };

  let tail: Promise<void> = Promise.resolve();
  const inTurn = (task: () => Promise<void>): void => {
    tail = tail.then(task).catch((error) => log.event('agent.connection.offer-failed', { reason: String(error) }, error));
  };

  const client = createClient({
    ...{ clock, log, metrics, random, keeper, planes, outbox, exchange, join, signal },
    locate: createLocate({
      ...{ settings, clock, log, random, timeoutMs: timing.connectMs },
      local() {
        const plane = planes.resolve('control');
        return plane.ok ? plane.local : { kind: 'any' };
      },
    }),
    async open(candidate, local, stop) {
      const headers = offered()?.headers ?? [];
      const opened = await open({ ...candidate, headers }, local, stop);
      if (opened.ok) here = { url: opened.transport.url, headers };
      return opened;
    },
    rescue: renewer.rescue,
    backoff: timing.backoff,
    learned: () => ({ offered: offered()?.endpoint, servers: keeper.current()?.servers ?? [] }),
  });
  client.onState((state) => {
    if (state.kind !== 'connected') here = undefined;
  });
  exchange.heartbeatEvery(offered()?.heartbeatMs ?? keeper.current()?.heartbeatMs ?? options.heartbeatMs);
  measure();
  const last = offered();
  if (last !== undefined) outbox.connectionSettings(Buffer.from(last.hash, 'hex'), 'applied', '');

  return {
    ...client,
    get uid() {
      return client.uid;
    },
    report: {
      ...client.report,
      remoteConfig(status) {
        lastHash = hex(status.hash);
        client.report.remoteConfig(status);
      },
    },
    heartbeatEvery: exchange.heartbeatEvery,
    async [Symbol.asyncDispose]() {
      renewer.stop();
      await client[Symbol.asyncDispose]();
    },
  };
}
