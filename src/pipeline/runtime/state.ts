/** How everything is, for `fairlead agent top`, the health tree and the metrics. */
import type { SinkCounters, SourceCounters } from '../counters.ts';
import type { SinkLink } from '../sink.ts';
import type { SlabPool } from '../slab.ts';
import type { SourceLag } from '../source.ts';
import type { StepCounters } from '../transforms/chain.ts';
import type { LiveRoute } from './junction.ts';
import type { LiveSink, LiveSource } from './pipeline.ts';

export interface SourceState extends SourceCounters {
  readonly name: string;
  readonly type: string;
  readonly problem: string | undefined;
  readonly files: number | undefined;
  readonly lagBytes: number | undefined;
  /** The files with the largest lag. */
  readonly lags: readonly SourceLag[];
  readonly unrouted: number;
}

export interface SpoolState {
  readonly records: number;
  readonly bytes: number;
  readonly dropped: { readonly records: number; readonly bytes: number };
  readonly damaged: { readonly records: number; readonly bytes: number };
}

export interface SinkState extends SinkCounters {
  readonly name: string;
  readonly type: string;
  readonly problem: string | undefined;
  readonly links: readonly SinkLink[];
  /** Batches in memory in front of it. */
  readonly waiting: number;
  readonly spool: SpoolState | undefined;
}

export interface PipelineState {
  readonly sources: readonly SourceState[];
  readonly transforms: readonly StepCounters[];
  readonly sinks: readonly SinkState[];
  readonly slabs: { readonly out: number; readonly size: number };
}

/** Files that are named; a source may have 10,000. */
const shownFiles = 50;

export function stateOf(live: {
  readonly sources: readonly LiveSource[];
  readonly sinks: readonly LiveSink[];
  readonly routes: readonly LiveRoute[];
  readonly slabs: SlabPool;
}): PipelineState {
  return {
    sources: live.sources.map(({ name, settings, source, junction }) => ({
      ...junction.counters,
      ...{ name, type: settings.type, problem: source.problem(), unrouted: junction.unrouted },
      ...{ files: source.files?.(), lagBytes: source.lagBytes?.(), lags: source.lags?.(shownFiles) ?? [] },
    })),
    transforms: merged(live.routes.flatMap(({ chain }) => chain?.counters ?? [])),
    sinks: live.sinks.map(({ name, settings, counters, outlet }) => ({
      ...counters,
      ...{ name, type: settings.type, links: outlet.sink.links(), waiting: outlet.waiting },
      problem: outlet.sink.problem() ?? outlet.spool?.problem(),
      spool:
        outlet.spool === undefined ? undefined : { ...outlet.spool.depth, dropped: outlet.spool.dropped, damaged: outlet.spool.damaged },
    })),
    slabs: { out: live.slabs.out, size: live.slabs.size },
  };
}

/** A transform in several routes is one to the people who named it. */
function merged(steps: readonly StepCounters[]): readonly StepCounters[] {
  const byName = new Map<string, StepCounters>();
  for (const step of steps) {
    const sum = byName.get(step.name);
    if (sum === undefined) byName.set(step.name, { ...step });
    else {
      sum.in += step.in;
      sum.out += step.out;
      sum.parsed += step.parsed;
      sum.errors += step.errors;
    }
  }
  return [...byName.values()];
}
