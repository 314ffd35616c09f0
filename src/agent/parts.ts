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
import { parse } from 'yaml';
import type { HostLink } from '../protocol/host-report.ts';
import type { Connection } from './connection/connection.ts';
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
import { controlLink, serverText } from './links/control-target.ts';
import { createLinks } from './links/links.ts';
import { linksMetrics } from './links/metrics.ts';
import { systemResolve } from './links/resolve.ts';
import type { Parts, PartsOptions, PartsSettings } from './parts-options.ts';
import type { PlaneName } from './planes/planes.ts';
import { remoteMetrics } from './remote/metrics.ts';
import { createRemote } from './remote/remote.ts';
import { servicesMetrics } from './services/metrics.ts';
import { createServices } from './services/services.ts';

/** Health is reported a moment after it changed, so that what changes together is one message. */
const reportHealthAfterMs = 200;

/**
 * Throws FairleadError when the journal or the health address cannot be used; then nothing is left running. Everything else that
 * does not work is said in the log and in the health tree, and the agent goes on.
 */
export async function startParts(options: PartsOptions): Promise<Parts> {
  const { settings, clock, log, registry, random, planes, environment, others } = options;
  await using stack = new AsyncDisposableStack();
  // It was read as settings before, so it is an object and well-formed; an empty file is one without sections.
  const written: Readonly<Record<string, unknown>> = parse(options.source.text) ?? {};
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
      local: { parsed: { ...settings }, written },
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
  const further = stack.use(await options.further({ ...running }, tree));
  const host = stack.use(
    createHost(running.host, {
      ...hereAndNow,
      ...{ environment, clock, random, log, metrics: hostMetrics(registry) },
      planes: () =>
        Object.fromEntries((['control', 'data'] as const).flatMap((name) => (bound(name) === undefined ? [] : [[name, bound(name)]]))),
      links: () => [
        controlLink(connection?.state()),
        ...links.states().map(
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
        ...further.links(),
      ],
    }),
  );
  changed = () => host.poke();
  // Stopped before what it changes.
  stack.defer(() => remote[Symbol.asyncDispose]());
  await remote.begin([links, services, host, ...further.parts, ...others], others);

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
      attached.use(watchControl(to, serverText(written.server), watch));
      attached.use(deliverJournal(journal, to, { clock, random, log }));
      remote.attach(to);
      host.attach(to);
      services.attach(to);
      report();
    },
    reload: (next, source) => remote.reload({ parsed: { ...next }, written: parse(source.text) ?? {} }),
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

function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
