/** What a source says of the files that it wants tailed, and what it hears of them. */
import type { LogBatch } from '../batch.ts';
import type { Framer } from '../framing/framer.ts';
import type { Stream } from '../stream.ts';
import type { Selection } from './selection.ts';

export interface TailSettings {
  readonly selection: Selection;
  /** For files that are there when the source starts for the first time; those that appear later are read from their beginning. */
  readonly startPosition: 'beginning' | 'end';
  /** Files that nobody wrote to for so long are left alone until somebody does. */
  readonly ignoreOlderMs?: number | undefined;
  readonly order: 'fair' | 'oldest-first';
  readonly maxOpenFiles: number;
  /** Longer records are cut. */
  readonly maxLineBytes: number;
  /** After so long without a change the last line of a file that was rotated away counts as complete. */
  readonly flushAfterMs: number;
  /** After so long without a change a group of lines counts as complete. */
  readonly groupAfterMs?: number | undefined;
  /** A file that was moved out of sight is closed when nothing was added for so long. */
  readonly closeMovedAfterMs: number;
  readonly framer: Framer;
}

/** A file as hooks see it. */
export interface FileView {
  readonly path: string;
  readonly generation: string;
  /** Whether it is still where it was found; a file that was moved or deleted ends at some time. */
  readonly place: Place;
  /** Everything was read that can be. Looked at again and again, so that what was written since is not known yet. */
  readonly drained: boolean;
}

export type Place = 'present' | 'moved' | 'deleted';

export interface TailHooks {
  /** The stream of a file that is opened. `fleeting` is added when the file is rotated away. */
  stream(path: string, generation: string, file: FileView): Stream;
  /**
   * Takes a batch of raw records over, in their order in the file, in place of `context.push`. Its receipt is for exactly those bytes of the file: whoever holds it
   * back holds the checkpoint back. A promise: full; nothing more is read before it resolves.
   */
  deliver?(batch: LogBatch, file: FileView): Promise<void> | undefined;
  /** A life of a file is over: nothing more of this generation will come (unless a receipt fails). */
  finished?(file: FileView): void;
}
