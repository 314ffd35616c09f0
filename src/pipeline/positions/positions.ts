/** Where sources stand: what was read, and what was acknowledged, across reloads (in memory) and restarts (on disk). */
import type { Receipt } from '../receipt.ts';

/**
 * A place in something that is read in order and can be read again from any place: one life of a file, a journal.
 * `read` moves when a batch is pushed; `acknowledged` only past what is contiguous.
 */
export interface Cursor {
  /** What is remembered beside the offsets: identity of the file, its path, a journal's cursor text. Small; JSON. */
  note: Readonly<Record<string, unknown>>;
  /** Where to read next. */
  readonly read: number;
  /** All before it was delivered. */
  readonly acknowledged: number;
  /** What was read and is not acknowledged yet. */
  readonly pending: number;
  /** A range that is about to be pushed, in the order of reading; the receipt is for its batch. `mark` is remembered as `note.mark` once the range is acknowledged: a journal's cursor. */
  take(start: number, end: number, mark?: string): Receipt;
  /** A receipt failed: reading has to go on from here. Called at most once until the next `take`. */
  onRewind(listener: ((to: number) => void) | undefined): void;
  forget(): void;
}

export interface Positions {
  /** The cursor of a source's file (key: its generation); made when it is not there. */
  cursor(source: string, key: string): Cursor;
  /** All that are known of a source, also from before a restart. */
  cursors(source: string): readonly { readonly key: string; readonly cursor: Cursor }[];
  /** Writes now what changed, synced. It is written by itself every 500 ms at most. */
  flush(): Promise<void>;
}
