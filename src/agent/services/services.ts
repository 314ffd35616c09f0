/** The part that checks services beside the agent and keeps the server's discovery up to date with them. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { encodeCustomData } from '../../protocol/custom.ts';
import { type ServiceReport, type ServicesReport, servicesReportKind } from '../../protocol/services.ts';
import type { Connection } from '../connection/connection.ts';
import type { HealthSink, Part } from '../part.ts';
import type { ServiceSettings, ServicesSettings } from '../settings/services.ts';
import { checkService } from './checks.ts';
import { servicesDifference } from './difference.ts';
import type { ServicesMetrics } from './metrics.ts';
import { judgeService, notChecked, type ServiceVerdict } from './verdict.ts';

export interface ServicesDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: ServicesMetrics;
  readonly health: HealthSink;
  /** The address of services that name none; undefined while none is known, and then they are not reported. */
  readonly defaultAddress: () => string | undefined;
}

export interface Services extends Part, AsyncDisposable {
  attach(connection: Connection): void;
  /** What the server is to know now. */
  reports(): readonly ServiceReport[];
}

/** Checks at once. */
const maxRunning = 8;
const firstWithinMs = 500;
/** So long a full report waits for the first results: without them it would take services out of discovery that work. */
const firstResultsMs = 10_000;
/** After the server did not take a report. */
const retryMs = 30_000;

interface Running {
  readonly settings: ServiceSettings;
  readonly id: string;
  verdict: ServiceVerdict;
  cancel: () => void;
}

export function createServices(settings: ServicesSettings, deps: ServicesDeps): Services {
  const { clock, random, log, metrics, health } = deps;
  const services = new Map<string, Running>();
  const stop = new AbortController();
  const waiting: Running[] = [];
  const running = new Set<Promise<void>>();
  const begunMs = clock.monotonicMs();
  let connection: Connection | undefined;
  let off = () => {};
  let cancelRetry = () => {};
  /** What the server took; undefined since the connection is new. */
  let known: readonly ServiceReport[] | undefined;
  let epoch = 0;
  let sending = false;
  let again = false;

  const schedule = (service: Running, delayMs: number): void => {
    if (stop.signal.aborted || services.get(service.id) !== service) return;
    service.cancel = clock.after(delayMs, () => {
      waiting.push(service);
      fill();
    });
  };
  const fill = (): void => {
    while (running.size < maxRunning && !stop.signal.aborted) {
      const service = waiting.shift();
      if (service === undefined) return;
      const task = look(service).finally(() => {
        running.delete(task);
        fill();
      });
      running.add(task);
    }
  };
  const look = async (service: Running): Promise<void> => {
    if (services.get(service.id) !== service) return;
    const { check, port } = service.settings;
    const seen = await checkService(check, port, clock.now(), stop.signal);
    if (stop.signal.aborted || services.get(service.id) !== service) return;
    metrics.checked(seen.status);
    const before = service.verdict;
    service.verdict = judgeService(before, seen, check.kind === 'file' ? 1 : check.failAfter, clock.now());
    const { status, output } = service.verdict;
    metrics.is(service.id, status);
    show(service);
    if (!before.checked || before.status !== status) {
      if (before.checked || status !== 'passing') log.event('agent.services.changed', { service: service.id, status, reason: output });
      report();
    }
    schedule(service, check.every * (0.9 + random() / 5));
  };
  const show = ({ id, verdict }: Running): void => {
    const path = `services/${id}`;
    // The agent is well when it can say that a service beside it is not.
    if (!verdict.checked) health.set(path, { healthy: true, pending: true, status: 'checking' });
    else health.set(path, { healthy: true, status: verdict.status, lastError: verdict.status === 'passing' ? '' : verdict.output });
  };
  const apply = (next: ServicesSettings): void => {
    const wanted = new Map(next.map((one) => [one.id ?? one.name, one]));
    for (const service of services.values()) {
      const now = wanted.get(service.id);
      if (now !== undefined && JSON.stringify(now) === JSON.stringify(service.settings)) continue;
      service.cancel();
      services.delete(service.id);
      const at = waiting.indexOf(service);
      if (at !== -1) waiting.splice(at, 1);
      if (now === undefined) {
        health.remove(`services/${service.id}`);
        metrics.forget(service.id);
      } else {
        // Another port or check of the same service: what was seen last holds until it is looked at anew.
        add(service.id, now, service.verdict);
      }
    }
    for (const [id, one] of wanted) if (!services.has(id)) add(id, one, notChecked(clock.now()));
    report();
  };
  const add = (id: string, one: ServiceSettings, verdict: ServiceVerdict): void => {
    const service: Running = { settings: one, id, verdict, cancel: () => {} };
    services.set(id, service);
    show(service);
    schedule(service, random() * firstWithinMs);
  };
  const reports = (): readonly ServiceReport[] =>
    [...services.values()].flatMap(({ id, settings: { name, address, port, tags, meta }, verdict: { status, output, sinceMs } }) => {
      const where = address ?? deps.defaultAddress();
      if (where === undefined) return [];
      return [{ id, name, address: where, port, tags, meta: { ...meta }, check: { status, output, sinceMs } }];
    });

  const report = (): void => {
    if (stop.signal.aborted || connection?.state().kind !== 'connected') return;
    if (sending) {
      again = true;
      return;
    }
    const unchecked = [...services.values()].some(({ verdict }) => !verdict.checked);
    const waited = clock.monotonicMs() - begunMs;
    cancelRetry();
    if (known === undefined && unchecked && waited < firstResultsMs) {
      cancelRetry = clock.after(firstResultsMs - waited, report);
      return;
    }
    const now = reports();
    const difference = servicesDifference(known, now);
    if (difference === undefined) return;
    sending = true;
    const over = epoch;
    send(connection, difference)
      .then(() => {
        // An answer of the connection before says nothing about this one.
        if (over === epoch) known = now;
        metrics.sent(difference.full);
      })
      .catch((cause: unknown) => {
        log.event('agent.services.unsent', { reason: cause instanceof Error ? cause.message : String(cause) });
        known = undefined; // whether the server has it is not known
        if (!stop.signal.aborted) cancelRetry = clock.after(retryMs * (1 + random()), report);
      })
      .finally(() => {
        sending = false;
        if (!again) return;
        again = false;
        report();
      });
  };
  apply(settings);

  return {
    name: 'services',
    // The section as its own definition gave it.
    apply: async (next) => apply(next as ServicesSettings),
    attach(to) {
      connection = to;
      off = to.onState((state) => {
        if (state.kind !== 'connected') return;
        epoch += 1;
        known = undefined;
        report();
      });
      report();
    },
    reports,
    async [Symbol.asyncDispose]() {
      stop.abort();
      off();
      cancelRetry();
      for (const service of services.values()) service.cancel();
      await Promise.all(running);
    },
  };
}

async function send(connection: Connection, difference: ServicesReport): Promise<void> {
  const encoded = encodeCustomData(servicesReportKind, difference);
  if (!encoded.ok) throw new Error(encoded.sentence);
  await connection.send(servicesReportKind.capability, servicesReportKind.type, encoded.data);
}
