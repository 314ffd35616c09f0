/** The disk buffer in front of one sink. */
import type { Batch } from '../batch.ts';

export const whenFullPolicies = ['block', 'drop-oldest', 'drop-newest'] as const;
export type WhenFull = (typeof whenFullPolicies)[number];

/**
 * Batches on disk in the order of appending. Group commit: an append resolves when everything of it is synced (`fdatasync`).
 * What was read is committed (forgotten) in the order of reading, whatever the order in which it is acknowledged.
 */
export interface Spool {
  /**
   * Copies the bytes of the batch before it returns a promise that resolves when they are synced; the caller keeps its holds and lets go of them then. Resolves with
   * `stored: false` when the policy drops the newest and it was dropped (counted); with `block` it waits for room. Waits out ENOSPC and EIO (says so in the log and in `problem()`).
   */
  append(batch: Batch): Promise<{ readonly stored: boolean }>;
  /**
   * The next batch that was not read yet, from disk; undefined when all were read. Its receipt commits it. A receipt that fails makes `next` begin again after the last
   * committed batch. Batches come back with stream, positions and times as they were appended; bytes in a slab where they fit.
   */
  next(): Promise<Batch | undefined>;
  /** Called when something can be read again. */
  onReadable(listener: () => void): void;
  /** Records and bytes that are not committed, and how many were dropped by the policy or lost to damage, with the counts from before a restart. */
  readonly depth: { readonly records: number; readonly bytes: number };
  readonly dropped: { readonly records: number; readonly bytes: number };
  readonly damaged: { readonly records: number; readonly bytes: number };
  problem(): string | undefined;
  close(): Promise<void>;
}
