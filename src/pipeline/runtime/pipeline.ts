/**
 * The running pipeline: sources, routes, outlets and sinks of one set of settings, exchanged by difference when the settings change.
 * What did not change keeps its files, offsets and connections.
 */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { LogBatch } from '../batch.ts';
import { compileCondition } from '../conditions/condition.ts';
import { newSinkCounters, newSourceCounters } from '../counters.ts';
import type { DataPlane } from '../data-plane.ts';
import { openDeadLetters } from '../dead-letters/dead-letters.ts';
import type { Disk } from '../disk.ts';
import { openPositions } from '../positions/open.ts';
import { realDisk } from '../real-disk.ts';
import type { PipelineSettings, SinkSettings, SourceSettings } from '../settings.ts';
import type { Sink } from '../sink.ts';
import { createSink, takenBy } from '../sinks/index.ts';
import { createSlabPool } from '../slab-pool.ts';
import type { Source } from '../source.ts';
import { createSource } from '../sources/index.ts';
import { openSpool } from '../spool/open.ts';
import { compileChain } from '../transforms/compile.ts';
import { endangerment, endsWithUs } from './endangerment.ts';
import type { LiveOutlet, LiveRoute } from './junction.ts';
import { deliver, Junction } from './junction.ts';
import { pipelineMetrics } from './metrics.ts';
import { Outlet } from './outlet.ts';
import type { Named, Plan } from './plan.ts';
import { changeOf, planOf } from './plan.ts';
import { shareOf } from './share.ts';
import type { PipelineState } from './state.ts';
import { stateOf } from './state.ts';

export interface PipelineDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly registry: Registry;
  readonly plane: DataPlane;
  /** Who sends: part of the identity of records. */
  readonly agent: string;
  /** `positions/`, `spool/` and `dead-letters/` are in it. */
  readonly dir: string;
  /** Told whenever a component begins or ceases to work: `sinks/kafka`. */
  health(path: string, problem: string | undefined | 'removed'): void;
  readonly disk?: Disk;
}

export interface Pipeline extends AsyncDisposable {
  /**
   * Makes these settings what runs. Only what differs is touched. Rejects when something cannot be started; then `apply` with the settings before
   * puts everything back.
   */
  apply(settings: PipelineSettings): Promise<void>;
  state(): PipelineState;
  /** Shows the listener what leaves a source, a transform or what goes to a sink. Undefined: nothing has this name. */
  tap(name: string, listener: (batch: LogBatch) => void): (() => void) | undefined;
  /** Settles when all sources have ended by themselves and everything was delivered; never while one goes on. */
  readonly done: Promise<void>;
}

/** Slabs of all together; untouched ones cost nothing but address space. */
const allSlabs = 128;
/** What sources and transforms may have out at once. */
const flowSlabs = 20;
/** What one sink may have out at once: wire batches that are being sent. */
const sinkSlabs = 16;
/** How long a sink that ends may try to deliver what it has; less where it is known that nothing gets through. */
const graceMs = 10_000;
const troubledGraceMs = 1_000;
/** How often components are asked how they are. */
const lookMs = 500;
/** How long the end waits for files that end with it. */
const rescueMs = 3_000;
/** How often it is looked whether everything is delivered, once the sources have ended. */
const idleLookMs = 50;

export interface LiveSource {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly junction: Junction;
  readonly source: Source;
}

export interface LiveSink extends LiveOutlet {
  readonly settings: SinkSettings;
  readonly counters: ReturnType<typeof newSinkCounters>;
}

interface Tap {
  readonly name: string;
  readonly listener: (batch: LogBatch) => void;
  detach: () => void;
}

