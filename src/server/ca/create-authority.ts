/** The certificate authority at work: wires its parts, keeps them up to date, and ends them. */
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Log } from '../../observe/log.ts';
import type { Store } from '../store/store.ts';
import type { OwnAuthority, RotationView } from './authority.ts';
import { follow } from './follow.ts';
import { fingerprintOf } from './loaded.ts';
import { caMetrics } from './metrics.ts';
import { judge, peerCache } from './peer.ts';
import { createRevocations } from './revocations.ts';
import { dueStep, inState } from './roots.ts';
import { openRotation, type Rotation, rootsKey } from './rotation.ts';
import { readSealingKey } from './seal.ts';
import { createServerTls } from './server-certificate.ts';
import type { CaSettings } from './settings.ts';
import { createSigning } from './signing.ts';

export interface AuthorityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly settings: CaSettings;
  /** Whether the server still knows this agent: what was decided about it is kept then. Left out: it is kept until nothing can depend on it. */
  readonly knows?: (uid: string) => boolean;
}

/** 20,000 certificates that were read take about 10 MB: two for each of 10,000 agents. Reading one takes 0.1 ms, finding it 1 µs. */
const cachedPeers = 20_000;
const day = 86_400_000;

/** Rejects with FAIRLEAD_CA_* when the key file or what the store holds cannot be used. */
export async function createAuthority(deps: AuthorityDeps): Promise<OwnAuthority> {
  const { store, clock, log, settings } = deps;
  const metrics = caMetrics(deps.registry);
  const sealingKey = settings.keyEncryptionFile === undefined ? undefined : await readSealingKey(settings.keyEncryptionFile);
  const rotation = await openRotation({ store, clock, log, settings, sealingKey });
  const listeners = new Set<(uid: string, reason: string) => void>();
  const revocations = createRevocations(store, (uid, reason) => {
    for (const listener of listeners) listener(uid, reason);
  });
  const peers = peerCache(cachedPeers);
  const standing = {
    get trusted() {
      return rotation.roots.trustedIds;
    },
    revoked: revocations.revoked,
    generation: revocations.generation,
  };
  const { inspect, sign } = createSigning({ clock, log, settings, rotation, standing, metrics });
  const { serverTls, renew } = await createServerTls({ clock, log, settings, rotation, metrics });

  const tickMs = Math.min(60_000, Math.ceil(settings.serverCertificateLifetime / 20), Math.ceil(settings.rootLifetime / 100));
  const renewOrSay = () =>
    renew().catch((cause: unknown) => log.event('ca.server-certificate-failed', { retryIn: formatDuration(tickMs) }, cause));
  rotation.onChange(() => {
    peers.clear();
    void renewOrSay();
  });

  const keepMs = settings.agentCertificateLifetime + settings.renewWindow + day;
  const tick = async () => {
    try {
      await rotation.rotateWhenDue();
      await revocations.prune(clock.now() - keepMs, (uid) => deps.knows?.(uid) ?? false);
    } catch (cause) {
      log.event('ca.rotation-failed', { retryIn: formatDuration(tickMs) }, cause);
    }
    await renewOrSay();
    measure();
  };
  const measure = () => {
    metrics.rootEnds.set(rotation.roots.active.notAfterMs / 1_000);
    metrics.revocations.set(revocations.size);
  };
  const ending = new AbortController();
  let ticking = Promise.resolve();
  let cancelTick = () => {};
  const nextTick = () => {
    if (ending.signal.aborted) return;
    cancelTick = clock.after(tickMs, () => {
      ticking = tick().then(nextTick);
    });
  };

  const { done } = await follow(store, 'ca/', clock, ending.signal, {
    async reset(entries) {
      revocations.reset(entries);
      for (const entry of entries) await rotation.learn(entry);
    },
    async apply(events) {
      revocations.apply(events);
      for (const { key, entry } of events) if (key === rootsKey && entry !== undefined) await rotation.learn(entry);
    },
    lost: (retryInMs, cause) => log.event('ca.watch-lost', { retryIn: formatDuration(retryInMs) }, cause),
  });
  await renew();
  measure();
  nextTick();

  return {
    renewWindowMs: settings.renewWindow,
    inspect,
    sign,
    serverTls,
    roots: () => rootsOf(rotation),
    rotation: () => viewOf(rotation, clock.now()),
    rotate: rotation.rotate,
    verify(der, options = {}) {
      const peer = der === undefined ? undefined : peers.read(der, rotation.roots.trusted);
      const verified = judge(peer, standing, clock.now(), options.graceMs ?? 0);
      if (!verified.ok) metrics.peersRefused.inc({ reason: verified.reason });
      return verified;
    },
    async revoke(uid, reason) {
      await revocations.revoke(uid, reason, clock.now());
      measure();
      log.event('ca.revoked', { uid, reason });
    },
    async supersede(uid, reason) {
      await revocations.supersede(uid, reason, clock.now());
      log.event('ca.superseded', { uid, reason });
    },
    isRevoked: (uid) => revocations.revoked(uid) !== undefined,
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      cancelTick();
      listeners.clear();
      await Promise.all([done, ticking]);
      await renew().catch(() => {});
    },
  };
}

function rootsOf({ roots: { records, trusted, active } }: Rotation) {
  return trusted.map(({ id, certificate }) => {
    const { pem, notAfterMs } = records.find((root) => root.id === id) ?? active;
    return { pem, fingerprint: fingerprintOf(certificate), notAfterMs, active: id === active.id };
  });
}

function viewOf({ roots: { records, trusted, active }, policy }: Rotation, nowMs: number): RotationView {
  const retiring = inState(records, 'retiring');
  return {
    roots: trusted.map(({ id, certificate }) => {
      const { state, sinceMs, notAfterMs } = records.find((root) => root.id === id) ?? active;
      return { fingerprint: fingerprintOf(certificate), state, sinceMs, notAfterMs };
    }),
    due: dueStep(records, nowMs, policy),
    retireAtMs: retiring === undefined ? undefined : retiring.sinceMs + policy.overlapMs,
  };
}
