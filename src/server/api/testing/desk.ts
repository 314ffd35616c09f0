/** The API over real HTTP, on a real store with real parts around it, and a clock that the test moves. Production code does not import it. */
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { type ManualClock, manualClock } from '../../../core/manual-clock.ts';
import { uuidv7 } from '../../../core/uuid.ts';
import { createLog } from '../../../observe/log-writer.ts';
import { noTracer } from '../../../observe/traces.ts';
import { testAuthority } from '../../ca/testing/authority.ts';
import { createConfigurations } from '../../configurations/center.ts';
import type { ConfigurationCenter } from '../../configurations/configurations.ts';
import { validator } from '../../configurations/validation.ts';
import { createRegistry, type DiscoveryRegistry } from '../../discovery/registry.ts';
import { createEnrolment } from '../../enrolment/enrolment.ts';
import { enrolmentSettings } from '../../enrolment/settings.ts';
import { createFleet } from '../../fleet/create-fleet.ts';
import { agentFacts, agentsOf } from '../../fleet/facts.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { FleetIntake } from '../../fleet/intake.ts';
import { createOutageJournal, type OutageJournal } from '../../fleet/outages.ts';
import { createDetector } from '../../liveness/detector.ts';
import { openSqliteStore } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { type AuditEntry, createAuditTrail } from '../audit.ts';
import { type ChangeFeed, createChangeFeed } from '../events.ts';
import { createApi } from '../index.ts';
import { matcher } from '../match.ts';
import { type Role, type Route, roles } from '../route.ts';
import type { RouterLimits } from '../router.ts';
import { type ApiTokens, createApiTokens } from '../tokens.ts';

export interface Asked {
  readonly token?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, without a content type. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // Answers are read by tests, which know what they asked for.
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs from one operation to the next
  readonly json: any;
}

export interface ApiDesk extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly fleet: Fleet & FleetIntake;
  readonly configurations: ConfigurationCenter;
  readonly services: DiscoveryRegistry;
  readonly outages: OutageJournal;
  readonly feed: ChangeFeed;
  readonly registry: Registry;
  readonly apiTokens: ApiTokens;
  readonly routes: readonly Route[];
  /** A token of each role. */
  readonly tokens: Readonly<Record<Role, string>>;
  /** Every line of the log so far. */
  readonly logged: readonly string[];
  /** The path goes onto the wire as it is. An answer of success must have the shape that its operation promises. */
  ask(method: string, path: string, asked?: Asked): Promise<Answered>;
  /** Ends every connection, as a network does. */
  cut(): void;
  audited(): Promise<readonly AuditEntry[]>;
  /** An agent that was heard, with these labels. */
  agent(name: string, labels?: Readonly<Record<string, string>>): Promise<string>;
}

export interface ApiDeskOptions {
  readonly limits?: Partial<RouterLimits>;
  readonly clock?: ManualClock;
  /** Stands between the API's own records (tokens, audit) and the store: to fail. */
  readonly wrap?: (store: Store) => Store;
}

export async function openApiDesk({ limits = {}, clock = manualClock(), wrap = (store) => store }: ApiDeskOptions = {}): Promise<ApiDesk> {
  await using opened = new AsyncDisposableStack();
  const logged: string[] = [];
  const log = createLog({ level: 'debug', format: 'json', clock, write: (line) => void logged.push(line) });
  const registry = new Registry();
  const store = opened.use(await openSqliteStore({ path: ':memory:', clock }));
  const authority = opened.use(await testAuthority(store, clock, {}, log));
  const defaults = { heartbeatIntervalMs: 30_000, ttlMs: 90_000, expireAfterMs: 86_400_000 };
  const fleet = opened.use(await createFleet({ store, clock, log, registry, detector: createDetector(), defaults }));
  const configurations = opened.use(
    await createConfigurations({ store, agents: agentsOf(fleet), clock, log, registry, validate: validator() }),
  );
  opened.defer(fleet.onChange(({ uid }) => configurations.observed(uid)));
  const node = { name: 'control-1', address: '127.0.0.1' };
  const services = opened.use(await createRegistry({ store, clock, log, registry, node }));
  const settings = enrolmentSettings.parse({});
  const enrolment = opened.use(createEnrolment({ store, clock, log, authority, fleet, settings, servers: () => [], registry }));
  const feed = opened.use(createChangeFeed(clock));
  const outages = createOutageJournal(store);
  const apiTokens = createApiTokens(wrap(store), clock);
  const audit = createAuditTrail(wrap(store), clock);
  const api = opened.use(
    createApi({
      ...{ version: '0.0.0', fleet, authority, configurations, services, outages, apiTokens, audit, feed, facts: agentFacts },
      ...{ tokens: enrolment.tokens, pending: enrolment.pending, enrolUrl: 'https://fairlead.example.org:8444' },
      ...{ clock, log, tracer: noTracer, registry, limits },
    }),
  );
  const tokens = Object.fromEntries(
    await Promise.all(
      roles.map(async (role) => [role, (await apiTokens.create({ name: `test ${role}`, role, createdBy: 'test' })).token] as const),
    ),
    // Made from all roles.
  ) as Record<Role, string>;
  const server = createServer((incoming, response) => void api.handler(incoming, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  opened.defer(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  const find = matcher(api.routes);
  const rest = opened.move();

  return {
    ...{ port, clock, store, fleet, configurations, services, outages, feed, registry, apiTokens, tokens, logged, routes: api.routes },
    url: `http://127.0.0.1:${port}`,
    async ask(method, path, asked = {}) {
      const answered = await send(port, method, path, asked);
      const match = find(method, path);
      if (answered.status < 300 && 'route' in match) {
        const { definition } = match.route;
        if (answered.status !== (definition.status ?? 200))
          throw new Error(`${definition.id} promises ${definition.status ?? 200}, not ${answered.status}`);
        if (definition.contentType === undefined) definition.answer.parse(answered.json);
      }
      return answered;
    },
    cut: () => server.closeAllConnections(),
    audited: async () => (await audit.list({ limit: 1_000 })).entries,
    async agent(name, labels = {}) {
      const uid = uuidv7(clock.now());
      await fleet.enrol({ uid, suggestedName: name, tokenId: 't1', tokenLabels: labels, ephemeral: false });
      fleet.report(uid, { capabilities: 0x1 | 0x2 | 0x4 | 0x800 | 0x1000 });
      fleet.heard(uid);
      clock.advance(0);
      return uid;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function send(port: number, method: string, path: string, { token, body, raw, headers = {} }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const outgoing = request({
      ...{ host: '127.0.0.1', port, method, path, agent: false },
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
        ...headers,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const done = (text: string) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) });
      // A stream has no end: its beginning is the answer.
      if (response.headers['content-type']?.startsWith('text/event-stream')) {
        response.destroy();
        return done('');
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(Buffer.concat(chunks).toString()));
      response.on('error', reject);
    });
    outgoing.end(content);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
