/** What a sink is given and what it must do. */
import type { Registry } from 'prom-client';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../observe/log.ts';
import type { Batch } from './batch.ts';
import type { SinkCounters } from './counters.ts';
import type { DataPlane } from './data-plane.ts';
import type { DeadLetters } from './dead-letters/dead-letters.ts';
import type { SlabPool } from './slab.ts';

export interface SinkContext {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly slabs: SlabPool;
  readonly plane: DataPlane;
  readonly deadLetters: DeadLetters;
  readonly counters: SinkCounters;
  readonly registry: Registry;
  /** Who sends: the agent's UID, or its name where it has none. Part of the identity of a record. */
  readonly agent: string;
}

export interface Sink {
  /**
   * Takes a batch over, with its holds, in the order in which it is called. A promise means: full; nothing more is pushed before it
   * resolves. Never rejects and never throws for what a receiver or a network does: a sink tries again for as long as it takes. What the receiver
   * will never take (a poisoned record) goes to `deadLetters`, and counts as delivered when that is on disk.
   *
   * Bytes are let go of (`batch.free()`) once they are encoded; slabs are few, so never kept until the acknowledgement. `receipt.release()` follows the receiver's acknowledgement.
   */
  push(batch: Batch): Promise<void> | undefined;
  /** One sentence of why nothing gets through now; undefined while it does. */
  problem(): string | undefined;
  /** Where it speaks to, each with how it is: for the map, `agent top` and the doctor. `to` is HOST:PORT or a path. */
  links(): readonly SinkLink[];
  /**
   * Takes nothing more. Tries to deliver for `graceMs` (and flushes what it waited with at once), then fails the receipts of the rest.
   * Everything is closed when it resolves. Called once.
   */
  close(graceMs: number): Promise<void>;
}

export interface SinkLink {
  readonly to: string;
  readonly state: 'up' | 'down' | 'idle';
  readonly reason?: string;
}
