/** Starts a server: opens the store, brings its parts together, and opens the listeners last, each apart from the others. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Registry } from 'prom-client';
import type { ListenAddress } from '../config/fields.ts';
import type { Clock } from '../core/clock.ts';
import { parseSelector } from '../core/labels.ts';
import type { Log } from '../observe/log.ts';
import { processMetrics } from '../observe/process-metrics.ts';
import { createTracer, noTracer, type Tracer } from '../observe/traces.ts';
import { createAuditTrail } from './api/audit.ts';
import { createChangeFeed } from './api/events.ts';
import { createApi } from './api/index.ts';
import { createApiTokens } from './api/tokens.ts';
import { createAuthority } from './ca/create-authority.ts';
import { readSealingKey } from './ca/seal.ts';
import { createConfigurations } from './configurations/center.ts';
import type { Validate } from './configurations/validation.ts';
import { validator } from './configurations/validation.ts';
import type { Role } from './discovery/access.ts';
import type { AgentNode } from './discovery/catalog/agents.ts';
import { createConsulHandler } from './discovery/consul.ts';
import { createDnsServer } from './discovery/dns/server.ts';
import { createHttpSdHandler } from './discovery/http-sd.ts';
import { createRegistry } from './discovery/registry.ts';
import { createEnrolment } from './enrolment/enrolment.ts';
import { enrolmentTlsOptions, followServerTls } from './enrolment/tls.ts';
import { prepareDataDir, writeAdminContext } from './first-start.ts';
import { createFleet } from './fleet/create-fleet.ts';
import { agentFacts, agentsOf } from './fleet/facts.ts';
import { createOutageJournal } from './fleet/outages.ts';
import type { Handler } from './http/exchange.ts';
import { healthServer } from './http/health.ts';
import { addressText, close, listen, withPort } from './http/listen.ts';
import { createDetector } from './liveness/detector.ts';
import { livenessMetrics } from './liveness/metrics.ts';
import { livenessPolicy, policyFor } from './liveness/policy.ts';
import { createOpampListener } from './opamp/listener.ts';
import type { ServerSettings } from './settings.ts';
import { livenessSpelling, serverName } from './settings.ts';
import { openSqliteStore } from './store/sqlite.ts';

/** Changes of an agent that a rollout may wait for. */
const decides: ReadonlySet<string> = new Set(['liveness', 'labels', 'removed', 'health', 'config', 'enrolled']);

/** Changes of an agent that its node in the catalog shows. */
const placed: ReadonlySet<string> = new Set(['connection', 'description', 'labels']);

export interface ServerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Validators of kinds of configurations; who wires server and agent together knows the agent's. */
  readonly validators?: Readonly<Record<string, Validate>>;
}

export interface RunningServer extends AsyncDisposable {
  readonly name: string;
  /** Where each listener really listens. */
  readonly addresses: Readonly<Record<'agents' | 'enrolment' | 'api' | 'discovery' | 'dns' | 'health', ListenAddress>>;
  readonly enrolUrl: string;
  readonly agentUrl: string;
  /** The context file of the first administrator. */
  readonly contextFile: string;
  readonly caFingerprint: string;
  /** Rejects when the server cannot go on. */
  readonly failed: Promise<never>;
}

