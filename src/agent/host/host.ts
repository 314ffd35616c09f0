/** The part that reports the host: at every connection, and when a look finds that something differs. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import { encodeCustomData } from '../../protocol/custom.ts';
import { type HostReport, hostReportKind } from '../../protocol/host-report.ts';
import type { Connection } from '../connection/connection.ts';
import type { Part } from '../part.ts';
import type { HostSettings } from '../settings/host.ts';
import { type CollectOptions, collectHost, differences, fingerprint } from './collect.ts';
import { newMemory } from './listeners.ts';
import type { HostMetrics } from './metrics.ts';

export interface HostDeps extends Pick<CollectOptions, 'root' | 'interfaces' | 'environment'> {
  readonly planes: () => CollectOptions['planes'];
  readonly links: () => CollectOptions['links'];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: HostMetrics;
}

export interface Host extends Part, Disposable {
  /** What is sent over this connection from now on. */
  attach(connection: Connection): void;
  /** Something changed that is known without looking (a link, a plane): look soon. */
  poke(): void;
  /** The last look. */
  report(): HostReport | undefined;
}

/** Pokes that come together cause one look. */
const pokedMs = 1_000;

export function createHost(settings: HostSettings, deps: HostDeps): Host {
  const { clock, random, log, metrics } = deps;
  let memory = newMemory();
  let current = settings;
  let last: HostReport | undefined;
  let sent: string | undefined;
  let epoch = 0;
  let connection: Connection | undefined;
  let off = () => {};
  let cancel = () => {};
  let poked = false;
  let ended = false;
  let looking: Promise<void> | undefined;
  let again = false;

  const look = async (): Promise<void> => {
    const begun = clock.monotonicMs();
    const report = await collectHost({
      ...deps,
      planes: deps.planes(),
      links: deps.links(),
      processes: current.processes,
      memory,
      nowMs: clock.now(),
    });
    metrics.looked(clock.monotonicMs() - begun, report.gaps.length);
    if (last === undefined) for (const { what, reason } of report.gaps) log.event('agent.host.gap', { what: `${what}: ${reason}` });
    else {
      // Links have events of their own.
      const what = differences(last, report).filter((part) => part !== 'links' && part !== 'gaps');
      if (what.length > 0) log.event('agent.host.changed', { what: what.join(', ') });
    }
    last = report;
    await send(report);
  };
  const send = async (report: HostReport): Promise<void> => {
    if (ended || connection?.state().kind !== 'connected') return;
    const print = createHash('sha256').update(fingerprint(report)).digest('hex');
    if (print === sent) return;
    const over = epoch;
    const encoded = encodeCustomData(hostReportKind, report);
    try {
      if (!encoded.ok) throw new Error(encoded.sentence);
      await connection.send(hostReportKind.capability, hostReportKind.type, encoded.data);
      // An answer of the connection before says nothing about this one.
      if (over === epoch) sent = print;
      metrics.sent();
    } catch (cause) {
      // The next look sends it again, and so does the next connection.
      log.event('agent.host.unsent', { reason: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  /** One look at a time; asked for during one, another follows. */
  const run = (): void => {
    if (ended) return;
    if (looking !== undefined) {
      again = true;
      return;
    }
    cancel();
    looking = look().finally(() => {
      looking = undefined;
      if (ended) return;
      if (again) {
        again = false;
        run();
      } else plan();
    });
  };
  const plan = (): void => {
    cancel();
    cancel = clock.after(current.every * (0.9 + random() / 5), run);
  };

  return {
    name: 'host',
    async apply(next) {
      // The section as its own definition gave it.
      current = next as HostSettings;
      memory = newMemory();
      run();
    },
    attach(to) {
      connection = to;
      off = to.onState((state) => {
        if (state.kind !== 'connected') return;
        epoch += 1;
        sent = undefined; // it may be another server, or one that has forgotten
        run();
      });
      // Nobody is told before there is a server, so nothing is looked at.
      run();
    },
    poke() {
      if (poked || ended) return;
      poked = true;
      clock.after(pokedMs, () => {
        poked = false;
        run();
      });
    },
    report: () => last,
    // A look that runs holds nothing; what it finds is not sent any more.
    [Symbol.dispose]() {
      ended = true;
      off();
      cancel();
    },
  };
}
