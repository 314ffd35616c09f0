/** The certificate of our own listeners: made at the start, renewed at two thirds of its life and when the authority changes. */
import { parseAddress } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { TlsCredentials } from './authority.ts';
import type { LoadedRoots } from './loaded.ts';
import type { CaMetrics } from './metrics.ts';
import type { Rotation } from './rotation.ts';
import type { CaSettings } from './settings.ts';
import { exportPkcs8, generateKeys, newSerial, signLeaf } from './x509.ts';

interface ServerCertificate {
  readonly credentials: TlsCredentials;
  readonly signedBy: string;
  /** Of which authorities its bundle is. */
  readonly bundleRevision: number;
  readonly renewAtMs: number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface ServerTlsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: CaSettings;
  readonly rotation: Rotation;
  readonly metrics: CaMetrics;
}

export interface ServerTls {
  serverTls(use: (credentials: TlsCredentials) => void): () => void;
  /** Makes a new certificate when one is due, and tells the users. Rejects when that fails; the old one stays in use. */
  renew(): Promise<void>;
}

export async function createServerTls({ clock, log, settings, rotation, metrics }: ServerTlsDeps): Promise<ServerTls> {
  const users = new Set<(credentials: TlsCredentials) => void>();
  const make = async () => {
    const made = await makeServerCertificate(rotation.roots, clock, settings);
    metrics.issued.inc({ kind: 'server' });
    metrics.serverEnds.set(made.notAfterMs / 1_000);
    return made;
  };
  let current = await make();
  const renewWhenDue = async () => {
    if (!isDue(current, rotation.roots, clock.now())) return;
    current = await make();
    log.event('ca.server-certificate', { names: settings.serverNames.join(', '), notAfter: new Date(current.notAfterMs).toISOString() });
    for (const use of users) use(current.credentials);
  };
  /** One renewal after the other: two at once would each tell the users, the older one last. */
  let tail: Promise<void> = Promise.resolve();
  return {
    serverTls(use) {
      users.add(use);
      use(current.credentials);
      return () => users.delete(use);
    },
    renew() {
      const turn = tail.then(renewWhenDue);
      tail = turn.catch(() => {});
      return turn;
    },
  };
}

/** The key is new each time and lives in memory only: each server has its own, and none is worth keeping. */
async function makeServerCertificate(roots: LoadedRoots, clock: Clock, settings: CaSettings): Promise<ServerCertificate> {
  const keys = await generateKeys();
  const nowMs = Math.floor(clock.now() / 1_000) * 1_000;
  const notAfterMs = Math.min(nowMs + settings.serverCertificateLifetime, roots.active.notAfterMs);
  const validity = { notBeforeMs: nowMs - settings.backdate, notAfterMs };
  const names = settings.serverNames.map((value) => ({
    type: parseAddress(value) === undefined ? ('dns' as const) : ('ip' as const),
    value,
  }));
  const leaf = await signLeaf(
    { ...validity, serial: newSerial(), commonName: 'fairlead server', publicKey: keys.publicKey, usage: 'server', names },
    roots.signer,
  );
  const pkcs8 = Buffer.from(await exportPkcs8(keys.privateKey)).toString('base64');
  return {
    credentials: {
      keyPem: `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`,
      chainPem: leaf + roots.chainTail,
      bundlePem: roots.bundlePem,
    },
    signedBy: roots.active.id,
    bundleRevision: roots.modRevision,
    renewAtMs: nowMs + ((notAfterMs - nowMs) * 2) / 3,
    ...validity,
  };
}

/** By the wall clock, which may have been stepped either way since. */
function isDue(certificate: ServerCertificate, roots: LoadedRoots, nowMs: number): boolean {
  return (
    nowMs >= certificate.renewAtMs ||
    nowMs < certificate.notBeforeMs ||
    certificate.signedBy !== roots.active.id ||
    certificate.bundleRevision !== roots.modRevision
  );
}
