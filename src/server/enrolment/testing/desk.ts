/** Enrolment with a real store, authority and fleet around it. Production code does not import it. */
import { Registry } from 'prom-client';
import { type ManualClock, manualClock } from '../../../core/manual-clock.ts';
import type { EnrolRequest } from '../../../protocol/enrolment.ts';
import type { OwnAuthority } from '../../ca/authority.ts';
import { listeningLog, testAuthority } from '../../ca/testing/authority.ts';
import { createFleet } from '../../fleet/create-fleet.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { createDetector } from '../../liveness/detector.ts';
import { openSqliteStore } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { type EnrolParts, enrol } from '../enrol.ts';
import { createEnrolment, type Enrolments } from '../enrolment.ts';
import type { Outcome } from '../outcome.ts';
import { createPending } from '../pending.ts';
import { enrolmentSettings } from '../settings.ts';
import { type TokenRequest, tokenRequest } from '../token.ts';

export interface Desk extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly log: ReturnType<typeof listeningLog>;
  readonly registry: Registry;
  readonly authority: OwnAuthority;
  readonly fleet: Fleet;
  readonly enrolments: Enrolments;
  readonly parts: EnrolParts;
  /** A token, by what differs from the default of one use within an hour. */
  token(request?: Partial<TokenRequest>): Promise<string>;
  enrol(request: EnrolRequest): Promise<Outcome>;
}

export interface DeskOptions {
  readonly path?: string;
  readonly clock?: ManualClock;
  /** Stands between the parts and the store: to delay, to fail. */
  readonly wrap?: (store: Store) => Store;
  readonly settings?: Parameters<typeof enrolmentSettings.parse>[0];
  readonly ca?: Parameters<typeof testAuthority>[2];
}

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const { path = ':memory:', clock = manualClock(), wrap = (store) => store } = options;
  await using opened = new AsyncDisposableStack();
  const inner = opened.use(await openSqliteStore({ path, clock }));
  const store = wrap(inner);
  const log = listeningLog();
  const registry = new Registry();
  const authority = opened.use(await testAuthority(inner, clock, options.ca, log));
  const defaults = { heartbeatIntervalMs: 30_000, ttlMs: 90_000, expireAfterMs: 86_400_000 };
  const fleet = opened.use(await createFleet({ store, clock, log, registry: new Registry(), detector: createDetector(), defaults }));
  const settings = enrolmentSettings.parse(
    options.settings ?? { rate: 10_000, burst: 10_000, ratePerAddress: 10_000, burstPerAddress: 10_000 },
  );
  const deps = { store, clock, log, authority, fleet, settings, servers: () => ['wss://fairlead.example.org:8443/v1/opamp'] };
  const enrolments = opened.use(createEnrolment({ ...deps, registry }));
  const parts: EnrolParts = { ...deps, tokens: enrolments.tokens, pending: createPending(store, clock, log, settings) };
  const rest = opened.move();
  return {
    clock,
    store,
    log,
    registry,
    authority,
    fleet,
    enrolments,
    parts,
    token: async (request = {}) => (await enrolments.tokens.create({ ...tokenRequest.parse({}), ...request }, 'ada')).token,
    enrol: (request) => enrol(parts, request, '192.0.2.7'),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
