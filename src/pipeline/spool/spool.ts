/** The disk buffer in front of one sink. */
import type { Batch } from '../batch.ts';
import type { Receipt } from '../receipt.ts';

export const whenFullPolicies = ['block', 'drop-oldest', 'drop-newest'] as const;

export interface AppendOptions {
  /** The caller still has the batch in memory and delivers it from there, unless something older waits to be read. */
  readonly through?: boolean;
}

export interface Appended {
  /** It is on disk, synced. Otherwise it was dropped by the policy (and counted), or the spool was closed before there was room. */
  readonly stored: boolean;
  /** Nothing was stored because the spool closes: the origin must bring the batch again (`receipt.fail()`). */
  readonly closed?: true;
  /**
   * Only for `through`, and only when all that is older was read: `next` does not bring this batch, and this receipt commits it, as one
   * that `next` brought. When it fails, `next` brings the batch. Without a receipt `next` brings it in its turn.
   */
  readonly receipt?: Receipt;
}

/**
 * Batches on disk in the order of appending. Group commit: an append resolves when everything of it is synced (`fdatasync`).
 * What was read is committed (forgotten) in the order of reading, whatever the order in which it is acknowledged.
 */
export interface Spool {
  /**
   * Reads the bytes of the batch until the promise resolves, which happens when they are synced: the caller keeps its holds so long, and they
   * stay the caller's. With `block` it waits for room. Waits out ENOSPC and EIO (says so in the log and in `problem()`). Never rejects.
   */
  append(batch: Batch, options?: AppendOptions): Promise<Appended>;
  /**
   * The next batch that was not read yet, from disk; undefined when all were read. Its receipt commits it. A receipt that fails makes `next` begin again after the last
   * committed batch. Batches come back with stream, positions and times as they were appended; bytes in a slab unless they are few or do not fit.
   */
  next(): Promise<Batch | undefined>;
  /** Called when something can be read again, after every `next` that found nothing has told so. */
  onReadable(listener: () => void): void;
  /** Records and bytes that are not committed, and how many were dropped by the policy or lost to damage, with the counts from before a restart. */
  readonly depth: Amount;
  readonly dropped: Amount;
  readonly damaged: Amount;
  problem(): string | undefined;
  /** Appends that wait for room resolve with `closed`. Resolves when what was committed is written. */
  close(): Promise<void>;
}

export interface Amount {
  readonly records: number;
  readonly bytes: number;
}