export async function startServer(settings: ServerSettings, deps: ServerDeps): Promise<RunningServer> {
  await using stack = new AsyncDisposableStack();
  const { clock, log, version } = deps;
  const name = serverName(settings);
  const failure = Promise.withResolvers<never>();
  // Nobody may be listening yet; whoever does gets it.
  failure.promise.catch(() => {});
  await prepareDataDir(settings.dataDir);

  const registry = new Registry();
  stack.use(processMetrics(registry, version));
  const endpoint = settings.traces.endpoint ?? deps.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracer =
    endpoint === undefined
      ? noTracer
      : createTracer({
          endpoint,
          resource: { 'service.name': 'fairlead-server', 'service.instance.id': name, 'service.version': version },
          clock,
          onLost: (count, reason) => log.event('server.spans-lost', { count, reason }),
        });
  stack.use(tracer);
  // What cannot be read ends the start before anything is opened.
  if (settings.ca.keyEncryptionFile !== undefined) await readSealingKey(settings.ca.keyEncryptionFile);
  const store = stack.use(await openSqliteStore({ path: join(settings.dataDir, 'fairlead.sqlite'), clock, log, registry }));

  const authority = stack.use(
    await createAuthority({
      store,
      clock,
      log,
      registry,
      settings: { ...settings.ca, serverNames: namesOf(settings) },
      // Asked by what runs later: the fleet needs the store alone, and is there by then.
      knows: (uid) => fleet.get(uid) !== undefined,
    }),
  );
  const { defaults, groups } = livenessRules(settings);
  const detector = createDetector({ brake: { share: settings.liveness.brake.share, minSilent: settings.liveness.brake.atLeast } });
  livenessMetrics(registry, detector);
  const fleet = stack.use(
    await createFleet({
      store,
      clock,
      log,
      registry,
      detector,
      defaults: livenessPolicy(defaults),
      policyOf: (labels, own) => policyFor(labels, groups, own, defaults),
    }),
  );
  const configurations = stack.use(
    await createConfigurations({ store, agents: agentsOf(fleet), clock, log, registry, validate: validator(deps.validators) }),
  );
  const services = stack.use(
    await createRegistry({
      store,
      clock,
      log,
      registry,
      datacenter: settings.discovery.datacenter,
      node: { name: settings.name ?? 'fairlead-server', address: reachableHost(settings.discovery.http) },
    }),
  );

  const agentsListen = await withPort(settings.agents.listen);
  const agentUrl = settings.agents.publicUrl ?? publicUrl('wss', agentsListen, '/v1/opamp');
  const agents = stack.use(
    await createOpampListener({
      settings: { ...settings.agents, listen: agentsListen, publicUrl: agentUrl },
      authority,
      fleet,
      store,
      configurations,
      services: {
        setAgentServices: (uid, node, all) => services.setAgentServices(uid, nodeOf(uid) ?? node, all),
        setAgentLiveness: (uid, state) => services.setAgentLiveness(uid, state),
      },
      clock,
      log,
      registry,
    }),
  );
  const enrolment = stack.use(
    createEnrolment({ store, clock, log, authority, fleet, settings: settings.enrolment, servers: () => [agentUrl], registry }),
  );

  const feed = stack.use(createChangeFeed(clock));
  stack.defer(
    fleet.onChange((change) => {
      const { kind, ...rest } = change;
      feed.publish({ kind: `agent.${kind}`, data: { name: fleet.get(change.uid)?.record.name ?? '', ...rest } });
      if (kind === 'removed') services.removeAgent(change.uid);
      const node = placed.has(kind) ? nodeOf(change.uid) : undefined;
      if (node !== undefined) services.setAgentNode(change.uid, node);
      if (decides.has(kind)) configurations.observed(change.uid);
    }),
  );
  stack.defer(
    configurations.onChange((uids) =>
      feed.publish({ kind: 'configuration.changed', data: uids === undefined ? {} : { agents: uids.length } }),
    ),
  );

  const apiTokens = createApiTokens(store, clock);
  const enrolmentServer = createHttpsServer(
    { ...enrolmentTlsOptions(authority), requestTimeout: 20_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    traced(tracer, 'enrolment', enrolment.handler),
  );
  stack.defer(followServerTls(authority, enrolmentServer));
  enrolment.guard(enrolmentServer);
  const enrolmentAddress = await opened(enrolmentServer, 'the listener of those who join (enrolment.listen)', settings.enrolment.listen);
  const enrolUrl = settings.enrolment.publicUrl ?? publicUrl('https', { ...settings.enrolment.listen, port: enrolmentAddress.port }, '');

  const api = stack.use(
    createApi({
      version,
      fleet,
      authority,
      configurations,
      services,
      tokens: enrolment.tokens,
      pending: enrolment.pending,
      outages: createOutageJournal(store),
      apiTokens,
      audit: createAuditTrail(store, clock),
      feed,
      facts: agentFacts,
      enrolUrl,
      clock,
      log,
      tracer,
      registry,
    }),
  );
  const apiServer = createHttpsServer(
    { ...enrolmentTlsOptions(authority), requestCert: false, requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    api.handler,
  );
  stack.defer(followServerTls(authority, apiServer));
  const apiAddress = await opened(apiServer, "the operators' API (api.listen)", settings.api.listen);

  const authorise = async (token: string | undefined): Promise<Role | undefined> => {
    const who = await apiTokens.identify(token);
    if (who.ok) return who.role;
    // A wrong token is refused; none at all may do what the settings say.
    if (token !== undefined || settings.discovery.anonymous === 'none') return undefined;
    return settings.discovery.anonymous === 'read' ? 'reader' : 'agent';
  };
  const consul = createConsulHandler({ registry: services, authorise, log });
  const httpSd = createHttpSdHandler({ registry: services, authorise, log });
  const discoveryServer = createHttpServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => (request.url?.startsWith('/v1/prometheus/') ? httpSd(request, response) : consul(request, response)),
  );
  // Prometheus and vmagent keep idle connections for minutes.
  discoveryServer.keepAliveTimeout = 90_000;
  // Blocked queries would hold a stop for the whole grace, and lose nothing when they break off.
  const discoveryAddress = await opened(discoveryServer, 'the listener of discovery (discovery.http)', settings.discovery.http, 200);
  const dns = stack.use(
    await createDnsServer({
      registry: services,
      log,
      ...settings.discovery.dns,
      domains: [settings.discovery.domain.replace(/\.$/, ''), 'consul'],
      ttlMs: settings.discovery.ttl,
    }),
  );

  let stopping = false;
  const health = healthServer({ registry, version, notReady: () => (stopping ? ['the server is stopping'] : []) });
  const healthAddress = await opened(health, 'the listener of health and metrics (health.listen)', settings.health.listen);
  stack.defer(() => {
    stopping = true;
  });

  const contextFile = await writeAdminContext({
    dataDir: settings.dataDir,
    apiUrl: `https://${addressText({ host: reachableHost(settings.api.listen), port: apiAddress.port })}`,
    bundlePem: authority
      .roots()
      .map(({ pem }) => pem)
      .join(''),
    tokens: apiTokens,
  });
  const addresses = {
    agents: agents.address,
    enrolment: enrolmentAddress,
    api: apiAddress,
    discovery: discoveryAddress,
    dns: { host: settings.discovery.dns.host, port: dns.port },
    health: healthAddress,
  };
  log.event('server.started', {
    name,
    version,
    ...Object.fromEntries(Object.entries(addresses).map(([key, value]) => [key, addressText(value)])),
    context: contextFile,
  });
  const running = stack.move();
  return {
    name,
    addresses,
    enrolUrl,
    agentUrl,
    contextFile,
    caFingerprint: authority.roots().find(({ active }) => active)?.fingerprint ?? '',
    failed: failure.promise,
    async [Symbol.asyncDispose]() {
      log.event('server.stopping', { name });
      await running.disposeAsync();
      log.event('server.stopped', { name });
    },
  };

  /** An agent is a node, so that it is found by name and its metrics are scraped. */
  function nodeOf(uid: string): AgentNode | undefined {
    const live = fleet.get(uid);
    if (live?.connection === undefined) return undefined;
    const { name: agentName, labels, attributes } = live.record;
    const metricsUrl = attributes['fairlead.metrics.url'];
    return { name: agentName, address: hostOf(live.connection.remote), labels, ...(metricsUrl === undefined ? {} : { metricsUrl }) };
  }

  async function opened(
    server: import('node:http').Server,
    what: string,
    address: ListenAddress,
    graceMs?: number,
  ): Promise<ListenAddress> {
    // What a client breaks off, or speaks that is no HTTP, ends that connection and nothing else.
    server.on('clientError', (_error: Error, socket: Duplex) => socket.destroy());
    const { address: host, port } = await listen(server, what, address);
    server.on('error', (error) => failure.reject(error));
    stack.defer(() => close(server, graceMs));
    return { host, port };
  }
}

/** A span for each request. */
function traced(tracer: Tracer, name: string, handler: Handler): Handler {
  return async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 128) ?? '';
    const span = tracer.start(name, { method: request.method ?? '', path }, String(request.headers.traceparent ?? ''));
    response.once('close', () => {
      span.set({ status: response.statusCode });
      span.end();
    });
    await handler(request, response);
  };
}

