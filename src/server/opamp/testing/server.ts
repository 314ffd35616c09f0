/** A whole listener for agents on loopback, with a real authority and a store in memory. Production code does not import it. */
import { Registry } from 'prom-client';
import type * as z from 'zod';
import { systemClock } from '../../../core/clock.ts';
import { uuidv7 } from '../../../core/uuid.ts';
import type { FieldValue, Log } from '../../../observe/log.ts';
import { createAuthority } from '../../ca/create-authority.ts';
import { caSettings } from '../../ca/settings.ts';
import { testKey } from '../../ca/testing/csr.ts';
import type { ConfigVersion } from '../../configurations/configurations.ts';
import type { LivenessPolicy } from '../../fleet/agent.ts';
import { createFleet } from '../../fleet/create-fleet.ts';
import { createDetector } from '../../liveness/detector.ts';
import { openSqliteStore } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { createOpampListener, type OpampOptions } from '../listener.ts';
import { opampSettings } from '../settings.ts';

export interface TestIdentity {
  readonly uid: string;
  readonly keyPem: string;
  readonly chainPem: string;
  readonly bundlePem: string;
}

export interface TestServerOptions {
  readonly settings?: Partial<z.input<typeof opampSettings>>;
  readonly ca?: z.input<typeof caSettings>;
  readonly policy?: Partial<LivenessPolicy>;
  readonly store?: Store;
  readonly services?: OpampOptions['services'];
}

export const testPolicy: LivenessPolicy = { heartbeatIntervalMs: 30_000, ttlMs: 105_000, expireAfterMs: 86_400_000 };

/** Configurations by hand: what is wanted for everybody, and who was said to have changed. */
export function testConfigurations() {
  let wanted: ConfigVersion | undefined;
  const observed: string[] = [];
  const listeners = new Set<(uids: readonly string[] | undefined) => void>();
  return {
    observed: (uid: string) => void observed.push(uid),
    observations: observed,
    desired: () => wanted && { config: wanted, because: 'the test says so' },
    onChange(listener: (uids: readonly string[] | undefined) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    want(config: ConfigVersion | undefined) {
      wanted = config;
      for (const listener of listeners) listener(undefined);
    },
  };
}

export const testConfig = (version: number, body = `version: ${version}\n`): ConfigVersion => ({
  name: 'test',
  version,
  hash: version.toString(16).padStart(64, '0'),
  files: [{ name: 'fairlead.yaml', contentType: 'text/yaml', body }],
  createdAtMs: 0,
  createdBy: 'test',
  note: '',
});

export function testLog(): Log & { readonly said: { readonly name: string; readonly fields: Readonly<Record<string, FieldValue>> }[] } {
  const said: { name: string; fields: Readonly<Record<string, FieldValue>> }[] = [];
  const log = {
    said,
    event: (name: string, fields: Readonly<Record<string, FieldValue>> = {}, cause?: unknown) =>
      void said.push({ name, fields: cause instanceof Error ? { ...fields, cause: cause.message } : fields }),
    with: () => log,
  };
  return log;
}

export async function startTestServer(options: TestServerOptions = {}) {
  const clock = systemClock;
  const log = testLog();
  const registry = new Registry();
  const store = options.store ?? (await openSqliteStore({ path: ':memory:', clock }));
  const fleet = await createFleet({
    store,
    clock,
    log,
    registry,
    detector: createDetector({ tickMs: 50 }),
    tickMs: 50,
    defaults: { ...testPolicy, ...options.policy },
  });
  const authority = await createAuthority({
    store,
    clock,
    log,
    registry: new Registry(),
    settings: caSettings.parse(options.ca ?? {}),
    knows: (uid) => fleet.get(uid) !== undefined,
  });
  const configurations = testConfigurations();
  const settings = opampSettings.parse({ listen: '127.0.0.1:0', ...options.settings });
  const listener = await createOpampListener({
    settings,
    authority,
    fleet,
    store,
    configurations,
    ...(options.services === undefined ? {} : { services: options.services }),
    clock,
    log,
    registry,
  });
  return {
    clock,
    log,
    registry,
    store,
    fleet,
    authority,
    configurations,
    listener,
    port: listener.address.port,
    async enrol(name = 'agent', uid = uuidv7(Date.now())): Promise<TestIdentity> {
      const key = await testKey();
      await fleet.enrol({ uid, suggestedName: name, tokenId: 'test', tokenLabels: {}, ephemeral: false });
      const signed = await authority.sign(await key.csr(uid), uid, {});
      if (!signed.ok) throw new Error(signed.sentence);
      return { uid, keyPem: key.keyPem, chainPem: signed.issued.chainPem, bundlePem: signed.issued.bundlePem };
    },
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await authority[Symbol.asyncDispose]();
      await fleet[Symbol.asyncDispose]();
      if (options.store === undefined) await store[Symbol.asyncDispose]();
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;
