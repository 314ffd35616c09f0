/** A whole control plane on loopback, of the server's own parts: authority, enrolment, fleet, OpAMP. Production code does not import it. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import type * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { createAuthority } from '../../server/ca/create-authority.ts';
import { caSettings } from '../../server/ca/settings.ts';
import { createEnrolment } from '../../server/enrolment/enrolment.ts';
import { enrolmentSettings } from '../../server/enrolment/settings.ts';
import { enrolmentTlsOptions, followServerTls } from '../../server/enrolment/tls.ts';
import { type TokenRequest, tokenRequest } from '../../server/enrolment/token.ts';
import { createFleet } from '../../server/fleet/create-fleet.ts';
import { createDetector } from '../../server/liveness/detector.ts';
import { createOpampListener, type OpampListener } from '../../server/opamp/listener.ts';
import { opampSettings } from '../../server/opamp/settings.ts';
import { testConfigurations } from '../../server/opamp/testing/server.ts';
import { openSqliteStore } from '../../server/store/sqlite.ts';
import { listeningLog } from './log.ts';

export interface ControlPlaneOptions {
  readonly clock?: Clock;
  readonly ca?: z.input<typeof caSettings>;
  readonly opamp?: z.input<typeof opampSettings>;
  readonly heartbeatIntervalMs?: number;
  /** Whether the server knows its own address, as one in production does. */
  readonly publicUrl?: boolean;
}

export async function startControlPlane(options: ControlPlaneOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const clock = options.clock ?? systemClock;
  const log = listeningLog();
  const registry = new Registry();
  const store = stack.use(await openSqliteStore({ path: ':memory:', clock }));
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? 30_000;
  const fleet = stack.use(
    await createFleet({
      ...{ store, clock, log, registry, detector: createDetector({ tickMs: 50 }), tickMs: 50 },
      defaults: { heartbeatIntervalMs, ttlMs: heartbeatIntervalMs * 3, expireAfterMs: 86_400_000 },
    }),
  );
  const settings = caSettings.parse(options.ca ?? {});
  const knows = (uid: string) => fleet.get(uid) !== undefined;
  const authority = stack.use(await createAuthority({ store, clock, log, registry: new Registry(), settings, knows }));
  const configurations = testConfigurations();
  const freePort = options.publicUrl === false ? 0 : await findFreePort();
  const open = (port: number): Promise<OpampListener> =>
    createOpampListener({
      ...{ authority, fleet, store, configurations, clock, log, registry: new Registry() },
      settings: opampSettings.parse({
        listen: `127.0.0.1:${port}`,
        ...(options.publicUrl === false ? {} : { publicUrl: `wss://127.0.0.1:${port}/v1/opamp` }),
        drain: '100ms',
        ...options.opamp,
      }),
    });
  let listener: OpampListener | undefined = await open(freePort);
  const { port } = listener.address;
  const url = `wss://127.0.0.1:${port}/v1/opamp`;
  stack.defer(async () => listener?.[Symbol.asyncDispose]());
  const enrolments = stack.use(
    createEnrolment({
      ...{ store, clock, log, authority, fleet, registry: new Registry(), servers: () => [url] },
      settings: enrolmentSettings.parse({ pendingRetry: '200ms' }),
    }),
  );
  const enrolment = createServer(enrolmentTlsOptions(authority), (request, response) => void enrolments.handler(request, response));
  stack.defer(followServerTls(authority, enrolment));
  enrolment.listen(0, '127.0.0.1');
  await once(enrolment, 'listening');
  stack.defer(async () => {
    enrolment.closeAllConnections();
    enrolment.close();
  });
  // A TCP server's address is an object.
  const enrolUrl = `https://127.0.0.1:${(enrolment.address() as AddressInfo).port}`;
  const rest = stack.move();
  return {
    ...{ clock, log, fleet, authority, configurations, enrolments, url, enrolUrl, port },
    pin: authority.roots()[0]?.fingerprint ?? '',
    token: async (request: Partial<TokenRequest> = {}) =>
      (await enrolments.tokens.create({ ...tokenRequest.parse({}), ...request }, 'ada')).token,
    /** The address that agents speak to goes away, and comes back at the same port. */
    async stopListening() {
      await listener?.[Symbol.asyncDispose]();
      listener = undefined;
    },
    async listenAgain() {
      listener = await open(port);
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // As above.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
