/** What an agent with and one without a server have in common: the pipeline, and the socket through which it is looked at. */
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { SinkState } from '../../pipeline/runtime/state.ts';
import type { HostLink } from '../../protocol/host-report.ts';
import { startLocal } from '../local/local.ts';
import type { PartsOptions } from '../parts-options.ts';
import type { Planes } from '../planes/planes.ts';
import type { PipelineSections } from '../settings/pipeline.ts';
import { createPipelinePart } from './part.ts';

export interface CollectingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly version: string;
  readonly random?: () => number;
}

export interface CollectingOptions {
  readonly planes: Planes;
  readonly dataDir: string;
  readonly agent: string;
  /** Goes on, and tries again, when the pipeline cannot be started; otherwise that ends the start. */
  readonly patient: boolean;
  /** Told when all sources have ended by themselves. */
  readonly done?: () => void;
}

export function collecting(deps: CollectingDeps, { planes, dataDir, agent, patient, done }: CollectingOptions): PartsOptions['further'] {
  return async (running, health) => {
    await using stack = new AsyncDisposableStack();
    const part = stack.use(
      // The sections were parsed by the definition of the agent's settings.
      await createPipelinePart(running as unknown as PipelineSections, {
        ...{ clock: deps.clock, log: deps.log, registry: deps.registry, random: deps.random ?? Math.random, health },
        ...{ plane: { resolve: () => planes.resolve('data') }, agent, dir: dataDir, patient },
      }),
    );
    void part.done.then(done);
    stack.use(
      await startLocal({
        dataDir,
        log: deps.log,
        pipeline: part,
        about: () => ({ agent, version: deps.version, upMs: Math.round(process.uptime() * 1_000) }),
      }),
    );
    const all = stack.move();
    return { parts: part.parts, links: () => part.state().sinks.flatMap(linksOf), [Symbol.asyncDispose]: () => all.disposeAsync() };
  };
}

/** Receivers that are reached over the network: `HOST:PORT`, or `[IPv6]:PORT`. */
function linksOf({ name, type, links }: SinkState): readonly HostLink[] {
  return links.flatMap(({ to, state }): readonly HostLink[] => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(to) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined || state === 'idle') return [];
    return [{ name: `${name} ${to}`, host, port: Number(port), transport: 'tcp', plane: 'data', purpose: `ships to (${type})`, state }];
  });
}
