/** What a source is given and what it must do. */
import type { Registry } from 'prom-client';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../observe/log.ts';
import type { Batch } from './batch.ts';
import type { SourceCounters } from './counters.ts';
import type { DataPlane } from './data-plane.ts';
import type { Positions } from './positions/positions.ts';
import type { SlabPool } from './slab.ts';

export interface SourceContext {
  /** In the settings; also the key of its positions. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly slabs: SlabPool;
  readonly positions: Positions;
  readonly plane: DataPlane;
  readonly counters: SourceCounters;
  /** For what only this kind of source measures; the same registry for all, so names are registered once (`getSingleMetric`). */
  readonly registry: Registry;
  /**
   * Hands a batch on, with its holds. A promise means: full; push nothing more before it resolves. Never rejects. What is downstream may be
   * exchanged between two calls while the settings are reloaded.
   */
  push(batch: Batch): Promise<void> | undefined;
}

export interface Source {
  /** One sentence of why it does not work now; undefined while it does. */
  problem(): string | undefined;
  /** Files or connections, for `agent top`; at most `limit`, those with the largest lag first. */
  lags?(limit: number): readonly SourceLag[];
  /** Bytes that are there and not yet acknowledged, over all files. */
  lagBytes?(): number;
  /** Files that are open or watched. */
  files?(): number;
  /** Settles when everything there was has been pushed and there will be nothing more (standard input). */
  readonly done?: Promise<void>;
  /**
   * Takes in nothing more. Resolves when its last batch was pushed; it does not wait for receipts. Positions stay in `context.positions`,
   * so that a source of the same name that starts afterwards goes on where this one stopped reading, without a gap or a repetition.
   */
  close(): Promise<void>;
}

export interface SourceLag {
  readonly name: string;
  /** Bytes read and acknowledged so far, and bytes there. */
  readonly acknowledged: number;
  readonly read: number;
  readonly size: number;
  /** `rotated`, `deleted`, … when it is not simply there. */
  readonly note?: string;
}
