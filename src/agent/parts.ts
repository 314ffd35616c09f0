/**
 * Everything an agent does beside being connected, in the order in which it has to be started. agent.ts calls, in this order:
 *
 *   const parts = await startParts({…});     // journal read, last good configuration running, health port open
 *   const connection = …({ inbound: parts.inbound, …});
 *   parts.attach(connection);                // reports health, configuration, host, links, outages, services
 *   parts.ready();                           // /health/ready says yes, systemd is told
 *   …
 *   await parts[Symbol.asyncDispose]();      // before the connection is closed: tells systemd, ends checks, closes the journal
 */
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { parse } from 'yaml';
import type { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { SourceText } from '../core/text.ts';
import type { Log } from '../observe/log.ts';
import type { HostLink } from '../protocol/host-report.ts';
import type { Connection, ConnectionState, Inbound } from './connection/connection.ts';
import { healthMetrics } from './health/metrics.ts';
import { notReady } from './health/readiness.ts';
import { createSdNotify } from './health/sd-notify.ts';
import { type HealthServer, startHealthServer } from './health/server.ts';
import { createHealthTree } from './health/tree.ts';
import { hereAndNow } from './host/collect.ts';
import { createHost } from './host/host.ts';
import { hostMetrics } from './host/metrics.ts';
import { deliverJournal } from './journal/deliver.ts';
import { openJournal } from './journal/journal.ts';
import { journalMetrics } from './journal/metrics.ts';
import { systemUptime } from './journal/uptime.ts';
import { watchControl } from './links/control.ts';
import { createLinks } from './links/links.ts';
import { linksMetrics } from './links/metrics.ts';
import { systemResolve } from './links/resolve.ts';
import type { HealthSink, Part } from './part.ts';
import type { PlaneName, Planes } from './planes/planes.ts';
import { remoteMetrics } from './remote/metrics.ts';
import { createRemote } from './remote/remote.ts';
import { servicesMetrics } from './services/metrics.ts';
import { createServices } from './services/services.ts';
import type { HealthSettings } from './settings/health.ts';
import type { HostSettings } from './settings/host.ts';
import type { JournalSettings } from './settings/journal.ts';
import type { LinksSettings } from './settings/links.ts';
import type { LogSettings } from './settings/log.ts';
import type { RemoteSettings } from './settings/remote.ts';
import type { ServicesSettings } from './settings/services.ts';

/** The sections of the agent's settings that are read here; others may be there too. */
export interface PartsSettings {
  readonly health: HealthSettings;
  readonly host: HostSettings;
  readonly journal: JournalSettings;
  readonly links: LinksSettings;
  readonly log: LogSettings;
  readonly remote: RemoteSettings;
  readonly services: ServicesSettings;
}

export interface PartsOptions {
  readonly settings: PartsSettings;
  /** The local file as it was read: the effective configuration shows what people wrote. */
  readonly source: SourceText;
  /** The whole settings definition; defaults of the effective configuration come from it. */
  readonly schema: z.ZodType;
  /** The sections that a configuration from the server may hold, each optional: `agentSettings.pick({ links: true, … }).partial()`. */
  readonly remoteSchema: z.ZodType;
  readonly planes: Planes;
  /** The agent's data folder; parts use `journal/` and `remote/` in it. */
  readonly dataDir: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Parts of others that a remote configuration may change: `heartbeat`, `log`, `labels`. They run with their local section already. */
  readonly others: readonly Part[];
}

export interface Parts extends AsyncDisposable {
  /** For the connection: where configurations of the server go. */
  readonly inbound: Inbound;
  /** For identity, join and connection: they have components in the health tree too (`connection`, `identity`). */
  readonly health: HealthSink;
  /** The address that health is served on; undefined when it is off. */
  readonly healthAddress: { readonly host: string; readonly port: number } | undefined;
  attach(connection: Connection): void;
  /** Everything has started. */
  ready(): void;
  /** One line for `systemctl status`. */
  status(sentence: string): void;
}

/** Health is reported a moment after it changed, so that what changes together is one message. */
const reportHealthAfterMs = 200;

/**
 * Throws FairleadError when the journal or the health address cannot be used; then nothing is left running. Everything else that
 * does not work is said in the log and in the health tree, and the agent goes on.
 */
export async function startParts(options: PartsOptions): Promise<Parts> {
  const { settings, clock, log, registry, random, planes, environment, others } = options;
  await using stack = new AsyncDisposableStack();
  const tree = createHealthTree(clock);
  const uptime = systemUptime();
  let started = false;
  let stopping = false;
  let stop: Promise<void> | undefined;

  const notify = stack.use(
    createSdNotify({
      environment,
      pid: process.pid,
      clock,
      log,
      monotonicUsec: () => process.hrtime.bigint() / 1_000n,
      alive: () => !stopping,
    }),
  );
  const journal = stack.use(
    await openJournal(settings.journal, { dir: join(options.dataDir, 'journal'), clock, uptime, log, metrics: journalMetrics(registry) }),
  );
  stack.defer(
    journal.onChange(() => {
      const problem = journal.problem();
      if (problem === undefined) tree.set('journal', { healthy: true, status: 'writable' });
      else tree.set('journal', { healthy: false, status: 'not writable', lastError: problem });
    }),
  );
  const conditions = () => notReady({ started, stopping, components: tree.components() }, settings.health.readiness);
  healthMetrics(
    registry,
    () => conditions().length === 0,
    () => tree.components(),
  );
  const health: HealthServer | undefined = settings.health.enabled
    ? stack.use(
        await startHealthServer(settings.health.listen, {
          registry,
          notReady: conditions,
          about: () => ({ version: options.version, uptimeMs: Math.round(process.uptime() * 1_000) }),
        }),
      )
    : undefined;
  if (health !== undefined) log.event('agent.health.listening', { address: hostPort(health.address) });

  const remote = stack.use(
    await createRemote(settings.remote, {
      dir: join(options.dataDir, 'remote'),
      local: { parsed: { ...settings }, written: objectOf(parse(options.source.text)) },
      schema: options.schema,
      remoteSchema: options.remoteSchema,
      sections: Object.keys(settings),
      health: tree,
      clock,
      log,
      metrics: remoteMetrics(registry),
      reloading: (busy) => (busy ? notify.reloading() : notify.ready('running')),
    }),
  );
  // The sections of the last good configuration passed the same definitions as the agent's own.
  const running: PartsSettings = { ...settings, ...remote.sections() };
  const bound = (name: PlaneName): string | undefined => {
    const plane = planes.resolve(name);
    return plane.ok && plane.local.kind === 'bound' ? (plane.local.v4 ?? plane.local.v6) : undefined;
  };
  let connection: Connection | undefined;
  let changed = () => {};
  const watch = {
    clock,
    uptimeMs: () => uptime().ms,
    log,
    journal,
    metrics: linksMetrics(registry),
    health: tree,
    changed: () => changed(),
  };
  const links = stack.use(await createLinks(running.links, { ...watch, planes, resolve: systemResolve(), random }));
  const services = stack.use(
    createServices(running.services, {
      ...{ clock, random, log, metrics: servicesMetrics(registry), health: tree },
      defaultAddress: () => {
        const state = connection?.state();
        return bound('data') ?? (state?.kind === 'connected' ? state.localAddress : undefined);
      },
    }),
  );
  const host = stack.use(
    createHost(running.host, {
      ...hereAndNow,
      ...{ environment, clock, random, log, metrics: hostMetrics(registry) },
      planes: () =>
        Object.fromEntries((['control', 'data'] as const).flatMap((name) => (bound(name) === undefined ? [] : [[name, bound(name)]]))),
      links: () => [
        controlLink(connection?.state()),
        ...links
          .states()
          .map(
            ({ name, host: to, port, plane, purpose, state }): HostLink => ({
              name,
              host: to,
              port,
              transport: 'tcp',
              plane,
              purpose,
              state,
            }),
          ),
      ],
    }),
  );
  changed = () => host.poke();
  // Stopped before what it changes.
  stack.defer(() => remote[Symbol.asyncDispose]());
  await remote.begin([links, services, host, ...others], others);

  const all = stack.move();
  const attached = new DisposableStack();
  return {
    inbound: remote.inbound,
    health: tree,
    healthAddress: health?.address,
    attach(to) {
      connection = to;
      let cancel = () => {};
      const report = () => to.report.health(tree.root());
      attached.defer(
        tree.onChange(() => {
          cancel();
          cancel = clock.after(reportHealthAfterMs, report);
        }),
      );
      attached.defer(() => cancel());
      attached.use(watchControl(to, serverText(objectOf(parse(options.source.text)).server), watch));
      attached.use(deliverJournal(journal, to, { clock, random, log }));
      remote.attach(to);
      host.attach(to);
      services.attach(to);
      report();
    },
    ready() {
      started = true;
      notify.ready('running');
      log.event('agent.health.ready');
    },
    status: (sentence) => notify.status(sentence),
    [Symbol.asyncDispose]: () =>
      (stop ??= (async () => {
        stopping = true;
        await notify.stopping();
        attached.dispose();
        await all.disposeAsync();
      })()),
  };
}

/** The way to the server as it is written, for the outage journal: it may be several servers, or a name that leads to them. */
function serverText(server: unknown): string {
  const { endpoints, dns, consul, registry, enrolment } = objectOf(server);
  if (Array.isArray(endpoints) && endpoints.length > 0) return endpoints.map(String).join(', ').slice(0, 2_048);
  for (const [way, found] of Object.entries({ dns, consul, registry })) {
    const { name, service, url } = objectOf(found);
    if (found !== undefined) return `${way} ${String(name ?? service ?? url ?? '')}`.trim();
  }
  // Where it enrols tells it where its servers are.
  return Array.isArray(enrolment) && enrolment.length > 0 ? enrolment.map(String).join(', ').slice(0, 2_048) : 'server';
}

/** The control link as the host report has it: its target is whichever server was found. */
function controlLink(state: ConnectionState | undefined): HostLink {
  const common = { name: 'control', transport: 'tcp', plane: 'control', purpose: 'reports to' } as const;
  if (state?.kind !== 'connected') return { ...common, state: state?.kind === 'waiting' ? 'down' : 'unknown' };
  const url = URL.parse(state.server);
  if (url === null) return { ...common, state: 'up' };
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  return { ...common, host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (secure ? 443 : 80), state: 'up' };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