/** In the server's certificate: what the settings name, this machine's name, and its addresses where it listens on all of them. */
function namesOf({ ca, agents, enrolment, api }: ServerSettings): readonly string[] & string[] {
  const everywhere = [agents, enrolment, api].some(({ listen: { host } }) => host === '::' || host === '0.0.0.0');
  const own = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address)).map(({ address }) => address),
  );
  return [...new Set([...ca.serverNames, hostname(), ...(everywhere ? own.slice(0, 32) : [])])];
}

/** How a client on this or another machine reaches a listener that may listen everywhere. */
function reachableHost({ host }: ListenAddress): string {
  return host === '::' || host === '0.0.0.0' ? hostname() : host;
}

/** `192.0.2.7:50123` and `[2001:db8::7]:50123` without the port. */
function hostOf(remote: string): string {
  return remote.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function publicUrl(scheme: 'wss' | 'https', address: ListenAddress, path: string): string {
  return `${scheme}://${addressText({ host: reachableHost(address), port: address.port })}${path}`;
}

function livenessRules({ liveness }: ServerSettings) {
  return {
    defaults: livenessSpelling(liveness),
    groups: liveness.groups.flatMap((group) => {
      const parsed = parseSelector(group.selector);
      return parsed.ok ? [{ selector: parsed.selector, policy: livenessSpelling(group) }] : [];
    }),
  };
}
