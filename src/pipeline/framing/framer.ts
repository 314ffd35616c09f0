/** Finding where records begin and end in bytes that are read in portions. */
import type { Slab } from '../slab.ts';

/** Bytes and room for the index of their records; may be a slab, or lie on the heap. */
export interface Area {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly slab?: Slab | undefined;
}

/**
 * - `none`: only what is certainly complete.
 * - `groups`: nothing was added for a while: a group of complete lines is complete.
 * - `rest`: nothing will be added: what is there is a record, with or without a delimiter.
 */
export type Flush = 'none' | 'groups' | 'rest';

export interface Framed {
  readonly count: number;
  /** Index behind the last record and its delimiter; reading goes on there. `from` when there is no complete record. */
  readonly consumed: number;
}

export interface Framer {
  /** Length of the delimiter at most: what is added to the longest record. */
  readonly delimiterBytes: number;
  /**
   * Fills `starts` and `ends` of the area for the records of bytes[from, to). A record begins at `from`. Remembers nothing: what was not
   * consumed is given again, with more behind it.
   */
  frame(area: Area, from: number, to: number, flush: Flush): Framed;
  /** Index behind the next delimiter in bytes[from, to), where `from` is in the middle of a record that began an even number of bytes before; −1 when there is none. */
  skip(bytes: Buffer, from: number, to: number): number;
}