export async function startPipeline(settings: PipelineSettings, deps: PipelineDeps): Promise<Pipeline> {
  const { clock, log, random, registry, plane, agent, dir, health } = deps;
  // People's expressions meet lines that nobody has seen: (a+)+ at forty letters takes hours, and everything else of the agent with it. V8 then changes to
  // its engine that goes through a text once (not for expressions with \1, look-around or the flags i, u, d).
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  const disk = deps.disk ?? realDisk;
  const pool = createSlabPool(allSlabs);
  const flow = shareOf(pool, flowSlabs);
  const positions = await openPositions(join(dir, 'positions'), { disk, clock, log });
  const deadLetters = await openDeadLetters(join(dir, 'dead-letters'), { disk, clock, log });
  const sources = new Map<string, LiveSource>();
  const sinks = new Map<string, LiveSink>();
  const junctions = new Map<string, Junction>();
  const taps = new Set<Tap>();
  const retiring = new Map<Promise<void>, string>();
  let routes: readonly LiveRoute[] = [];
  let running: Plan = { sources: [], sinks: [], routes: [] };
  const allDone = Promise.withResolvers<void>();

  const newSink = ({ name, settings: own }: Named<SinkSettings>, counters: LiveSink['counters']): Promise<Sink> =>
    createSink(own, {
      ...{ name, clock, log: log.with({ sink: name }), random, plane, deadLetters, counters, registry, agent },
      slabs: shareOf(pool, sinkSlabs),
    });

  const danger = endangerment(clock);
  const spoolDir = (name: string) => join(dir, 'spool', encodeURIComponent(name));

  async function liveSink(named: Named<SinkSettings>, sink: Sink, counters: LiveSink['counters']): Promise<LiveSink> {
    const { name, settings: own } = named;
    const live: LiveSink = {
      ...{ name, settings: own, counters, takes: takenBy(own), taps: new Set() },
      outlet: new Outlet({
        sink,
        clock,
        openSpool:
          own.spool.when === 'never'
            ? undefined
            : () => openSpool(own.spool, { dir: spoolDir(name), disk, clock, log: log.with({ sink: name }), slabs: flow, random }),
        leftOver: own.spool.when !== 'never' && (await disk.list(spoolDir(name)).catch(() => [])).length > 0,
        always: own.spool.when === 'always',
        harmful: () => harmful(live),
        renew: () => newSink({ name, settings: sinks.get(name)?.settings ?? own }, counters),
      }),
    };
    return live;
  }

  /** Another sink of the same source is well and would be held back too, or a file that feeds it may soon be gone. */
  function harmful(live: LiveSink): boolean {
    if (endangered(live)) return true;
    const fed = feeding(live);
    return routes.some(
      ({ from, outlets }) =>
        from.some((name) => fed.includes(name)) && outlets.some(({ outlet }) => outlet !== live.outlet && !outlet.away),
    );
  }

  // By the outlet: a sink that is exchanged is another live one, with the same outlet.
  const feeding = ({ outlet }: LiveSink): readonly string[] =>
    routes.filter(({ outlets }) => outlets.some((one) => one.outlet === outlet)).flatMap(({ from }) => from);

  const endangered = (live: LiveSink): boolean => feeding(live).some((name) => danger.of(name, sources.get(name)?.source));

  function retire(name: string, close: () => Promise<void>): Promise<void> {
    const closing: Promise<void> = close()
      .catch((cause: unknown) => log.event('pipeline.close-failed', { component: name }, cause))
      .finally(() => retiring.delete(closing));
    retiring.set(closing, name);
    return closing;
  }

  /** The folder of a spool has one user: a sink that was taken out a moment ago may still be closing its own. */
  async function retired(name: string): Promise<void> {
    await Promise.all([...retiring].flatMap(([closing, of]) => (of === name ? [closing] : [])));
  }

  async function apply(next: PipelineSettings): Promise<void> {
    const plan = planOf(next);
    const change = changeOf(running.sinks, plan.sinks);
    const fresh = await createAll([...change.added, ...change.changed]);
    const sourceChange = changeOf(running.sources, plan.sources);
    // From here on nothing is expected to fail but the start of a source.
    for (const name of [...sourceChange.removed, ...sourceChange.changed.map((one) => one.name)]) await stopSource(name);
    for (const { named, sink, counters } of fresh) await putSink(named, sink, counters);
    const before = routes;
    const live = plan.routes.map((route) => liveRoute(route, before));
    routes = live;
    for (const { name } of plan.sources) {
      const junction = junctions.get(name) ?? new Junction(newSourceCounters());
      junctions.set(name, junction);
      junction.routes = live.filter(({ from }) => from.includes(name));
    }
    for (const route of before) if (!live.some(({ chain }) => chain === route.chain)) route.chain?.close();
    for (const name of change.removed) takeSink(name);
    for (const tap of taps) {
      tap.detach();
      tap.detach = attach(tap) ?? (() => {});
    }
    running = { ...plan, sources: plan.sources.filter(({ name }) => sources.has(name)) };
    for (const named of [...sourceChange.added, ...sourceChange.changed]) await startSource(named);
    running = plan;
    watchDone();
  }

  async function createAll(wanted: readonly Named<SinkSettings>[]) {
    const made: { readonly named: Named<SinkSettings>; readonly sink: Sink; readonly counters: LiveSink['counters'] }[] = [];
    try {
      for (const named of wanted) {
        const counters = sinks.get(named.name)?.counters ?? newSinkCounters();
        made.push({ named, counters, sink: await newSink(named, counters) });
      }
    } catch (cause) {
      for (const { sink } of made) await sink.close(0);
      throw cause;
    }
    return made;
  }

  async function putSink(named: Named<SinkSettings>, sink: Sink, counters: LiveSink['counters']): Promise<void> {
    const old = sinks.get(named.name);
    if (old === undefined) {
      await retired(named.name);
      sinks.set(named.name, await liveSink(named, sink, counters));
      return;
    }
    if (JSON.stringify(old.settings.spool) === JSON.stringify(named.settings.spool)) {
      sinks.set(named.name, { ...old, settings: named.settings, takes: takenBy(named.settings) });
      const replaced = old.outlet.sink;
      void retire(named.name, () => replaced.close(graceOf(replaced)));
      // Also of those before it, when settings change faster than sinks end.
      old.outlet.replaceSink(sink, retired(named.name));
      return;
    }
    // The folder of a spool has one user.
    await old.outlet.close(graceOf(old.outlet.sink));
    sinks.set(named.name, await liveSink(named, sink, counters));
  }

  function takeSink(name: string): void {
    const live = sinks.get(name);
    if (live === undefined) return;
    sinks.delete(name);
    health(`sinks/${name}`, 'removed');
    void retire(name, async () => {
      await live.outlet.close(graceOf(live.outlet.sink));
      const depth = live.outlet.spool?.depth;
      if (depth !== undefined && depth.records > 0)
        log.event('pipeline.spool-left', { sink: name, records: depth.records, bytes: depth.bytes, path: spoolDir(name) });
    });
  }

  function liveRoute(planned: Plan['routes'][number], before: readonly LiveRoute[]): LiveRoute {
    const old = before.find(({ key }) => key === planned.key);
    const outlets = planned.to.flatMap((name) => sinks.get(name) ?? []);
    const route: LiveRoute = {
      ...{ key: planned.key, from: planned.from, otherwise: planned.otherwise, outlets },
      when: planned.when === undefined ? undefined : compileCondition(planned.when),
      chain:
        planned.through.length === 0
          ? undefined
          : compileChain(planned.through, { clock, log, slabs: flow, emit: (batch) => void deliver(route, batch) }, old?.chain),
    };
    return route;
  }

  async function startSource({ name, settings: own }: Named<SourceSettings>): Promise<void> {
    const junction = junctions.get(name) ?? new Junction(newSourceCounters());
    const source = await createSource(own, {
      ...{ name, clock, log: log.with({ source: name }), random, slabs: flow, positions, plane, registry },
      counters: junction.counters,
      push: (batch) => junction.push(batch),
    });
    sources.set(name, { name, settings: own, junction, source });
  }

  async function stopSource(name: string): Promise<void> {
    const live = sources.get(name);
    sources.delete(name);
    await live?.source.close();
    if (!running.sources.some((one) => one.name === name)) return;
    health(`sources/${name}`, 'removed');
  }

  function attach({ name, listener }: Tap): (() => void) | undefined {
    const set = junctions.get(name)?.taps ?? sinks.get(name)?.taps;
    if (set !== undefined) {
      set.add(listener);
      return () => set.delete(listener);
    }
    const chains = routes.flatMap(({ chain }) => (chain?.counters.some((step) => step.name === name) ? [chain] : []));
    if (chains.length === 0) return undefined;
    const detach = chains.map((chain) => chain.tap(name, listener));
    return () => {
      for (const one of detach) one();
    };
  }

  function watchDone(): void {
    const ends = [...sources.values()].map(({ source }) => source.done);
    if (ends.length === 0 || ends.includes(undefined)) return;
    void Promise.all(ends).then(whenIdle);
  }

  /** Nobody comes back for what would be left in a spool when the input of a command has ended. */
  function whenIdle(): void {
    const idle = [...sinks.values()].every(({ outlet, counters }) => outlet.idle && counters.pendingRecords === 0);
    if (idle) allDone.resolve();
    else clock.after(idleLookMs, whenIdle);
  }

  let stopLooking = () => {};
  const look = () => {
    health('dead-letters', deadLetters.problem());
    for (const [name, { source }] of sources) health(`sources/${name}`, source.problem());
    for (const [name, { outlet }] of sinks) {
      outlet.look();
      health(`sinks/${name}`, outlet.sink.problem() ?? outlet.spool?.problem());
    }
    stopLooking = clock.after(lookMs, look);
  };

  const state = (): PipelineState => stateOf({ sources: [...sources.values()], sinks: [...sinks.values()], routes, slabs: pool });
  pipelineMetrics(registry, state);
  /** Deleted files that are still being read: their bytes go to a receiver or to a spool before they are let go of. */
  const rescue = async (): Promise<void> => {
    const until = clock.monotonicMs() + rescueMs;
    while (clock.monotonicMs() < until && [...sources.values()].some(({ source }) => endsWithUs(source))) {
      for (const { outlet } of sinks.values()) outlet.rescue();
      await new Promise<void>((resolve) => void clock.after(idleLookMs, resolve));
    }
  };
  let closing: Promise<void> | undefined;
  const close = async () => {
    stopLooking();
    await rescue();
    for (const { source } of sources.values()) await source.close();
    for (const { chain } of routes) chain?.close();
    await Promise.all([...sinks.values()].map(({ outlet }) => outlet.close(graceOf(outlet.sink))));
    await Promise.all(retiring.keys());
    await positions.flush();
    await positions[Symbol.asyncDispose]();
    await deadLetters[Symbol.asyncDispose]();
  };
  try {
    await apply(settings);
  } catch (cause) {
    await close();
    throw cause;
  }
  look();
  return {
    apply,
    state,
    done: allDone.promise,
    tap(name, listener) {
      const tap: Tap = { name, listener, detach: () => {} };
      const detach = attach(tap);
      if (detach === undefined) return undefined;
      tap.detach = detach;
      taps.add(tap);
      return () => {
        taps.delete(tap);
        tap.detach();
      };
    },
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

const graceOf = (sink: Sink): number => (sink.problem() === undefined ? graceMs : troubledGraceMs);
